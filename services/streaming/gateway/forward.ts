import { type Agent, type IncomingMessage, request } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream as WebStream } from "node:stream/web";

/** The service did not respond in time. */
export class TooLate extends Error {
  override readonly name = "TooLate";
}

export interface Sent {
  method: string;
  headers: Headers;
  body: ReadableStream<Uint8Array> | null;
  agent: Agent;
  /** Timeout in milliseconds until the response headers; time spent waiting for the client's body does not count. */
  timeout: number;
  /** Aborts the request and the response. */
  signal: AbortSignal;
}

/**
 * Sends a request to another service and resolves when the response headers have arrived; the body is a stream. Uses
 * node:http because fetch always sets Host from the URL.
 * @throws UpstreamTimeoutError; Error if the connection fails
 */
export function send(
  url: URL,
  { method, headers, body, agent, timeout, signal }: Sent,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const sending = request(url, {
      ...{ method, agent, signal },
      headers: [...headers].flat(),
    });
    let over = false;
    let late: NodeJS.Timeout | undefined;
    const stop = () => clearTimeout(late);
    const start = () => {
      if (over) return;
      late = setTimeout(() => {
        const what = `${url.origin} did not answer within ${timeout} ms`;
        sending.destroy(new TooLate(what));
      }, timeout);
    };
    const end = () => {
      over = true;
      stop();
    };
    sending.once("response", (answer) => {
      end();
      resolve(answer);
    });
    sending.on("error", reject);
    sending.once("close", end);
    start();
    if (body === null) {
      sending.end();
      return;
    }
    const source = Readable.fromWeb(body as WebStream<Uint8Array>);
    // Pause the timeout while waiting for the client's bytes.
    const timed = async function* (chunks: AsyncIterable<Uint8Array>) {
      stop();
      for await (const chunk of chunks) {
        start();
        yield chunk;
        stop();
      }
      start();
    };
    pipeline(source, timed, sending).catch(reject);
  });
}

/** Statuses of responses without a body: RFC 9110, 6.4.1. */
const bodiless = [204, 205, 304];

/** Converts the upstream response to a Response without hop-by-hop headers. */
export function responseOf(answer: IncomingMessage, method: string): Response {
  const headers = new Headers();
  for (let at = 0; at < answer.rawHeaders.length; at += 2)
    headers.append(
      answer.rawHeaders[at] as string,
      answer.rawHeaders[at + 1] as string,
    );
  const status = answer.statusCode as number;
  const empty = method === "HEAD" || bodiless.includes(status);
  if (empty) answer.resume();
  return new Response(
    empty ? null : (Readable.toWeb(answer) as ReadableStream<Uint8Array>),
    { status, headers: endToEnd(headers) },
  );
}

/** Hop-by-hop headers (RFC 9110, 7.6.1), and Expect, which node:http has handled. */
const hopByHop = [
  ...["connection", "keep-alive", "proxy-connection", "te", "trailer"],
  ...["transfer-encoding", "upgrade", "proxy-authenticate"],
  ...["proxy-authorization", "expect"],
];

/** Removes hop-by-hop headers, including those that Connection names. */
export function endToEnd(headers: Headers): Headers {
  const rest = new Headers(headers);
  const named = (headers.get("connection") ?? "").split(",");
  for (const name of [...hopByHop, ...named.map((name) => name.trim())])
    if (/^[!#$%&'*+\-.^_`|~\w]+$/.test(name)) rest.delete(name);
  return rest;
}
