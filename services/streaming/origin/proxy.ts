import { Agent } from "node:http";
import {
  factory,
  problem,
  type ServiceEnv,
  siteHeader,
} from "@marquee/service-kit";
import type { Context, Hono } from "hono";
import type { StatusCode } from "hono/utils/http-status";
import { createForwardedOf, type ForwardedOf } from "./forwarded.ts";
import { endToEnd, responseOf, send, TooLate } from "./send.ts";

export interface PassOptions {
  /** Where the service is: an origin such as http://auth-service:8081. */
  url: string;
  /** Which of its paths are passed on, as Hono has them: `/payments/:id`. Nothing else is. */
  paths: readonly string[];
  /** What these paths begin with here, and the service does not see: `/api/payment`. @default "" */
  prefix?: string;
  /** Proxies that each request comes through before us. @default 0 */
  trustedProxies?: number;
  /** Milliseconds that the service may take until its answer's headers are there. @default 10000 */
  timeout?: number;
}

const methods = ["GET", "POST", "PUT", "PATCH", "DELETE"]; // and HEAD, which Hono takes for a GET

/**
 * Passes requests on to another service, under our own origin: one host for cookies, forms and scripts. Bodies are streamed both
 * ways. Host stays what the browser said, so that the service can compare it with Origin.
 *
 * Hono's proxy() does not do: it is fetch, which writes Host, Sec-Fetch-Mode and others anew.
 */
export function passTo(options: PassOptions): Hono<ServiceEnv> {
  const { paths, prefix = "", trustedProxies = 0 } = options;
  const pass = createPass(options, createForwardedOf(trustedProxies));
  const app = factory.createApp();
  for (const path of paths) app.on(methods, [prefix + path], pass);
  return app;
}

function createPass(
  { url, prefix = "", timeout = 10_000 }: PassOptions,
  forwardedOf: ForwardedOf,
) {
  const agent = new Agent({ keepAlive: true });

  return async (c: Context<ServiceEnv>): Promise<Response> => {
    const { raw, method } = c.req;
    const target = targetOf(url, prefix, raw.url);
    if (!target) return c.notFound();
    const request = {
      ...{ method, agent, timeout, signal: raw.signal },
      body: raw.body,
      headers: requestHeaders(c, forwardedOf(c).headers),
    };
    try {
      const answer = await send(target, request).catch((error) => {
        // A service that ends closes connections at any time; what changes nothing may be asked again on another one.
        const again = isSafe(method) && !raw.signal.aborted;
        if (!again || error instanceof TooLate) throw error;
        return send(target, request);
      });
      const response = responseOf(answer, method);
      response.headers.set("x-request-id", c.get("requestId"));
      relocate(response.headers, target, { url, prefix });
      // Its pages have a nonce of their own.
      const policy = response.headers.get("content-security-policy");
      if (policy !== null) c.set("contentSecurityPolicy", policy);
      return response;
    } catch (err) {
      if (raw.signal.aborted) return c.body(null, 499 as StatusCode); // nobody is there to read it: nginx's number
      c.get("log").error({ err, url }, "a service does not answer");
      const status = err instanceof TooLate ? 504 : 502;
      c.header("retry-after", "1"); // seconds
      return problem(c, status, `${c.req.path} can't be answered now.`);
    }
  };
}

const isSafe = (method: string) => method === "GET" || method === "HEAD";

/** Where a request goes. The server that listens has taken `..` out of its path, before that was compared with `paths`. */
function targetOf(url: string, prefix: string, asked: string): URL | undefined {
  const { pathname, search } = new URL(asked);
  // Hono has matched it decoded; what is cut off has to be the prefix as it is written.
  if (prefix !== "" && !pathname.startsWith(`${prefix}/`)) return undefined;
  const target = new URL(url);
  target.pathname = pathname.slice(prefix.length);
  target.search = search;
  return target;
}

/** What the service gets: the client's headers, but what is said of the client is ours to say. */
function requestHeaders(c: Context<ServiceEnv>, more: Record<string, string>) {
  const headers = endToEnd(c.req.raw.headers);
  for (const name of [...headers.keys()])
    if (/^(x-)?forwarded(-|$)|^x-real-ip$/.test(name)) headers.delete(name);
  const { host } = new URL(c.req.url);
  if (!headers.has("host")) headers.set("host", host);
  for (const [name, value] of Object.entries(more)) headers.set(name, value);
  headers.set("x-request-id", c.get("requestId"));
  headers.set(siteHeader, "1");
  // A length without a body, as a GET may come with, would have the service wait for the next request's bytes.
  if (!c.req.raw.body) headers.delete("content-length");
  else if (!headers.has("content-length"))
    headers.set("transfer-encoding", "chunked");
  return headers;
}

/** A Location on the service's own host, or a path there, becomes the path that it has here. Others stay. */
function relocate(
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
