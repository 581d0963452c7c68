import { factory, problem } from "@marquee/runtime";
import { parseRange } from "../range.ts";
import type { Video } from "../video.ts";

/**
 * GET /stream: the video, 200 whole or 206 with the one range that was asked for; 304 if the client has it (If-None-Match);
 * 416 for a range beyond its end. If-Range with another entity tag, or a date, gives the whole. HEAD opens no file.
 */
export const stream = (video: Video) =>
  factory.createApp().get("/stream", (c) => {
    const { size, etag, type } = video;
    c.header("accept-ranges", "bytes");
    c.header("etag", etag);
    c.header("cache-control", "public, max-age=3600");

    if (matches(c.req.header("if-none-match"), etag)) return c.body(null, 304);

    // A range is defined for GET alone, and only of the representation that the client has a part of already.
    const current = c.req.header("if-range") ?? etag;
    const range =
      c.req.method === "GET" && current === etag
        ? parseRange(c.req.header("range"), size)
        : ({ kind: "whole" } as const);

    if (range.kind === "unsatisfiable") {
      c.header("content-range", `bytes */${size}`);
      // Those said above are the video's: no cache may keep this answer for who asks for the whole.
      c.header("etag", undefined);
      c.header("cache-control", "no-store");
      return problem(
        c,
        416,
        `The video has ${size} bytes, from 0 to ${size - 1}.`,
      );
    }
    const { start, end } =
      range.kind === "part" ? range : { start: 0, end: size - 1 };
    c.header("content-type", type);
    c.header("content-length", `${end - start + 1}`);
    if (range.kind === "part")
      c.header("content-range", `bytes ${start}-${end}/${size}`);
    // Hono runs GET's handler for HEAD and drops the body without closing it.
    if (c.req.method === "HEAD") return c.body(null);
    return c.body(video.read(start, end), range.kind === "part" ? 206 : 200);
  });

/** Whether an If-None-Match names this entity tag; weak ones count here (RFC 9110, 13.1.2). */
const matches = (header: string | undefined, etag: string): boolean =>
  header?.split(",").some((tag) => {
    const bare = tag.trim().replace(/^W\//, "");
    return bare === "*" || bare === etag;
  }) ?? false;
