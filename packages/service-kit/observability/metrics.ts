import type { MiddlewareHandler } from "hono";
import { routePath } from "hono/route";
import { collectDefaultMetrics, Histogram, Registry } from "prom-client";

/** A service's metrics: Node.js's own, and each request's duration by method, route and status. */
export function createMetrics() {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const duration = new Histogram({
    name: "http_request_duration_seconds",
    help: "Time from a request's arrival until its response's headers",
    labelNames: ["method", "route", "status"] as const,
    buckets: [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  });
  const measure: MiddlewareHandler = async (c, next) => {
    const start = performance.now();
    await next();
    // Each label value is a time series, so use the route's pattern: the number of paths is unlimited.
    const pattern = routePath(c, -1);
    const route = pattern === "/*" ? "(none)" : pattern; // the middleware's, where no route matched
    duration.observe(
      { method: c.req.method, route, status: c.res.status },
      (performance.now() - start) / 1000,
    );
  };
  return { registry, measure };
}
