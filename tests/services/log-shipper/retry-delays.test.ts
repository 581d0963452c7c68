import assert from "node:assert/strict";
import { mock } from "node:test";
import {
  createHttpEndpoint,
  defaultEndpointTimes,
  type EndpointTimes,
} from "../../../services/log-shipper/destinations/http-endpoint.ts";
import { useLogEndpoints } from "../../support/log-endpoint.ts";

describe("Log shipper: retry delays", () => {
  const newEndpoint = useLogEndpoints();
  const hourMs = 3_600_000;
  afterEach(() => mock.restoreAll());

  /**
   * Sends a batch to an endpoint that returns 503 this many times.
   * @returns the delays before the retries, in milliseconds
   */
  async function delays(failures: number, times: Partial<EndpointTimes>) {
    const { url, requests } = await newEndpoint(Array(failures).fill(503));
    const { send } = createHttpEndpoint(new URL(url), {}, () => {}, {
      ...defaultEndpointTimes,
      ...times,
    });
    await send(["{}\n"], new AbortController().signal);
    const at = requests.map((request) => request.at);
    assert.equal(at.length, failures + 1);
    return at.slice(1).map((time, i) => time - (at[i] as number));
  }

  it("doubles the longest delay with each retry", async () => {
    mock.method(Math, "random", () => 1);
    // A first delay of `maxRetryMs` would time the test out.
    const waited = await delays(8, { firstRetryMs: 1, maxRetryMs: hourMs });
    for (const [i, ms] of waited.entries())
      assert.ok(ms >= 2 ** i - 1, `${waited}`);
  });

  it("limits the longest delay", async () => {
    mock.method(Math, "random", () => 1);
    // Without the limit, the last delay would be a day.
    const waited = await delays(28, { firstRetryMs: 1, maxRetryMs: 20 });
    for (const ms of waited.slice(5)) assert.ok(ms >= 19, `${waited}`);
  });

  it("chooses each delay at random between zero and the longest", async () => {
    const random = mock.method(Math, "random", () => 0);
    // Any delay that is not random would time the test out.
    await delays(5, { firstRetryMs: hourMs, maxRetryMs: hourMs });
    assert.equal(random.mock.callCount(), 5);
  });
});
