import assert from "node:assert/strict";
import { createService } from "../../../../packages/service-kit/index.ts";

function service() {
  const { app } = createService();
  app.get("/titles/:id", (c) =>
    c.req.param("id") === "0" ? c.notFound() : c.text("title"),
  );
  app.get("/broken", () => {
    throw new Error("broken");
  });
  return app;
}

/** The number of counted requests, by labels. */
async function counted(app: ReturnType<typeof service>) {
  const text = await (await app.request("/metrics")).text();
  const series = text.matchAll(
    /^http_request_duration_seconds_count\{(.*)\} (\d+)$/gm,
  );
  return Object.fromEntries(
    [...series].map(([, labels, count]) => [labels, Number(count)]),
  );
}

describe("GET /metrics", () => {
  it("returns Prometheus' text format", async () => {
    const response = await service().request("/metrics");
    assert.match(
      response.headers.get("content-type") ?? "",
      /^text\/plain; version=0\.0\.4/,
    );
    assert.match(
      await response.text(),
      /^# TYPE http_request_duration_seconds histogram$/m,
    );
  });

  it("includes Node.js's own metrics", async () => {
    const response = await service().request("/metrics");
    assert.match(await response.text(), /^nodejs_eventloop_lag_seconds /m);
  });

  it("counts requests by method, route pattern and status", async () => {
    const app = service();
    await app.request("/titles/1");
    await app.request("/titles/2");
    await app.request("/titles/2", { method: "HEAD" });
    assert.deepEqual(await counted(app), {
      'method="GET",route="/titles/:id",status="200"': 2,
      'method="HEAD",route="/titles/:id",status="200"': 1,
    });
  });

  it("counts a route's 404 under the route's pattern", async () => {
    const app = service();
    await app.request("/titles/0");
    assert.deepEqual(await counted(app), {
      'method="GET",route="/titles/:id",status="404"': 1,
    });
  });

  it("counts a request whose route throws as 500", async () => {
    const app = service();
    await app.request("/broken");
    assert.deepEqual(await counted(app), {
      'method="GET",route="/broken",status="500"': 1,
    });
  });

  it("counts all requests without a route under one label", async () => {
    const app = service();
    for (const path of ["/wp-admin", "/.env", "/titles"])
      await app.request(path);
    assert.deepEqual(await counted(app), {
      'method="GET",route="(none)",status="404"': 3,
    });
  });

  it("does not count probes and scrapes", async () => {
    const app = service();
    for (const path of ["/livez", "/readyz", "/metrics"])
      await app.request(path);
    assert.deepEqual(await counted(app), {});
  });

  it("separates the metrics of two services in one process", async () => {
    const [one, other] = [service(), service()];
    await one.request("/titles/1");
    assert.deepEqual(await counted(other), {});
  });
});
