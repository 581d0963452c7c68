import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import {
  appendFileSync,
  closeSync,
  createReadStream,
  openSync,
  renameSync,
} from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { readPosition } from "../../../services/log-shipper/position.ts";
import { useFolders } from "../../support/folders.ts";
import { freePort } from "../../support/free-port.ts";
import { useLogEndpoints } from "../../support/log-endpoint.ts";
import {
  aWhile,
  isNumbered,
  numbered,
  startLogShipper,
} from "../../support/log-shipper.ts";
import { type Line, stopPrograms } from "../../support/program.ts";
import { until } from "../../support/until.ts";

const late = "lines could not be shipped before the shutdown timeout";

/** A delay in milliseconds longer than any test's timeout: a test that waits for it fails. */
const long = 3_600_000;

describe("Log shipper shutdown", () => {
  stopPrograms();
  const folder = useFolders();
  const newLog = (content = "") =>
    join(folder({ "service.log": content }), "service.log");
  const newEndpoint = useLogEndpoints();

  it("ships lines written since its last poll, including a rotated file and an unterminated last line", async () => {
    const log = newLog();
    const times = { pollMs: long };
    const { shipped, terminate, end, lines } = await startLogShipper(log, {
      times,
    });
    await delay(aWhile);
    appendFileSync(log, numbered(0, 5_000));
    renameSync(log, `${log}.1`);
    appendFileSync(log, `${numbered(5_000, 10_000)}{"n":10000}`);
    await terminate();
    assert.equal((await end).code, 0);
    isNumbered(shipped(), 0, 10_001);
    assert.equal(lines.at(-1)?.msg, "drained");
  });

  it("exits without waiting when no lines are left", async () => {
    const times = { pollMs: long, maxBatchWaitMs: long, shutdownMs: long };
    const { terminate, end } = await startLogShipper(newLog(), { times });
    await terminate();
    assert.equal((await end).code, 0);
  });

  it("sends an incomplete batch without waiting for more lines", async () => {
    const { url, accepted } = await newEndpoint();
    const times = { pollMs: 20, maxBatchWaitMs: long };
    const log = newLog(numbered(0, 10));
    const { terminate, end, out } = await startLogShipper(log, {
      endpoint: url,
      times,
    });
    await delay(aWhile);
    assert.equal(accepted.length, 0);
    await terminate();
    await end;
    isNumbered(accepted, 0, 10);
    assert.ok(!out.stdout.includes(late));
  });

  it("retries a failed batch without waiting for the retry delay", async () => {
    const { url, accepted, untilRequests } = await newEndpoint([503]);
    const times = {
      pollMs: 20,
      maxBatchWaitMs: 0,
      firstRetryMs: 1e6,
      maxRetryMs: 1e6,
    };
    const log = newLog(numbered(0, 10));
    const { untilLogged, terminate, end } = await startLogShipper(log, {
      endpoint: url,
      times,
    });
    await untilRequests(1);
    await untilLogged(
      "the endpoint is unavailable: retrying until it accepts lines",
    );
    await terminate();
    assert.equal((await end).code, 0);
    isNumbered(accepted, 0, 10);
  });

  for (const [what, hang] of [
    ["is unreachable", false],
    ["does not answer", true],
  ] as const)
    it(`gives up at its shutdown timeout and leaves the lines to the next run when the endpoint ${what}`, async () => {
      const log = newLog(numbered(0, 700));
      const endpoint = hang
        ? (await newEndpoint([() => {}])).url
        : `http://127.0.0.1:${await freePort()}`;
      const times = { pollMs: 20, maxBatchWaitMs: 20, shutdownMs: 600 };
      const { terminate, untilLogged, end } = await startLogShipper(log, {
        endpoint,
        times,
      });
      await delay(aWhile);
      renameSync(log, `${log}.1`);
      appendFileSync(log, `${numbered(700, 1_000)}{"n":1000}`);
      const start = performance.now();
      await terminate();
      await untilLogged(late, { level: "error", lines: 1_001 });
      assert.equal((await end).code, 0);
      const took = performance.now() - start;
      assert.ok(took >= 600, `${took} ms`);

      // The next run ships them.
      const { url, accepted, untilAccepted } = await newEndpoint();
      await startLogShipper(log, { endpoint: url, times });
      appendFileSync(log, "\n");
      await untilAccepted(1_001);
      isNumbered(accepted, 0, 1_001);
    });

  it("returns 503 from /readyz after SIGTERM until it refuses connections", async () => {
    const times = { pollMs: 20, maxBatchWaitMs: 20, shutdownMs: 1_500 };
    const { url: endpoint, untilRequests } = await newEndpoint([() => {}]);
    const log = newLog(numbered(0, 10));
    const { url, terminate } = await startLogShipper(log, { endpoint, times });
    await untilRequests(1);
    await terminate();
    await assert.rejects(async () => {
      for (;;) assert.equal((await fetch(`${url}/readyz`)).status, 503);
    }, TypeError);
  });
});

describe("Log shipper: standard output that is not read", () => {
  const folder = useFolders();

  it("stops reading the log while the pipe is full, stays live, and resumes when the pipe is read", async () => {
    const written = 12_000;
    const content = numbered(0, written, "x".repeat(500));
    const log = join(folder({ "service.log": content }), "service.log");
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const options = { log, port, times: { pollMs: 20 } };
    const pipe = `${log}.pipe`;
    execFileSync("mkfifo", [pipe]);
    const end = openSync(pipe, "r+"); // both ends, so that it stays open
    const shipper = spawn(
      process.execPath,
      ["tests/support/programs/log-shipper.ts", JSON.stringify(options)],
      { env: {}, stdio: ["ignore", end, "inherit"] },
    );
    try {
      const alive = () =>
        fetch(`${url}/livez`).then(
          ({ ok }) => ok,
          () => false,
        );
      await until(alive);
      await delay(aWhile);
      assert.ok((readPosition(log)?.offset ?? 0) < 128 * 1024);
      const metrics = await (await fetch(`${url}/metrics`)).text();
      const behind = /^log_bytes_behind (\d+)$/m.exec(metrics)?.[1];
      assert.ok(Number(behind) > content.length - 128 * 1024, behind);

      const lines: string[] = [];
      // Small reads keep the pipe full.
      const input = createReadStream(pipe, { highWaterMark: 8_192 });
      createInterface({ input }).on("line", (line) => lines.push(line));
      let requests = 0;
      // Each request logs a line, which must not end up in the middle of a shipped one.
      while (readPosition(log)?.offset !== content.length) {
        const some = Array.from({ length: 20 }, () => fetch(`${url}/nothing`));
        requests += (await Promise.all(some)).length;
      }
      await until(() => lines.length > written + requests); // plus the line "listening"
      const shipped = lines
        .map((line) => JSON.parse(line) as Line)
        .filter(({ kubernetes }) => kubernetes);
      isNumbered(shipped, 0, written);
    } finally {
      shipper.kill("SIGKILL");
      closeSync(end);
    }
  });
});
