import { type Api, NoToken, problem, sameOrigin } from "@marquee/service-kit";
import type { Context, MiddlewareHandler } from "hono";
import { HTTPException } from "hono/http-exception";
import * as z from "zod";
import type { Viewer } from "../access/viewer.ts";
import type { Parts } from "../parts.ts";
import { positionOf, progressOf, saveProgress } from "../progress/progress.ts";

const Id = z.strictObject({ id: z.string() });
const security = ["bearer", "session"];
const unauthorized = {
  401: "Nobody is signed in, and there is no access token.",
};
const crossSite = { 403: "The request is one of another site's page." };

const PlaybackJson = z
  .object({
    url: z.string().describe("Path of the whole video, signed."),
    hls: z.string().describe("Path of the HLS playlist, signed."),
    expires_at: z.iso.datetime().describe("Until when both are valid."),
    position: z
      .number()
      .nullable()
      .describe(
        "Where the viewer is, in seconds; null while that is not known.",
      ),
  })
  .meta({ id: "Playback" });

const ProgressJson = z
  .object({
    title: z.string(),
    position: z.number().describe("Seconds from the title's beginning."),
    duration: z.number().describe("Seconds that the title has."),
    updated_at: z.iso.datetime(),
  })
  .meta({ id: "Progress" });

/** Who asks: `viewer`. 401 for nobody, 403 for another site's page. */
interface Known {
  Variables: { viewer: Viewer };
}

/** POST /playback/:id: signed URLs; GET /progress, PUT /progress/:id: where the viewer is. */
export function playbackRoutes({ route }: Api, parts: Parts): void {
  const { database, programme, grants } = parts;
  const viewer = viewerOf(parts);
  const titleOf = async (id: string) => {
    const title = await programme.title(id);
    if (title) return title;
    throw new HTTPException(404, { message: `There is no title ${id}.` });
  };

  route(
    {
      method: "post",
      path: "/playback/:id",
      summary: "Get URLs that a player can use",
      description:
        "They are valid for some minutes: ask again before that is over. While payment does not answer, who was entitled goes on watching.",
      tags: ["streaming"],
      security,
      request: { param: Id },
      responses: {
        200: { description: "Signed URLs.", schema: PlaybackJson },
        ...unauthorized,
        403: "Whoever asks may not watch (`entitled` is false), or it is another site's page.",
      },
    },
    sameOrigin,
    viewer,
    async (c) => {
      const { id } = c.req.valid("param");
      const title = await titleOf(id);
      const who = c.get("viewer");
      const playback = await grants.grant(who, id);
      if (!playback)
        return problem(c, 403, "Watching needs a subscription.", {
          entitled: false,
        });
      const { url, hls, expiresAt } = playback;
      const position = await placeOf(parts, who.userId, title.id, c);
      c.header("cache-control", "no-store");
      return c.json({
        ...{ url, hls, position },
        expires_at: expiresAt.toISOString(),
      });
    },
  );

  route(
    {
      method: "get",
      path: "/progress",
      summary: "What one has begun and not finished, the latest first",
      tags: ["progress"],
      security,
      responses: {
        200: {
          description: "At most 20.",
          schema: z.object({ data: z.array(ProgressJson) }),
        },
        ...unauthorized,
      },
    },
    viewer,
    async (c) => {
      const found = await progressOf(database, c.get("viewer").userId);
      return c.json({
        data: found.map(({ title, position, duration, updatedAt }) => ({
          ...{ title, position, duration },
          updated_at: updatedAt.toISOString(),
        })),
      });
    },
  );

  route(
    {
      method: "put",
      path: "/progress/:id",
      summary: "Say where one is",
      description: "What comes last counts, whatever device it is from.",
      tags: ["progress"],
      security,
      request: {
        param: Id,
        json: z
          .strictObject({
            position: z
              .number()
              .min(0)
              .describe("Seconds; beyond the title's end is its end."),
          })
          .meta({ id: "Position" }),
      },
      responses: { 204: "Kept.", ...unauthorized, ...crossSite },
    },
    sameOrigin,
    viewer,
    async (c) => {
      const { id } = c.req.valid("param");
      const { position } = c.req.valid("json");
      const { seconds } = await titleOf(id);
      const { userId } = c.get("viewer");
      const at = { userId, title: id, position, duration: seconds };
      await saveProgress(database, at);
      return c.body(null, 204);
    },
  );
}

const viewerOf =
  ({ viewers }: Parts): MiddlewareHandler<Known> =>
  async (c, next) => {
    const viewer = await viewers.of(c);
    if (!viewer)
      throw new NoToken(
        "Sign in, or send an access token: Authorization: Bearer ….",
      );
    c.set("viewer", viewer);
    await next();
  };

/** Where somebody goes on, in seconds: from the beginning, where it is finished. null while that can't be looked up. */
export async function placeOf(
  { database }: Pick<Parts, "database">,
  userId: string,
  title: string,
  c: Context,
): Promise<number | null> {
  try {
    const found = await positionOf(database, userId, title);
    return !found || found.finished ? 0 : found.position;
  } catch (err) {
    // Watching is more than going on where one was.
    c.get("log").warn({ err }, "where somebody was can't be looked up");
    return null;
  }
}
