import assert from "node:assert/strict";
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { useFolders } from "../../support/folders.ts";
import { useLogEndpoints } from "../../support/log-endpoint.ts";
import {
  aWhile,
  isNumbered,
  kubernetes,
  numbered,
  startLogShipper,
} from "../../support/log-shipper.ts";
import { stopPrograms } from "../../support/program.ts";

const times = { pollMs: 20, maxBatchWaitMs: 20 };

/** The bytes that a process has read since it started. */
const bytesRead = (pid: number): number =>
  Number(/^rchar: (\d+)$/m.exec(readFileSync(`/proc/${pid}/io`, "utf8"))?.[1]);

describe("Log shipper: batches for an endpoint", () => {
  stopPrograms();
  const folder = useFolders();
  const newLog = (content = "") =>
    join(folder({ "service.log": content }), "service.log");
  const newEndpoint = useLogEndpoints();

  it("sends NDJSON whose lines carry the pod's metadata", async () => {
    const log = newLog(numbered(0, 10));
    const { url, requests, untilAccepted } = await newEndpoint();
    await startLogShipper(log, { endpoint: url, times });
    await untilAccepted(10);
    const [request] = requests;
    assert.equal(request?.method, "POST");
    assert.equal(request?.headers["content-type"], "application/x-ndjson");
    assert.equal(Number(request?.headers["content-length"]), request?.bytes);
    assert.deepEqual(request?.lines[0], { n: 0, kubernetes });
  });

  it("sends batches of 500 lines, one request at a time", async () => {
    const log = newLog(numbered(0, 1_700));
    const { url, requests, accepted, untilAccepted, mostAtOnce } =
      await newEndpoint();
    await startLogShipper(log, { endpoint: url, times });
    await untilAccepted(1_700);
    isNumbered(accepted, 0, 1_700);
    assert.deepEqual(
      requests.map(({ lines }) => lines.length),
      [500, 500, 500, 200],
    );
    assert.equal(mostAtOnce(), 1);
  });

  it("limits a batch to 1 MiB", async () => {
    const log = newLog(numbered(0, 50, "x".repeat(60_000)));
    const { url, requests, accepted, untilAccepted } = await newEndpoint();
    await startLogShipper(log, { endpoint: url, times });
    await untilAccepted(50);
    isNumbered(accepted, 0, 50);
    const sizes = requests.map(({ bytes }) => bytes);
    assert.equal(sizes.length, 3);
    for (const size of sizes) assert.ok(size <= 1024 * 1024, `${sizes}`);
  });

  it("gathers lines that are written one by one into one batch", async () => {
    const log = newLog(numbered(0, 10));
    const { url, requests, accepted } = await newEndpoint();
    const slow = { ...times, maxBatchWaitMs: 3_600_000 };
    const { terminate, end } = await startLogShipper(log, {
      endpoint: url,
      times: slow,
    });
    await delay(50);
    for (let n = 10; n < 13; n++) {
      appendFileSync(log, numbered(n, n + 1));
      await delay(50);
    }
    await terminate(); // sends the batch without waiting for more lines
    await end;
    isNumbered(accepted, 0, 13);
    assert.equal(requests.length, 1);
  });

  it("stops reading the log and saves no position while the endpoint does not answer", async () => {
    const log = newLog();
    const { url, untilRequests } = await newEndpoint([() => {}]);
    const { pid, metric } = await startLogShipper(log, {
      endpoint: url,
      times,
    });
    const before = bytesRead(pid);
    const content = numbered(0, 40_000, "x".repeat(1_000));
    appendFileSync(log, content);
    await untilRequests(1);
    await delay(aWhile);
    const read = bytesRead(pid) - before;
    assert.ok(read < 4 * 1024 * 1024, `the log shipper read ${read} bytes`);
    assert.equal(await metric("log_bytes_behind"), content.length);
    assert.equal(existsSync(`${log}.position`), false);
  });
});
