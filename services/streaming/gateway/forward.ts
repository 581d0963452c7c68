import { type Agent, type IncomingMessage, request } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream as WebStream } from "node:stream/web";

/** The service did not respond in time. */
export class UpstreamTimeoutError extends Error {
  override readonly name = "UpstreamTimeoutError";
}

export interface UpstreamRequest {
  method: string;
  headers: Headers;
  body: ReadableStream<Uint8Array> | null;
  agent: Agent;
  /** Timeout in milliseconds until the response headers; time spent waiting for the client's body does not count. */
  timeoutMs: number;
  /** Aborts the request and the response. */
  signal: AbortSignal;
}

/**
 * Sends a request to another service and resolves when the response headers have arrived; the body is a stream. Uses
 * node:http because fetch always sets Host from the URL.
 * @throws UpstreamTimeoutError; Error if the connection fails
 */
export function forward(
  url: URL,
  { method, headers, body, agent, timeoutMs, signal }: UpstreamRequest,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const upstream = request(url, {
      method,
      agent,
      signal,
      headers: [...headers].flat(),
    });
    let responded = false;
    let timer: NodeJS.Timeout | undefined;
    const stopTimer = () => clearTimeout(timer);
    const startTimer = () => {
      if (responded) return;
      timer = setTimeout(() => {
        const what = `${url.origin} did not answer within ${timeoutMs} ms`;
        upstream.destroy(new UpstreamTimeoutError(what));
      }, timeoutMs);
    };
    const finish = () => {
      responded = true;
      stopTimer();
    };
    upstream.once("response", (answer) => {
      finish();
      resolve(answer);
    });
    upstream.on("error", reject);
    upstream.once("close", finish);
    startTimer();
    if (body === null) {
      upstream.end();
      return;
    }
    const source = Readable.fromWeb(body as WebStream<Uint8Array>);
    // Pause the timeout while waiting for the client's bytes.
    const withTimer = async function* (chunks: AsyncIterable<Uint8Array>) {
      stopTimer();
      for await (const chunk of chunks) {
        startTimer();
        yield chunk;
        stopTimer();
      }
      startTimer();
    };
    pipeline(source, withTimer, upstream).catch(reject);
  });
}

/** Statuses of responses without a body: RFC 9110, 6.4.1. */
const statusesWithoutBody = [204, 205, 304];

/** Converts the upstream response to a Response without hop-by-hop headers. */
export function toResponse(answer: IncomingMessage, method: string): Response {
  const headers = new Headers();
  for (let at = 0; at < answer.rawHeaders.length; at += 2)
    headers.append(
      answer.rawHeaders[at] as string,
      answer.rawHeaders[at + 1] as string,
    );
  const status = answer.statusCode as number;
  const empty = method === "HEAD" || statusesWithoutBody.includes(status);
  if (empty) answer.resume();
  return new Response(
    empty ? null : (Readable.toWeb(answer) as ReadableStream<Uint8Array>),
    { status, headers: withoutHopByHopHeaders(headers) },
  );
}

/** Hop-by-hop headers (RFC 9110, 7.6.1), and Expect, which node:http has handled. */
const hopByHop = [
  "connection",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "proxy-authenticate",
  "proxy-authorization",
  "expect",
];

/** Removes hop-by-hop headers, including those that Connection names. */
export function withoutHopByHopHeaders(headers: Headers): Headers {
  const rest = new Headers(headers);
  const named = (headers.get("connection") ?? "").split(",");
  for (const name of [...hopByHop, ...named.map((name) => name.trim())])
    if (/^[!#$%&'*+\-.^_`|~\w]+$/.test(name)) rest.delete(name);
  return rest;
}
