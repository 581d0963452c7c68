import assert from "node:assert/strict";
import { once } from "node:events";
import { appendFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { useFolders } from "../../support/folders.ts";
import { freePort } from "../../support/free-port.ts";
import { type Answer, useLogEndpoints } from "../../support/log-endpoint.ts";
import {
  isNumbered,
  numbered,
  startLogShipper,
} from "../../support/log-shipper.ts";
import { stopPrograms } from "../../support/program.ts";
import { until } from "../../support/until.ts";

const quick = {
  pollMs: 20,
  maxBatchWaitMs: 20,
  firstRetryMs: 20,
  maxRetryMs: 40,
};
const failing = "the endpoint is unavailable: retrying until it accepts lines";
const refused =
  "the endpoint rejects lines permanently: dropping them until it accepts some";

describe("Log shipper: endpoint failures", () => {
  stopPrograms();
  const folder = useFolders();
  const newEndpoint = useLogEndpoints();

  /** Starts a log shipper on a log of ten lines, with an endpoint that gives these answers. */
  async function ship(answers: Answer[], times: object = {}) {
    const log = join(folder({ "service.log": numbered(0, 10) }), "service.log");
    const endpoint = await newEndpoint(answers);
    const shipper = await startLogShipper(log, {
      endpoint: endpoint.url,
      times: { ...quick, ...times },
    });
    return { log, endpoint, ...shipper };
  }

  it("retries a batch while the endpoint returns 408, 429 or 5xx", async () => {
    const statuses = [408, 429, 500, 503, 599];
    const { endpoint, untilLogged, lines, metric } = await ship(statuses);
    await endpoint.untilAccepted(10);
    isNumbered(endpoint.accepted, 0, 10);
    assert.equal(endpoint.requests.length, statuses.length + 1);
    await untilLogged("the endpoint is available again");
    await untilLogged(failing, { level: "warn", reason: "status 408" });
    assert.equal(lines.filter(({ msg }) => msg === failing).length, 1);
    assert.equal(await metric("log_ship_failures_total"), statuses.length);
    assert.equal(await metric("log_lines_shipped_total"), 10);
    assert.equal(await metric("log_lines_dropped_total"), 0);
    assert.equal(await metric("log_bytes_behind"), 0);
  });

  it("retries an unreachable endpoint until it accepts the lines", async () => {
    const log = join(folder({ "service.log": numbered(0, 10) }), "service.log");
    const port = await freePort();
    const { metric, untilLogged } = await startLogShipper(log, {
      endpoint: `http://127.0.0.1:${port}`,
      times: quick,
    });
    await until(async () => (await metric("log_ship_failures_total")) >= 3);
    await untilLogged(failing, {
      reason: `connect ECONNREFUSED 127.0.0.1:${port}`,
    });
    assert.equal(await metric("log_lines_shipped_total"), 0);
    assert.ok((await metric("log_bytes_behind")) > 0);
    const { accepted, untilAccepted } = await newEndpoint([], port);
    await untilAccepted(10);
    isNumbered(accepted, 0, 10);
  });

  it("resends a batch whose connection was closed without a response", async () => {
    const { endpoint } = await ship([(response) => response.destroy()]);
    await endpoint.untilAccepted(10);
    assert.equal(endpoint.requests.length, 2);
  });

  it("resends a batch that got no response within the timeout", async () => {
    const log = join(folder({ "service.log": "" }), "service.log");
    const { url, requests, untilAccepted } = await newEndpoint([() => {}]);
    const { untilLogged } = await startLogShipper(log, {
      endpoint: url,
      times: { ...quick, responseTimeoutMs: 150 },
    });
    const began = performance.now();
    appendFileSync(log, numbered(0, 10));
    await untilAccepted(10);
    await untilLogged(failing, { reason: "no response within 150 ms" });
    assert.ok((requests[1]?.at ?? 0) - began >= 149);
  });

  it("trusts the status of a response whose body never ends", async () => {
    const cut = Promise.withResolvers<void>();
    const endless: Answer = (response) => {
      response.writeHead(200).write("and");
      response.once("close", cut.resolve);
    };
    const { log, endpoint, metric } = await ship([endless], {
      responseTimeoutMs: 1_000,
    });
    await until(async () => (await metric("log_lines_shipped_total")) === 10);
    appendFileSync(log, numbered(10, 20));
    await endpoint.untilAccepted(10);
    isNumbered(endpoint.accepted, 10, 20);
    await cut.promise; // after the timeout
    assert.equal(await metric("log_ship_failures_total"), 0);
  });

  /** The log shipper's waits in milliseconds after 429 with each of these Retry-After headers. */
  async function waits(headers: string[], retryAfter: number) {
    const answers = headers.map(
      (value): Answer =>
        (response) => {
          response.writeHead(429, { "retry-after": value }).end();
        },
    );
    const { endpoint } = await ship(answers, { maxRetryAfterMs: retryAfter });
    await endpoint.untilAccepted(10);
    const at = endpoint.requests.map((request) => request.at);
    return at.slice(1).map((time, i) => time - (at[i] as number));
  }

  it("waits as long as Retry-After says", async () => {
    const [waited = 0] = await waits(["1"], 600_000);
    assert.ok(waited > 990, `${waited} ms`);
  });

  it("caps a Retry-After in seconds or as a date at the longest allowed wait", async () => {
    const later = new Date(Date.now() + 3_600_000).toUTCString();
    for (const waited of await waits(["3600", later], 200))
      assert.ok(waited > 190, `${waited} ms`);
  });

  it("ignores a zero, negative, invalid or past Retry-After", async () => {
    const past = new Date(Date.now() - 3_600_000).toUTCString();
    // A wait of 600 s would time the test out.
    assert.equal((await waits(["0", "-5", "soon", past], 600_000)).length, 4);
  });

  it("drops and counts lines that the endpoint rejects, without retrying them", async () => {
    const statuses = [400, 413, 415, 422, 400, 413, 200, 422];
    const answers = statuses.map((status): Answer => {
      if (status === 200) return status;
      return (response) => response.writeHead(status).end();
    });
    const { log, endpoint, lines, untilLogged, metric } = await ship(answers);
    const shipped = async () => (await metric("log_bytes_behind")) === 0;
    for (let from = 10; from < statuses.length * 10; from += 10) {
      await until(shipped);
      appendFileSync(log, numbered(from, from + 10));
    }
    await endpoint.untilRequests(statuses.length);
    await until(shipped);
    assert.equal(endpoint.requests.length, statuses.length);
    isNumbered(endpoint.accepted, 60, 70);
    assert.equal(await metric("log_lines_dropped_total"), 70);
    assert.equal(await metric("log_lines_shipped_total"), 10);
    assert.equal(await metric("log_ship_failures_total"), 7);
    // Two streaks of rejections, one error each.
    await untilLogged(refused, { level: "error", status: 400 });
    await untilLogged("the endpoint accepts lines again");
    await untilLogged(refused, { level: "error", status: 422 });
    assert.equal(lines.filter(({ msg }) => msg === refused).length, 2);
  });

  it("retries on redirects and on 401, 403, 404 and 405 without dropping lines", async () => {
    const answers = [301, 307, 401, 403, 404, 405, 200].map(
      (status): Answer =>
        (response) =>
          response.writeHead(status, { location: "/elsewhere" }).end(),
    );
    const { endpoint, metric } = await ship(answers);
    await endpoint.untilRequests(7);
    await until(async () => (await metric("log_bytes_behind")) === 0);
    assert.equal(await metric("log_lines_dropped_total"), 0);
    assert.equal(await metric("log_lines_shipped_total"), 10);
    assert.equal(await metric("log_ship_failures_total"), 6);
  });

  it("drops lines rejected before the endpoint has read the whole request", async () => {
    const content = numbered(0, 100, "x".repeat(60_000));
    const log = join(folder({ "service.log": content }), "service.log");
    const server = createServer((_request, response) =>
      response.writeHead(413).end(),
    );
    await once(server.listen(0, "127.0.0.1"), "listening");
    const { port } = server.address() as AddressInfo;
    const endpoint = `http://127.0.0.1:${port}`;
    const { metric } = await startLogShipper(log, { endpoint, times: quick });
    await until(async () => (await metric("log_lines_dropped_total")) === 100);
    server.close();
  });
});
