import { Agent } from "node:http";
import {
  factory,
  problem,
  type ServiceEnv,
  siteHeader,
} from "@marquee/service-kit";
import type { Context, Hono } from "hono";
import type { StatusCode } from "hono/utils/http-status";
import { createForwardedOf, type ForwardedOf } from "../http/forwarded.ts";
import {
  forward,
  toResponse,
  UpstreamTimeoutError,
  withoutHopByHopHeaders,
} from "./forward.ts";

export interface ProxyOptions {
  /** Origin of the service, such as http://auth-service:8081. */
  url: string;
  /** Paths to pass on, as Hono route patterns such as `/payments/:id`. Other paths are not exposed. */
  paths: readonly string[];
  /** Prefix of these paths here, which is removed before forwarding, such as `/api/payment`. @default "" */
  prefix?: string;
  /** Number of proxies that each request passes before it arrives here. @default 0 */
  trustedProxies?: number;
  /** Timeout in milliseconds until the service's response headers. @default 10000 */
  timeoutMs?: number;
}

const methods = ["GET", "POST", "PUT", "PATCH", "DELETE"]; // Hono handles HEAD as GET

/**
 * Reverse proxy to another service under our own origin, so that cookies, forms and scripts share one host. Bodies are
 * streamed both ways. The Host header is kept, so that the service can compare it with Origin.
 *
 * Hono's proxy() can't be used: it is based on fetch, which overwrites Host, Sec-Fetch-Mode and other headers.
 */
export function proxyTo(options: ProxyOptions): Hono<ServiceEnv> {
  const { paths, prefix = "", trustedProxies = 0 } = options;
  const handler = createProxyHandler(
    options,
    createForwardedOf(trustedProxies),
  );
  const app = factory.createApp();
  for (const path of paths) app.on(methods, [prefix + path], handler);
  return app;
}

function createProxyHandler(
  { url, prefix = "", timeoutMs = 10_000 }: ProxyOptions,
  forwardedOf: ForwardedOf,
) {
  const agent = new Agent({ keepAlive: true });

  return async (c: Context<ServiceEnv>): Promise<Response> => {
    const { raw, method } = c.req;
    const target = upstreamUrl(url, prefix, raw.url);
    if (!target) return c.notFound();
    const request = {
      method,
      agent,
      timeoutMs,
      signal: raw.signal,
      body: raw.body,
      headers: requestHeaders(c, forwardedOf(c).headers),
    };
    try {
      const answer = await forward(target, request).catch((error) => {
        // A service that shuts down may close idle connections at any time. Safe methods are retried on a new one.
        const again = isSafe(method) && !raw.signal.aborted;
        if (!again || error instanceof UpstreamTimeoutError) throw error;
        return forward(target, request);
      });
      const response = toResponse(answer, method);
      response.headers.set("x-request-id", c.get("requestId"));
      rewriteLocation(response.headers, target, { url, prefix });
      // Pages of the service carry their own nonce.
      const policy = response.headers.get("content-security-policy");
      if (policy !== null) c.set("contentSecurityPolicy", policy);
      return response;
    } catch (err) {
      if (raw.signal.aborted) return c.body(null, 499 as StatusCode); // the client closed the connection: nginx's status
      c.get("log").error({ err, url }, "an upstream service did not respond");
      const status = err instanceof UpstreamTimeoutError ? 504 : 502;
      c.header("retry-after", "1"); // seconds
      return problem(c, status, `${c.req.path} is unavailable right now.`);
    }
  };
}

const isSafe = (method: string) => method === "GET" || method === "HEAD";

/** The upstream URL. The HTTP server has resolved `..` before the path was matched against `paths`. */
function upstreamUrl(
  url: string,
  prefix: string,
  requested: string,
): URL | undefined {
  const { pathname, search } = new URL(requested);
  // Hono matches the decoded path; only a literal prefix may be cut off.
  if (prefix !== "" && !pathname.startsWith(`${prefix}/`)) return undefined;
  const target = new URL(url);
  target.pathname = pathname.slice(prefix.length);
  target.search = search;
  return target;
}

/** The client's headers, with all forwarding headers replaced by ours. */
function requestHeaders(
  c: Context<ServiceEnv>,
  forwarded: Record<string, string>,
) {
  const headers = withoutHopByHopHeaders(c.req.raw.headers);
  for (const name of [...headers.keys()])
    if (/^(x-)?forwarded(-|$)|^x-real-ip$/.test(name)) headers.delete(name);
  const { host } = new URL(c.req.url);
  if (!headers.has("host")) headers.set("host", host);
  for (const [name, value] of Object.entries(forwarded))
    headers.set(name, value);
  headers.set("x-request-id", c.get("requestId"));
  headers.set(siteHeader, "1");
  // A Content-Length without a body (possible on GET) would make the service wait for the next request's bytes.
  if (!c.req.raw.body) headers.delete("content-length");
  else if (!headers.has("content-length"))
    headers.set("transfer-encoding", "chunked");
  return headers;
}

/** Rewrites a Location on the service's own host to the path it has here. Other locations are kept. */
function rewriteLocation(
  headers: Headers,
  target: URL,
  { url, prefix }: { url: string; prefix: string },
): void {
  const location = headers.get("location");
  if (location === null || !URL.canParse(location, target.href)) return;
  const absolute = /^([a-z][a-z\d+.-]*:)?[/\\]{2}/i.test(location);
  const { origin, pathname, search, hash } = new URL(location, target.href);
  if (absolute ? origin === new URL(url).origin : location.startsWith("/"))
    headers.set("location", prefix + pathname + search + hash);
}
