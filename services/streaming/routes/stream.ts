import { type Api, NoToken } from "@marquee/service-kit";
import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import * as z from "zod";
import type { Refused } from "../access/playback-url.ts";
import { deliver } from "../delivery/deliver.ts";
import { largestPlaylist, withQuery } from "../delivery/playlist.ts";
import type { Title } from "../media/catalogue.ts";
import type { MediaFile } from "../media/media-store.ts";
import type { Parts } from "../parts.ts";
import { ofFiles } from "./titles.ts";

const tags = ["streaming"];
const security = ["playback", "bearer"];

/** It is for who has the URL; a browser may keep it for as long as somebody seeks to and fro. */
const cacheControl = "private, max-age=3600";

const responses = {
  200: { description: "All of it.", type: "*/*" },
  ...ofFiles,
  401: "Neither a signed URL nor an access token.",
  403: "The URL is not signed for this, or has expired; or whose token it is may not watch.",
  404: "There is no such title, or no such file of it.",
};
const Query = z
  .looseObject({
    expires: z.string().optional(),
    viewer: z.string().optional(),
    signature: z.string().optional(),
  })
  .describe("As POST /playback/{id} gave it.");

/** GET /stream, /stream/:id and /stream/:id/:file: videos, whole or in parts, for who may watch. */
export function streamRoutes({ route }: Api, parts: Parts): void {
  const { programme, store } = parts;

  async function video(c: Context, title: Title | undefined) {
    await admit(c, title, parts);
    const file = title && (await store.find(title.video));
    if (!file) throw none(c);
    return deliver(c, file, { cacheControl });
  }

  route(
    {
      method: "get",
      path: "/stream",
      summary: "The featured title's video",
      description: "As GET /stream/{id}.",
      tags,
      security,
      request: { query: Query },
      responses,
    },
    async (c) => {
      const { featured } = await programme.catalogue();
      return video(c as Context, await programme.title(featured));
    },
  );

  route(
    {
      method: "get",
      path: "/stream/:id",
      summary: "A title's video",
      description:
        "Ranges and conditions as RFC 9110 has them. Who has no signed URL sends an access token.",
      tags,
      security,
      request: { param: z.strictObject({ id: z.string() }), query: Query },
      responses,
    },
    async (c) => {
      const { id } = c.req.valid("param");
      return video(c as Context, await programme.title(id));
    },
  );

  route(
    {
      method: "get",
      path: "/stream/:id/:file",
      summary: "A part of a title for HLS (RFC 8216): a playlist or a video",
      description:
        "`index.m3u8` comes first. URIs in playlists are signed as the playlist's own.",
      tags,
      security,
      request: {
        param: z.strictObject({
          id: z.string(),
          file: z.string().regex(/^[\w-]+(\.[\w-]+)*\.(m3u8|mp4|m4s)$/),
        }),
        query: Query,
      },
      responses,
    },
    async (c) => {
      const { id, file: name } = c.req.valid("param");
      const title = await programme.title(id);
      await admit(c as Context, title, parts);
      const file = title && (await store.find(besides(title, name)));
      if (!file) throw none(c as Context);
      return name.endsWith(".m3u8")
        ? playlist(c as Context, file)
        : deliver(c as Context, file, { cacheControl });
    },
  );
}

/** Where a file of a title's is: beside its playlist, which is index.m3u8 to players. */
function besides({ hls }: Title, name: string): string {
  if (name === "index.m3u8") return hls;
  return hls.slice(0, hls.lastIndexOf("/") + 1) + name;
}

/**
 * Lets a request through that may watch: by a signed URL, which says so by itself, or by an access token, whose owner is asked
 * about.
 * @throws HTTPException 401, 403; PaymentAway
 */
async function admit(
  c: Context,
  title: Title | undefined,
  { playbackUrls, viewers, entitlements }: Parts,
): Promise<void> {
  const query = new URL(c.req.url).searchParams;
  const verified = playbackUrls.verify(title?.id ?? "", query);
  if (!("refused" in verified)) return;
  const { refused } = verified;
  if (refused !== "missing")
    throw new HTTPException(403, { message: refusals[refused] });
  const token = c.req.header("authorization") !== undefined;
  const viewer = token ? await viewers.of(c) : undefined;
  if (!viewer) throw new NoToken(refusals.missing);
  if (!(await entitlements.of(viewer)).entitled)
    throw new HTTPException(403, {
      message:
        "Watching needs a subscription: POST /api/payment/subscriptions.",
    });
}

const refusals: Record<Refused, string> = {
  missing:
    "This URL is not signed: POST /playback/{id} gives one that is, or send an access token.",
  malformed:
    "This is no signed URL: it needs expires, viewer and signature, once each.",
  wrong: "This URL's signature is not right for what it asks for.",
  expired: "This URL has expired: POST /playback/{id} gives another one.",
};

const none = (c: Context) =>
  new HTTPException(404, { message: `There is no ${c.req.path}.` });

/** A playlist, with its own query in its URIs. It is short, so it is sent as a whole. */
async function playlist(c: Context, file: MediaFile): Promise<Response> {
  if (file.size > largestPlaylist)
    throw new Error(`The playlist ${c.req.path} has ${file.size} bytes.`);
  c.header("content-type", file.type);
  c.header("cache-control", "no-store");
  if (c.req.method === "HEAD") return c.body(null);
  const text =
    file.size === 0
      ? ""
      : await new Response(file.read(0, file.size - 1)).text();
  const { search } = new URL(c.req.url);
  return c.body(search === "" ? text : withQuery(text, search.slice(1)));
}
