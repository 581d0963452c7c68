import assert from "node:assert/strict";
import { mock } from "node:test";
import { setImmediate } from "node:timers/promises";
import { createPasswordHasher } from "../../../../services/auth/passwords/password-hasher.ts";
import {
  createSemaphore,
  OverloadedError,
} from "../../../../services/auth/passwords/semaphore.ts";

/** Work that ends when the test calls `finish` or `fail`. */
function work() {
  let finish = () => {};
  let fail = (_: Error) => {};
  const ended = new Promise<void>((resolve, reject) => {
    finish = resolve;
    fail = reject;
  });
  return { run: () => ended, finish, fail };
}

/** Lets the continuations of resolved promises run. */
const settled = () => setImmediate();

describe("createSemaphore", () => {
  it("runs a few at once, and the others in order of arrival", async () => {
    const semaphore = createSemaphore({
      concurrency: 2,
      maxQueue: 10,
      maxWaitMs: 5_000,
    });
    const started: number[] = [];
    const works = [0, 1, 2, 3, 4].map((number) => ({ number, ...work() }));
    const all = works.map(({ number, run }) =>
      semaphore(() => {
        started.push(number);
        return run();
      }),
    );
    await settled();
    assert.deepEqual(started, [0, 1]);
    works[1]?.finish();
    await settled();
    assert.deepEqual(started, [0, 1, 2]);
    works[0]?.finish();
    works[2]?.finish();
    await settled();
    assert.deepEqual(started, [0, 1, 2, 3, 4]);
    for (const { finish } of works) finish();
    await Promise.all(all);
  });

  it("continues after failed work", async () => {
    const semaphore = createSemaphore({
      concurrency: 1,
      maxQueue: 10,
      maxWaitMs: 5_000,
    });
    const failing = work();
    const first = semaphore(failing.run);
    const second = semaphore(async () => "done");
    failing.fail(new Error("no"));
    await assert.rejects(first, /^Error: no$/);
    assert.equal(await second, "done");
    assert.equal(await semaphore(async () => "again"), "again");
  });

  it("rejects work at once when too much is waiting", async () => {
    const semaphore = createSemaphore({
      concurrency: 1,
      maxQueue: 1,
      maxWaitMs: 3_600_000,
    });
    const { run, finish } = work();
    const running = semaphore(run);
    const waiting = semaphore(async () => {});
    await assert.rejects(
      semaphore(async () => assert.fail("The work ran.")),
      (error: OverloadedError) =>
        error instanceof OverloadedError && error.retryAfterSeconds === 3_600,
    );
    finish();
    await Promise.all([running, waiting]);
    await semaphore(async () => {});
  });

  it("rejects only work that has waited too long", async () => {
    mock.timers.enable({ apis: ["setTimeout"] });
    try {
      const semaphore = createSemaphore({
        concurrency: 1,
        maxQueue: 10,
        maxWaitMs: 200,
      });
      const { run, finish } = work();
      const running = semaphore(run);
      const early = semaphore(async () => assert.fail("The work ran."));
      mock.timers.tick(120);
      const late = semaphore(async () => "late");
      mock.timers.tick(80);
      await assert.rejects(early, {
        name: "OverloadedError",
        retryAfterSeconds: 1,
      });
      finish();
      assert.equal(await late, "late");
      await running;
    } finally {
      mock.timers.reset();
    }
  });

  it("runs waiting work before work that arrives when a slot becomes free", async () => {
    const semaphore = createSemaphore({
      concurrency: 1,
      maxQueue: 10,
      maxWaitMs: 5_000,
    });
    const order: string[] = [];
    const { run, finish } = work();
    const running = semaphore(run).then(() =>
      semaphore(async () => order.push("new")),
    );
    const waiting = semaphore(async () => order.push("waiting"));
    finish();
    await Promise.all([running, waiting]);
    assert.deepEqual(order, ["waiting", "new"]);
  });
});

describe("createPasswordHasher at capacity", () => {
  it("rejects excess work, then continues", async () => {
    const hasher = createPasswordHasher({ concurrency: 1, maxQueue: 1 });
    const results = await Promise.allSettled(
      Array.from({ length: 6 }, () => hasher.hash("one")),
    );
    const refused = results.filter(({ status }) => status === "rejected");
    assert.equal(refused.length, 4);
    for (const { reason } of refused as PromiseRejectedResult[])
      assert.ok(reason instanceof OverloadedError);
    assert.equal(await hasher.verify(await hasher.hash("one"), "one"), true);
  });

  it("leaves a thread for files while many hashes wait", async () => {
    const { readFile } = await import("node:fs/promises");
    const hasher = createPasswordHasher({ maxQueue: 100, maxWaitMs: 60_000 });
    let done = 0;
    const hashes = Array.from({ length: 24 }, () =>
      hasher.hash("one").then(() => done++),
    );
    await readFile(import.meta.filename);
    assert.ok(done < 12, `${done} of 24 hashes came before the file`);
    await Promise.all(hashes);
  });
});
