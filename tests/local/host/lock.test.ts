import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { useFolders } from "../../support/folders.ts";
import { until } from "../../support/until.ts";

/** Acquires the lock, logs that, and releases the lock once the file `end` exists. */
const program = `
  import { appendFileSync, existsSync } from "node:fs";
  import { setTimeout as delay } from "node:timers/promises";
  import { withLock } from "./local/host/lock.ts";
  const [log, end, waitMs = 60_000] = process.argv.slice(1);
  const options = { file: "test.lock", holder: "another test", waitMs: Number(waitMs) };
  await withLock(options, async () => {
    appendFileSync(log, "begin " + process.pid + "\\n");
    while (!existsSync(end)) await delay(10);
    appendFileSync(log, "end " + process.pid + "\\n");
  });`;

describe("withLock", () => {
  const useFolder = useFolders();
  const children: ChildProcess[] = [];
  afterEach(() => {
    for (const child of children.splice(0)) child.kill("SIGKILL");
  });

  function useLock() {
    const folder = useFolder();
    const [log, end] = [join(folder, "log"), join(folder, "end")];
    const begin = (...waitMs: string[]) => {
      const child = spawn(
        process.execPath,
        ["--input-type=module", "--eval", program, log, end, ...waitMs],
        {
          env: { ...process.env, XDG_CACHE_HOME: folder },
          stdio: ["ignore", "inherit", "pipe"],
        },
      );
      children.push(child);
      return child;
    };
    /** Complete lines: a process may be in the middle of one. */
    const lines = () =>
      (existsSync(log) && readFileSync(log, "utf8").match(/.+(?=\n)/g)) || [];
    return {
      begin,
      lines,
      lock: join(folder, "marquee/test.lock"),
      release: () => writeFileSync(end, ""),
      untilAcquired: (times: number) => until(() => lines().length >= times),
    };
  }

  it("runs the work of one process after another", async () => {
    const { begin, lines, release, untilAcquired } = useLock();
    const first = begin();
    await untilAcquired(1);
    const others = [begin(), begin()];
    for (const { stderr } of others) {
      const [said] = await once(stderr as NodeJS.ReadableStream, "data");
      assert.match(`${said}`, /waiting for another test on this machine/);
    }
    const ended = [first, ...others].map((child) => once(child, "close"));
    release();
    for (const [code] of await Promise.all(ended)) assert.equal(code, 0);
    const all = lines();
    assert.equal(all.length, 6);
    for (let i = 0; i < all.length; i += 2)
      assert.equal(all[i + 1], all[i]?.replace("begin", "end"));
  });

  it("fails after its wait, without running the work or releasing the other process's lock", async () => {
    const { begin, lines, release, lock, untilAcquired } = useLock();
    const first = begin();
    await untilAcquired(1);
    const held = readFileSync(lock, "utf8");
    const second = begin("100");
    const [stderr, [code]] = await Promise.all([
      text(second.stderr as NodeJS.ReadableStream),
      once(second, "close"),
    ]);
    assert.equal(code, 1);
    assert.ok(
      stderr.includes(
        `${lock} is still held by another test (process ${first.pid}). Wait until that process ends, or terminate it; then try again.`,
      ),
      stderr,
    );
    assert.deepEqual(lines(), [`begin ${first.pid}`]);
    assert.equal(readFileSync(lock, "utf8"), held);
    release();
    assert.deepEqual(await once(first, "close"), [0, null]);
  });

  it("does not wait for a process that was killed", async () => {
    const { begin, release, untilAcquired } = useLock();
    const killed = begin();
    await untilAcquired(1);
    killed.kill("SIGKILL");
    await once(killed, "close");
    const next = begin();
    await untilAcquired(2);
    release();
    assert.deepEqual(await once(next, "close"), [0, null]);
  });

  it("does not wait for another process that got the id of the killed one", async () => {
    const { begin, release, lock, untilAcquired } = useLock();
    const killed = begin();
    await untilAcquired(1);
    killed.kill("SIGKILL");
    await once(killed, "close");
    const [, startTime] = readFileSync(lock, "utf8").split("-");
    writeFileSync(lock, `${process.pid}-${startTime}`);
    const next = begin();
    await untilAcquired(2);
    release();
    assert.deepEqual(await once(next, "close"), [0, null]);
  });
});
