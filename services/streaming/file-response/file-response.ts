import { ServerResponse } from "node:http";
import { problem, type ServiceEnv } from "@marquee/service-kit";
import type { Context } from "hono";
import { isFolderFile } from "../media/folder/store.ts";
import type { MediaFile } from "../media/media-store.ts";
import { begun, bodyOf } from "./body.ts";
import { lengthOf, multipart, type Piece } from "./multipart.ts";
import { judge, partStillFits } from "./preconditions.ts";
import { type Part, parseRanges } from "./ranges.ts";
import { sendAtEnd } from "./send-file.ts";

export interface DeliveryOptions {
  /** Cache-Control of 200, 206 and 304 responses; errors are `no-store`. */
  cacheControl: string;
  /**
   * Closes the connection when the client has read nothing for so many milliseconds; players resume later.
   * @default 60000
   */
  patience?: number;
}

const minute = 60_000;

/**
 * Answers a GET or HEAD with a file per RFC 9110: 200 for all of it, 206 for one or several ranges
 * (multipart/byteranges; see `parseRanges`), 304 and 412 for conditions, 416 if no range can be satisfied. HEAD opens
 * no file and ignores Range, which is defined for GET only.
 * @throws MediaUnavailableError, MediaChangedError before anything is sent; later errors close the connection
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
      `The file has changed: its entity tag is ${etag}, and it was last modified on ${modified.toUTCString()}.`,
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
        ? "The file is empty."
        : `The file has ${size} bytes, from 0 to ${size - 1}.`,
    );
  }

  c.header("accept-ranges", "bytes");
  c.header("etag", etag);
  c.header("last-modified", modified.toUTCString());
  c.header("cache-control", cacheControl);
  if (verdict === "not modified") return c.body(null, 304);
  const outgoing: unknown = c.env?.outgoing;
  // Until the response ends, this replaces the server's idle timeout.
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

/** Responds with these pieces. A local file goes straight to the socket: see `sendFileToSocket`. */
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
  // Hono runs the GET handler for HEAD and drops the body without closing it.
  if (c.req.method === "HEAD" || length === 0) return c.body(null, status);
  const outgoing: unknown = c.env?.outgoing;
  const toSocket = outgoing instanceof ServerResponse;
  const log = c.get("log") as ServiceEnv["Variables"]["log"] | undefined;
  const failed = (err: unknown) =>
    log?.warn({ err }, "a file was sent incompletely");
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
      // These headers describe the file, not the error response.
      for (const name of ofFile) c.header(name, undefined);
      throw error;
    },
  );
}

const ofFile = [
  ...["accept-ranges", "etag", "last-modified", "cache-control"],
  ...["content-type", "content-length", "content-range"],
];
