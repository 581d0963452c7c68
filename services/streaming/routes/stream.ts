import { type Api, MissingTokenError } from "@marquee/service-kit";
import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import * as z from "zod";
import type { RejectionReason } from "../access/playback-url.ts";
import type { Dependencies } from "../dependencies.ts";
import { respondWithFile } from "../file-response/file-response.ts";
import type { Title } from "../media/catalogue.ts";
import type { MediaFile } from "../media/media-store.ts";
import { maxPlaylistBytes, signPlaylist } from "../media/playlist.ts";
import { fileResponses } from "./titles.ts";

const tags = ["streaming"];
const security = ["playback", "bearer"];

/** Only for the holder of the URL. The browser may cache it, so that seeking back does not download it again. */
const cacheControl = "private, max-age=3600";

const responses = {
  200: { description: "The whole file.", type: "*/*" },
  ...fileResponses,
  401: "The request has neither a signed URL nor an access token.",
  403: "The signature is invalid or has expired, or the access token's user has no subscription.",
  404: "The title or the file does not exist.",
};
const Query = z
  .looseObject({
    expires: z.string().optional(),
    viewer: z.string().optional(),
    signature: z.string().optional(),
  })
  .describe("The query of a URL from POST /playback/{id}.");

/** GET /stream, /stream/:id and /stream/:id/:file: videos and playlists for entitled viewers, with range requests. */
export function streamRoutes({ route }: Api, dependencies: Dependencies): void {
  const { catalogueCache, store } = dependencies;

  async function video(c: Context, title: Title | undefined) {
    await authorize(c, title, dependencies);
    const file = title && (await store.find(title.video));
    if (!file) throw notFound(c);
    return respondWithFile(c, file, { cacheControl });
  }

  route(
    {
      method: "get",
      path: "/stream",
      summary: "The featured title's video",
      description: "The same as GET /stream/{id} with the featured title.",
      tags,
      security,
      request: { query: Query },
      responses,
    },
    async (c) => {
      const { featured } = await catalogueCache.get();
      return video(c, await catalogueCache.title(featured));
    },
  );

  route(
    {
      method: "get",
      path: "/stream/:id",
      summary: "A title's video",
      description:
        "Supports range and conditional requests per RFC 9110. Without a signed URL, send an access token.",
      tags,
      security,
      request: { param: z.strictObject({ id: z.string() }), query: Query },
      responses,
    },
    async (c) => {
      const { id } = c.req.valid("param");
      return video(c, await catalogueCache.title(id));
    },
  );

  route(
    {
      method: "get",
      path: "/stream/:id/:file",
      summary: "A title's HLS file (RFC 8216): a playlist or a video",
      description:
        "Start with `index.m3u8`. URIs in playlists carry the same signature as the playlist's URL.",
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
      const title = await catalogueCache.title(id);
      await authorize(c, title, dependencies);
      const file = title && (await store.find(siblingPath(title, name)));
      if (!file) throw notFound(c);
      return name.endsWith(".m3u8")
        ? playlist(c, file)
        : respondWithFile(c, file, { cacheControl });
    },
  );
}

/** Path of a file next to the title's playlist, which players know as index.m3u8. */
function siblingPath({ hls }: Title, name: string): string {
  if (name === "index.m3u8") return hls;
  return hls.slice(0, hls.lastIndexOf("/") + 1) + name;
}

/**
 * Admits a request with a signed URL, or with the access token of a user who has a subscription.
 * @throws HTTPException 401, 403; PaymentUnavailableError
 */
async function authorize(
  c: Context,
  title: Title | undefined,
  { playbackUrls, authentication, entitlements }: Dependencies,
): Promise<void> {
  const query = new URL(c.req.url).searchParams;
  const verified = playbackUrls.verify(title?.id ?? "", query);
  if (!("rejected" in verified)) return;
  const { rejected } = verified;
  if (rejected !== "missing")
    throw new HTTPException(403, { message: refusals[rejected] });
  const token = c.req.header("authorization") !== undefined;
  const viewer = token ? await authentication.authenticate(c) : undefined;
  if (!viewer) throw new MissingTokenError(refusals.missing);
  if (!(await entitlements.check(viewer)).entitled)
    throw new HTTPException(403, {
      message:
        "Watching needs a subscription: POST /api/payment/subscriptions.",
    });
}

const refusals: Record<RejectionReason, string> = {
  missing:
    "This URL is not signed: POST /playback/{id} gives one that is, or send an access token.",
  malformed:
    "This URL's query is malformed: expires, viewer and signature must each appear once.",
  wrong: "This URL's signature does not match.",
  expired: "This URL has expired: POST /playback/{id} gives another one.",
};

const notFound = (c: Context) =>
  new HTTPException(404, { message: `There is no ${c.req.path}.` });

/** Sends a playlist with the request's query added to its URIs. */
async function playlist(c: Context, file: MediaFile) {
  if (file.size > maxPlaylistBytes)
    throw new Error(`The playlist ${c.req.path} has ${file.size} bytes.`);
  c.header("content-type", file.type);
  c.header("cache-control", "no-store");
  if (c.req.method === "HEAD") return c.body(null, 200);
  const text =
    file.size === 0
      ? ""
      : await new Response(file.read(0, file.size - 1)).text();
  const { search } = new URL(c.req.url);
  const signed = search === "" ? text : signPlaylist(text, search.slice(1));
  return c.body(signed, 200);
}
