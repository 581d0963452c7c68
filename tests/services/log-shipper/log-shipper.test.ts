import assert from "node:assert/strict";
import { appendFileSync, mkdirSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { createLogShipper } from "../../../services/log-shipper/app.ts";
import { readPosition } from "../../../services/log-shipper/position.ts";
import { useFolders } from "../../support/folders.ts";
import { useLogEndpoints } from "../../support/log-endpoint.ts";
import {
  aWhile,
  isNumbered,
  kubernetes,
  numbered,
  rotate,
  startLogShipper,
} from "../../support/log-shipper.ts";
import { type Line, runToEnd, stopPrograms } from "../../support/program.ts";
import { until } from "../../support/until.ts";

describe("Log shipper", () => {
  stopPrograms();
  const folder = useFolders();
  const newLog = () => join(folder(), "service.log");
  const newEndpoint = useLogEndpoints();

  it("returns 503 from /readyz before it follows the log", async () => {
    const { app } = createLogShipper({ log: newLog(), kubernetes });
    assert.equal((await app.request("/readyz")).status, 503);
  });

  it("is ready before the log exists, and ships complete lines once they are written", async () => {
    const log = newLog();
    const { url, untilShipped, shipped } = await startLogShipper(log);
    assert.equal((await fetch(`${url}/readyz`)).status, 200);
    await delay(aWhile);
    assert.deepEqual(shipped(), []);
    appendFileSync(log, '{"n":0}\nhalf');
    assert.deepEqual(await untilShipped(1), [{ n: 0 }]);
    await delay(aWhile);
    appendFileSync(log, " a line\n");
    assert.deepEqual(await untilShipped(2), [
      { n: 0 },
      { message: "half a line" },
    ]);
  });

  it("reports an unreadable log once, and ships it when it becomes readable", async () => {
    const log = newLog();
    mkdirSync(log);
    const { lines, untilLogged, untilShipped } = await startLogShipper(log);
    await untilLogged(`can't read the log: ${log} is not a regular file`);
    await delay(aWhile);
    assert.equal(lines.filter(({ level }) => level === "error").length, 1);
    rmdirSync(log);
    appendFileSync(log, "hello\n");
    assert.deepEqual(await untilShipped(1), [{ message: "hello" }]);
  });

  it("ships each line once and in order while a fast writer rotates the log", async () => {
    const log = newLog();
    const lines = 200_000;
    const limit = 1024 * 1024;
    const { url, untilShipped, metric, out } = await startLogShipper(log);
    const metrics = `${url}/metrics`;
    const options = { path: log, limit, lines, metrics };
    const writer = await runToEnd(
      "tests/support/programs/log-writer.ts",
      {},
      JSON.stringify(options),
    );
    assert.deepEqual(writer, { code: 0, stdout: "", stderr: "" });
    await until(async () => (await metric("log_bytes_behind")) === 0);
    isNumbered(await untilShipped(lines), 0, lines);
    assert.equal(await metric("log_lines_shipped_total"), lines);
    assert.equal(await metric("log_bytes_lost_total"), 0);
    assert.equal(out.stderr, "");
  });

  it("reports the bytes lost when the log is rotated twice before it could ship them", async () => {
    const log = newLog();
    let release = () => {};
    const { url, accepted, untilRequests, untilAccepted } = await newEndpoint([
      (response) => {
        release = () => response.writeHead(503).end();
      },
    ]);
    appendFileSync(log, numbered(0, 10));
    const { untilLogged, metric } = await startLogShipper(log, {
      endpoint: url,
      times: { pollMs: 20, maxBatchWaitMs: 20, firstRetryMs: 20 },
    });
    await untilRequests(1);
    const lost = numbered(10, 20);
    let behind = numbered(0, 10).length;
    for (const content of [lost, numbered(20, 30)]) {
      rotate(log, content);
      behind += content.length;
      // Until the log shipper has seen the new file.
      await until(async () => (await metric("log_bytes_behind")) === behind);
    }
    rotate(log, numbered(30, 40));
    await untilLogged(
      "the log was rotated twice before it could be shipped: lines are lost",
      { level: "error", bytes: lost.length },
    );
    assert.equal(await metric("log_bytes_lost_total"), lost.length);
    release();
    await untilAccepted(30);
    isNumbered(accepted.slice(0, 10), 0, 10);
    isNumbered(accepted.slice(10), 20, 40);
  });

  it("ships lines when it can't save its position, and reports that once", async () => {
    const log = newLog();
    mkdirSync(`${log}.position.new`);
    const { lines, untilShipped } = await startLogShipper(log);
    for (const from of [0, 10, 20]) {
      appendFileSync(log, numbered(from, from + 10));
      await untilShipped(from + 10);
    }
    const errors = lines.filter(({ level }) => level === "error");
    assert.equal(errors.length, 1);
    assert.match(String(errors[0]?.msg), /^can't store the position .*EISDIR/);
  });
});

describe("Log shipper restart", () => {
  stopPrograms();
  const folder = useFolders();
  const newLog = () => join(folder(), "service.log");

  it("resumes after the last shipped line when the log was rotated during the downtime", async () => {
    const log = newLog();
    appendFileSync(log, numbered(0, 10));
    const first = await startLogShipper(log);
    await first.untilShipped(10);
    await first.terminate();
    await first.end;
    appendFileSync(log, numbered(10, 20));
    rotate(log, numbered(20, 30));
    const second = await startLogShipper(log);
    isNumbered(await second.untilShipped(20), 10, 30);
  });

  it("loses no lines and keeps their order when it is killed while shipping", async () => {
    const log = newLog();
    const lines = 40_000;
    let next = 0;
    let fileBegan = 0;
    /** Appends 2,000 lines, and rotates the log before it holds more than 15,000. */
    const write = () => {
      if (next - fileBegan >= 14_000) {
        rotate(log, "");
        fileBegan = next;
      }
      appendFileSync(log, numbered(next, next + 2_000));
      next += 2_000;
    };
    const runs: Line[][] = [];
    let missing = 0;
    while (missing < lines) {
      const shipper = await startLogShipper(log);
      // No more lines than the log and its rotated file hold.
      while (next < Math.min(missing + 12_000, lines)) {
        write();
        await delay(5);
      }
      const goal = Math.min(missing + 8_000, lines) - 1;
      await until(() => (shipper.shipped().at(-1)?.n as number) >= goal);
      shipper.kill();
      await shipper.end;
      const shipped = shipper.shipped();
      runs.push(shipped);
      const first = shipped[0]?.n as number;
      assert.ok(first <= missing, `run ${runs.length} left out lines`);
      // Only the batch in flight may be repeated.
      assert.ok(missing - first <= 500, `${missing - first} lines repeated`);
      isNumbered(shipped, first, first + shipped.length);
      missing = first + shipped.length;
    }
    assert.ok(runs.length > 1);
  });

  it("ships the whole log when the position file is invalid", async () => {
    const log = newLog();
    appendFileSync(log, numbered(0, 10));
    writeFileSync(`${log}.position`, "{");
    const { untilLogged, untilShipped } = await startLogShipper(log);
    await untilLogged(
      `can't read ${log}.position: shipping the whole log, and possibly some lines again`,
    );
    isNumbered(await untilShipped(10), 0, 10);
    await until(() => readPosition(log) !== undefined);
  });

  it("reports lost lines when the file of its position no longer exists", async () => {
    const log = newLog();
    appendFileSync(log, numbered(0, 10));
    const position = { file: "another", offset: 7 };
    writeFileSync(`${log}.position`, JSON.stringify(position));
    const { untilLogged, untilShipped } = await startLogShipper(log);
    isNumbered(await untilShipped(10), 0, 10);
    await untilLogged(
      "the file that was being shipped no longer exists: its remaining lines are lost",
      { level: "error" },
    );
  });
});
