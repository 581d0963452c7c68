import assert from "node:assert/strict";
import { mock } from "node:test";
import {
  type Loop,
  startLoop,
} from "../../../../packages/service-kit/index.ts";

const intervalMs = 1_000;

/** Lets everything run that waits for no timer. */
const settled = () => new Promise(setImmediate);

async function tick(ms: number) {
  mock.timers.tick(ms);
  await settled();
}

describe("startLoop", () => {
  let random = 0.5;
  let loop: Loop | undefined;
  let rounds = 0;
  let errors: unknown[] = [];

  beforeEach(() => {
    random = 0.5; // no jitter
    rounds = 0;
    errors = [];
    mock.timers.enable({ apis: ["setTimeout"] });
    mock.method(Math, "random", () => random);
  });
  afterEach(async () => {
    await loop?.stop();
    loop = undefined;
    mock.reset();
    mock.timers.reset();
  });

  /** Starts a loop that counts its rounds. */
  function start(
    run: () => boolean | Promise<boolean> = () => false,
    immediate = false,
  ) {
    loop = startLoop({
      intervalMs,
      immediate,
      async run() {
        rounds++;
        return run();
      },
      onError: (error) => errors.push(error),
    });
    return loop;
  }

  /** A round that ends when the test says so. */
  function heldRound() {
    let end = () => {};
    const held = new Promise<boolean>((resolve) => {
      end = () => resolve(false);
    });
    return { run: () => held, end: () => end() };
  }

  it("pauses before the first round", async () => {
    start();
    await tick(intervalMs - 1);
    assert.equal(rounds, 0);
    await tick(1);
    assert.equal(rounds, 1);
  });

  it("runs the first round at once with `immediate`", async () => {
    start(undefined, true);
    await settled();
    assert.equal(rounds, 1);
  });

  it("pauses after each round", async () => {
    start(undefined, true);
    await settled();
    await tick(intervalMs - 1);
    assert.equal(rounds, 1);
    await tick(1);
    assert.equal(rounds, 2);
    await tick(intervalMs);
    assert.equal(rounds, 3);
  });

  it("does not pause while a round leaves work", async () => {
    start(() => rounds < 3, true);
    await settled();
    assert.equal(rounds, 3);
  });

  for (const [value, ms] of [
    [0, 750],
    [0.999_999, 1_250],
  ] as const)
    it(`pauses for ${ms} of 1000 ms if Math.random() returns ${value}`, async () => {
      random = value;
      start();
      await tick(ms - 1);
      assert.equal(rounds, 0);
      await tick(1);
      assert.equal(rounds, 1);
    });

  it("starts no round before the last one has ended", async () => {
    const { run, end } = heldRound();
    start(run, true);
    await settled();
    await tick(10 * intervalMs);
    assert.equal(rounds, 1);
    end();
    await settled();
    await tick(intervalMs);
    assert.equal(rounds, 2);
  });

  it("reports an error, and continues after a pause", async () => {
    const failure = new Error("The database is unavailable.");
    start(() => {
      if (rounds === 1) throw failure;
      return false;
    }, true);
    await settled();
    assert.deepEqual(errors, [failure]);
    assert.equal(rounds, 1);
    await tick(intervalMs);
    assert.equal(rounds, 2);
    assert.deepEqual(errors, [failure]);
  });

  it("ends the pause when woken", async () => {
    const { wake } = start();
    wake();
    await settled();
    assert.equal(rounds, 1);
  });

  it("skips the next pause when woken during a round", async () => {
    const { run, end } = heldRound();
    const { wake } = start(run, true);
    await settled();
    wake();
    end();
    await settled();
    assert.equal(rounds, 2);
  });

  it("skips only one pause however often it is woken during a round", async () => {
    const { run, end } = heldRound();
    const { wake } = start(run, true);
    await settled();
    wake();
    wake();
    end();
    await settled();
    assert.equal(rounds, 2);
  });

  it("runs no further round when stopped in a pause", async () => {
    const { stop } = start();
    await stop();
    await tick(2 * intervalMs);
    assert.equal(rounds, 0);
  });

  it("resolves stop() when the current round has ended", async () => {
    const { run, end } = heldRound();
    const { stop } = start(run, true);
    await settled();
    let stopped = false;
    const stopping = stop().then(() => {
      stopped = true;
    });
    await settled();
    assert.equal(stopped, false);
    end();
    await stopping;
    assert.equal(rounds, 1);
  });

  it("stops after a round that leaves work", async () => {
    const { stop } = start(() => {
      if (rounds === 2) void stop();
      return true;
    }, true);
    await settled();
    assert.equal(rounds, 2);
  });
});
