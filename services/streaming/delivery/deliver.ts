import { ServerResponse } from "node:http";
import { problem, type ServiceEnv } from "@marquee/service-kit";
import type { Context } from "hono";
import { isFolderFile } from "../media/folder.ts";
import type { MediaFile } from "../media/media-store.ts";
import { begun, bodyOf } from "./body.ts";
import { judge, partStillFits } from "./conditions.ts";
import { lengthOf, multipart, type Piece } from "./multipart.ts";
import { type Part, parseRanges } from "./range.ts";
import { sendAtEnd } from "./send.ts";

export interface DeliveryOptions {
  /** The Cache-Control of 200, 206 and 304; what went wrong is `no-store`. */
  cacheControl: string;
  /** How long a client may take nothing until its connection is cut, in milliseconds; players ask for the rest when they go on. @default 60000 */
  patience?: number;
}

const minute = 60_000;

/**
 * Answers a GET or HEAD with a file, as RFC 9110 has it: 200 whole, 206 a part or several (multipart/byteranges; see
 * `parseRanges`), 304 where the client has it, 412 where a condition does not hold, 416 where the file does not reach.
 * HEAD opens no file, and has no ranges, which are GET's alone.
 * @throws MediaAway, MediaChanged before anything is sent; what fails later cuts the connection
 */
export function deliver(
  c: Context,
  file: MediaFile,
  { cacheControl, patience = minute }: DeliveryOptions,
): Response | Promise<Response> {
  const { size, etag, modified } = file;
  const conditions = {
    ifMatch: c.req.header("if-match"),
    ifUnmodifiedSince: c.req.header("if-unmodified-since"),
    ifNoneMatch: c.req.header("if-none-match"),
    ifModifiedSince: c.req.header("if-modified-since"),
  };
  const verdict = judge(conditions, file);
  if (verdict === "failed") {
    c.header("cache-control", "no-store");
    return problem(
      c,
      412,
      `It is another than you ask for: its entity tag is ${etag}, and it was changed last on ${modified.toUTCString()}.`,
    );
  }
  const range =
    c.req.method === "GET" && partStillFits(c.req.header("if-range"), file)
      ? c.req.header("range")
      : undefined;
  const ranges = parseRanges(range, size);
  if (verdict === "proceed" && ranges.kind === "unsatisfiable") {
    c.header("content-range", `bytes */${size}`);
    c.header("cache-control", "no-store");
    return problem(
      c,
      416,
      size === 0
        ? "It is empty."
        : `It has ${size} bytes, from 0 to ${size - 1}.`,
    );
  }

  c.header("accept-ranges", "bytes");
  c.header("etag", etag);
  c.header("last-modified", modified.toUTCString());
  c.header("cache-control", cacheControl);
  if (verdict === "not modified") return c.body(null, 304);
  const outgoing: unknown = c.env?.outgoing;
  // The server's own time for idle connections takes over when this is answered.
  if (outgoing instanceof ServerResponse) outgoing.setTimeout(patience);
  return ranges.kind === "parts"
    ? sendParts(c, file, ranges.parts)
    : sendPieces(c, file, 200, file.type, wholeOf(file));
}

const wholeOf = ({ size }: MediaFile): Piece[] =>
  size === 0 ? [] : [{ start: 0, end: size - 1 }];

function sendParts(
  c: Context,
  file: MediaFile,
  parts: Part[],
): Response | Promise<Response> {
  const [only] = parts;
  if (parts.length > 1 || !only) {
    const { type, pieces } = multipart(parts, file);
    return sendPieces(c, file, 206, type, pieces);
  }
  c.header("content-range", `bytes ${only.start}-${only.end}/${file.size}`);
  return sendPieces(c, file, 206, file.type, [only]);
}

/** The answer with these pieces as its body: by `sendAtEnd` where it goes to a socket from a file of this machine. */
function sendPieces(
  c: Context,
  file: MediaFile,
  status: 200 | 206,
  type: string,
  pieces: Piece[],
): Response | Promise<Response> {
  const length = lengthOf(pieces);
  c.header("content-type", type);
  c.header("content-length", `${length}`);
  // Hono runs GET's handler for HEAD and drops the body without closing it.
  if (c.req.method === "HEAD" || length === 0) return c.body(null, status);
  const outgoing: unknown = c.env?.outgoing;
  const toSocket = outgoing instanceof ServerResponse;
  const log = c.get("log") as ServiceEnv["Variables"]["log"] | undefined;
  const failed = (err: unknown) => log?.warn({ err }, "delivery was cut off");
  if (toSocket && isFolderFile(file)) {
    const isStill = () =>
      c.res.status === status &&
      c.res.headers.get("content-length") === `${length}`;
    sendAtEnd(outgoing, file, pieces, isStill, failed);
    return c.body(null, status);
  }
  const cut = (error: unknown) => {
    failed(error);
    (outgoing as ServerResponse).destroy();
  };
  return begun(bodyOf(file, pieces), toSocket ? cut : undefined).then(
    (body) => c.body(body, status),
    (error) => {
      // They were the file's: the answer is another one.
      for (const name of ofFile) c.header(name, undefined);
      throw error;
    },
  );
}

const ofFile = [
  ...["accept-ranges", "etag", "last-modified", "cache-control"],
  ...["content-type", "content-length", "content-range"],
];
