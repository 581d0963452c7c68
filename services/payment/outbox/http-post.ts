import { request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import type { LookupFunction } from "node:net";

/** How much of a response body is read and stored. */
const maxBodyBytes = 4096;

export interface DeliveryResponse {
  status: number;
  /** The Retry-After header. */
  retryAfter: string | undefined;
  /** Its first 4096 bytes, as text. */
  body: string;
}

export interface PostOptions {
  /** Time limit for the response's status. */
  timeoutMs: number;
  /** Aborts the request at once. */
  signal: AbortSignal;
  lookup: LookupFunction;
}

/**
 * POSTs over a new connection, without following redirects. Only the response's status counts: later errors and delays
 * do not matter.
 *
 * Not fetch(), which can't be given a DNS lookup. Connections are not kept alive: if the consumer closed an idle one
 * just as the next request was sent, the delivery would fail for no reason.
 * @throws Error, phrased for operators, if there is no response in time
 */
export const httpPost = (
  url: URL,
  headers: Record<string, string>,
  body: string,
  { timeoutMs, signal, lookup }: PostOptions,
): Promise<DeliveryResponse> =>
  new Promise((resolve, reject) => {
    const bytes = Buffer.from(body);
    const request = (url.protocol === "https:" ? requestHttps : requestHttp)(
      url,
      {
        method: "POST",
        agent: false,
        lookup,
        headers: { ...headers, "content-length": bytes.length },
        signal,
      },
    );
    const end = (error?: Error) => request.destroy(error);
    const timer = setTimeout(
      () => end(new Error(`no response within ${timeoutMs} ms`)),
      timeoutMs,
    );
    let readResponse: (() => DeliveryResponse) | undefined;
    const settle = (error: Error) => {
      clearTimeout(timer);
      if (readResponse) resolve(readResponse());
      else reject(withMessage(error));
    };
    request.on("error", settle);
    request.once("close", () =>
      settle(new Error("the connection was closed without a response")),
    );
    request.once("response", (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      readResponse = () => ({
        status: response.statusCode as number,
        retryAfter: response.headers["retry-after"],
        body: truncate(Buffer.concat(chunks)),
      });
      response.on("data", (chunk: Buffer) => {
        chunks.push(chunk);
        size += chunk.length;
        if (size >= maxBodyBytes) end();
      });
      response.on("error", () => {}); // the part that was read is enough
    });
    request.end(bytes);
  });

/** The start of the text, in a form that PostgreSQL accepts: whole characters and no NUL. */
function truncate(bytes: Buffer): string {
  const text = bytes
    .subarray(0, maxBodyBytes)
    .toString("utf8")
    .replaceAll("\0", "\ufffd");
  const { read } = new TextEncoder().encodeInto(
    text,
    new Uint8Array(maxBodyBytes),
  );
  return text.slice(0, read);
}

/** If every address of a name fails, Node.js throws an AggregateError without a message. */
function withMessage(error: Error & { code?: string }): Error {
  return error.message ? error : new Error(error.code ?? error.name);
}
