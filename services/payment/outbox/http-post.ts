import { request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import type { LookupFunction } from "node:net";

/** Bytes that are read of an answer's body, and kept. */
const mostBytes = 4096;

export interface Answer {
  status: number;
  /** The header. */
  retryAfter: string | undefined;
  /** Its beginning, as text of 4096 bytes at most. */
  body: string;
}

export interface PostOptions {
  /** Milliseconds until there has to be an answer. */
  limit: number;
  /** Ends it at once. */
  signal: AbortSignal;
  lookup: LookupFunction;
}

/**
 * POSTs over a connection of its own, and follows no redirect. An answer counts from its status on: what comes after it, and
 * how long that takes, does not matter.
 *
 * Not fetch(), which can't be told how to look names up. And no connection is kept open: one that the consumer closes in the
 * moment of the next request would be a failure that is none.
 * @throws Error if there was no answer in time, in words for an operator
 */
export const post = (
  url: URL,
  headers: Record<string, string>,
  body: string,
  { limit, signal, lookup }: PostOptions,
): Promise<Answer> =>
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
    const late = setTimeout(
      () => end(new Error(`no answer within ${limit} ms`)),
      limit,
    );
    let answer: (() => Answer) | undefined;
    const settle = (error: Error) => {
      clearTimeout(late);
      if (answer) resolve(answer());
      else reject(inWords(error));
    };
    request.on("error", settle);
    request.once("close", () =>
      settle(new Error("the connection was closed without an answer")),
    );
    request.once("response", (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      answer = () => ({
        status: response.statusCode as number,
        retryAfter: response.headers["retry-after"],
        body: beginning(Buffer.concat(chunks)),
      });
      response.on("data", (chunk: Buffer) => {
        chunks.push(chunk);
        size += chunk.length;
        if (size >= mostBytes) end();
      });
      response.on("error", () => {}); // what was read will do
    });
    request.end(bytes);
  });

/** Text that the database takes: whole characters, no NUL, of so many bytes in UTF-8. */
function beginning(bytes: Buffer): string {
  const text = bytes
    .subarray(0, mostBytes)
    .toString("utf8")
    .replaceAll("\0", "\ufffd");
  const { read } = new TextEncoder().encodeInto(
    text,
    new Uint8Array(mostBytes),
  );
  return text.slice(0, read);
}

/** Several addresses, none of which answered, are an AggregateError, which has a code alone. */
function inWords(error: Error & { code?: string }): Error {
  return error.message ? error : new Error(error.code ?? error.name);
}
