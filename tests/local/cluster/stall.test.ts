import assert from "node:assert/strict";
import { doneBeforeStall } from "../../../local/cluster/stall.ts";

const limitMs = 10_000;

/**
 * Waits with a clock that only sleeping advances.
 * `progressAt` returns the progress at a time; the work is done at `doneAtMs`.
 */
async function wait(
  progressAt: (ms: number) => string,
  doneAtMs = Number.POSITIVE_INFINITY,
) {
  let nowMs = 5_000_000;
  const start = nowMs;
  const done = await doneBeforeStall(
    async () => ({
      done: nowMs - start >= doneAtMs,
      progress: progressAt(nowMs - start),
    }),
    limitMs,
    {
      now: () => nowMs,
      sleep: async (ms) => {
        nowMs += ms;
      },
    },
  );
  return { done, tookMs: nowMs - start };
}

describe("doneBeforeStall", () => {
  it("waits many times its limit while there is progress", async () => {
    const everyNineSeconds = (ms: number) => `${Math.floor(ms / 9_000)}`;
    assert.deepEqual(await wait(everyNineSeconds, 100 * limitMs), {
      done: true,
      tookMs: 100 * limitMs,
    });
  });

  it("gives up after its limit without any progress", async () => {
    assert.deepEqual(await wait(() => ""), { done: false, tookMs: limitMs });
  });

  it("counts its limit from the last progress", async () => {
    const untilSevenSeconds = (ms: number) => `${Math.min(ms, 7_000)}`;
    assert.deepEqual(await wait(untilSevenSeconds), {
      done: false,
      tookMs: 7_000 + limitMs,
    });
  });

  it("succeeds if the work is done exactly at the limit", async () => {
    assert.deepEqual(await wait(() => "", limitMs), {
      done: true,
      tookMs: limitMs,
    });
  });

  it("pauses twice as long as an observation takes", async () => {
    let nowMs = 0;
    let observedMs = 0;
    const pausesMs: number[] = [];
    await doneBeforeStall(
      async () => {
        nowMs += 700;
        observedMs += 700;
        return { done: observedMs > 2_000, progress: "" };
      },
      limitMs,
      {
        now: () => nowMs,
        sleep: async (ms) => {
          pausesMs.push(ms);
          nowMs += ms;
        },
      },
    );
    assert.deepEqual(pausesMs, [1_400, 1_400]);
  });

  it("rejects at once with the observation's error", async () => {
    let observations = 0;
    const failing = doneBeforeStall(
      async () => {
        observations++;
        throw new Error("kubelet ended with code 1");
      },
      limitMs,
      { now: () => 0, sleep: () => Promise.reject(new Error("it slept")) },
    );
    await assert.rejects(failing, /kubelet ended with code 1/);
    assert.equal(observations, 1);
  });
});
