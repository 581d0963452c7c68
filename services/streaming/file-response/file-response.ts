import { ServerResponse } from "node:http";
import {
  type ProblemResponse,
  problem,
  type ServiceEnv,
} from "@marquee/service-kit";
import type { Context, TypedResponse } from "hono";
import { isFolderFile } from "../media/folder/store.ts";
import type { MediaFile } from "../media/media-store.ts";
import { awaitFirstChunk, streamPieces } from "./body.ts";
import { multipart, type Piece, totalLength } from "./multipart.ts";
import { evaluatePreconditions, ifRangeMatches } from "./preconditions.ts";
import { type Part, parseRanges } from "./ranges.ts";
import { sendFileToSocket } from "./send-file.ts";

export interface FileResponseOptions {
  /** Cache-Control of 200, 206 and 304 responses; errors are `no-store`. */
  cacheControl: string;
  /**
   * Closes the connection when the client has read nothing for so many milliseconds; players resume later.
   * @default 60000
   */
  idleTimeoutMs?: number;
}

const defaultIdleTimeoutMs = 60_000;

type ContentResponse<Status extends 200 | 206> = Response &
  TypedResponse<unknown, Status, "body">;

type FileResponse =
  | ContentResponse<200>
  | ContentResponse<206>
  | (Response & TypedResponse<null, 304, "body">)
  | ProblemResponse<412>
  | ProblemResponse<416>;

/**
 * Answers a GET or HEAD with a file per RFC 9110: 200 for all of it, 206 for one or several ranges
 * (multipart/byteranges; see `parseRanges`), 304 and 412 for conditions, 416 if no range can be satisfied. HEAD opens
 * no file and ignores Range, which is defined for GET only.
 * @throws MediaUnavailableError, MediaChangedError before anything is sent; later errors close the connection
 */
export function respondWithFile(
  c: Context,
  file: MediaFile,
  { cacheControl, idleTimeoutMs = defaultIdleTimeoutMs }: FileResponseOptions,
): FileResponse | Promise<FileResponse> {
  const { size, etag, modified } = file;
  const conditions = {
    ifMatch: c.req.header("if-match"),
    ifUnmodifiedSince: c.req.header("if-unmodified-since"),
    ifNoneMatch: c.req.header("if-none-match"),
    ifModifiedSince: c.req.header("if-modified-since"),
  };
  const outcome = evaluatePreconditions(conditions, file);
  if (outcome === "failed") {
    c.header("cache-control", "no-store");
    return problem(
      c,
      412,
      `The file has changed: its entity tag is ${etag}, and it was last modified on ${modified.toUTCString()}.`,
    );
  }
  const range =
    c.req.method === "GET" && ifRangeMatches(c.req.header("if-range"), file)
      ? c.req.header("range")
      : undefined;
  const ranges = parseRanges(range, size);
  if (outcome === "proceed" && ranges.kind === "unsatisfiable") {
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
  if (outcome === "not modified") return c.body(null, 304);
  const outgoing: unknown = c.env?.outgoing;
  // Until the response ends, this replaces the server's idle timeout.
  if (outgoing instanceof ServerResponse) outgoing.setTimeout(idleTimeoutMs);
  return ranges.kind === "parts"
    ? respondWithParts(c, file, ranges.parts)
    : respondWithPieces(c, file, 200, file.type, wholeFile(file));
}

const wholeFile = ({ size }: MediaFile): Piece[] =>
  size === 0 ? [] : [{ start: 0, end: size - 1 }];

function respondWithParts(
  c: Context,
  file: MediaFile,
  parts: Part[],
): ContentResponse<206> | Promise<ContentResponse<206>> {
  const [only] = parts;
  if (parts.length > 1 || !only) {
    const { type, pieces } = multipart(parts, file);
    return respondWithPieces(c, file, 206, type, pieces);
  }
  c.header("content-range", `bytes ${only.start}-${only.end}/${file.size}`);
  return respondWithPieces(c, file, 206, file.type, [only]);
}

/** Responds with these pieces. A local file goes straight to the socket: see `sendFileToSocket`. */
function respondWithPieces<Status extends 200 | 206>(
  c: Context,
  file: MediaFile,
  status: Status,
  type: string,
  pieces: Piece[],
): ContentResponse<Status> | Promise<ContentResponse<Status>> {
  const length = totalLength(pieces);
  c.header("content-type", type);
  c.header("content-length", `${length}`);
  // Hono runs the GET handler for HEAD and drops the body without closing it.
  if (c.req.method === "HEAD" || length === 0) return c.body(null, status);
  const outgoing: unknown = c.env?.outgoing;
  const toSocket = outgoing instanceof ServerResponse;
  const log = c.get("log") as ServiceEnv["Variables"]["log"] | undefined;
  const logFailure = (err: unknown) =>
    log?.warn({ err }, "a file was sent incompletely");
  if (toSocket && isFolderFile(file)) {
    const isUnchanged = () =>
      c.res.status === status &&
      c.res.headers.get("content-length") === `${length}`;
    sendFileToSocket(outgoing, file, pieces, isUnchanged, logFailure);
    return c.body(null, status);
  }
  const cut = (error: unknown) => {
    logFailure(error);
    (outgoing as ServerResponse).destroy();
  };
  return awaitFirstChunk(
    streamPieces(file, pieces),
    toSocket ? cut : undefined,
  ).then(
    (body) => c.body(body, status),
    (error) => {
      // These headers describe the file, not the error response.
      for (const name of fileHeaders) c.header(name, undefined);
      throw error;
    },
  );
}

const fileHeaders = [
  "accept-ranges",
  "etag",
  "last-modified",
  "cache-control",
  "content-type",
  "content-length",
  "content-range",
];
