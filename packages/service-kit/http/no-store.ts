import type { MiddlewareHandler } from "hono";

/** Responses without Cache-Control are user-specific: defaults to no-store. */
export const noStoreByDefault: MiddlewareHandler = async (c, next) => {
  await next();
  if (!c.res.headers.has("cache-control"))
    c.res.headers.set("cache-control", "no-store");
};
