import {
  type Api,
  MissingTokenError,
  problem,
  sameOrigin,
} from "@marquee/service-kit";
import type { Context, MiddlewareHandler } from "hono";
import { HTTPException } from "hono/http-exception";
import * as z from "zod";
import type { Viewer } from "../access/viewer.ts";
import type { Dependencies } from "../dependencies.ts";
import {
  findProgress,
  listProgress,
  saveProgress,
} from "../progress/progress.ts";

const Id = z.strictObject({ id: z.string() });
const security = ["bearer", "session"];
const unauthorized = {
  401: "The request has neither a session cookie nor an access token.",
};
const crossSite = { 403: "The request comes from another site." };

const PlaybackJson = z
  .object({
    url: z.string().describe("Signed path of the whole video."),
    hls: z.string().describe("Signed path of the HLS playlist."),
    expires_at: z.iso.datetime().describe("When both URLs expire."),
    position: z
      .number()
      .nullable()
      .describe("The viewer's position in seconds; null while it is unknown."),
  })
  .meta({ id: "Playback" });

const ProgressJson = z
  .object({
    title: z.string(),
    position: z.number().describe("Seconds from the title's beginning."),
    duration: z.number().describe("The title's length in seconds."),
    updated_at: z.iso.datetime(),
  })
  .meta({ id: "Progress" });

/** The context after authentication: anonymous requests get 401, cross-site requests 403. */
interface ViewerEnv {
  Variables: { viewer: Viewer };
}

/** POST /playback/:id issues signed URLs; GET /progress and PUT /progress/:id read and save positions. */
export function playbackRoutes(
  { route }: Api,
  dependencies: Dependencies,
): void {
  const { database, catalogueCache, playbackGrants } = dependencies;
  const viewer = requireViewer(dependencies);
  const titleOf = async (id: string) => {
    const title = await catalogueCache.title(id);
    if (title) return title;
    throw new HTTPException(404, { message: `There is no title ${id}.` });
  };

  route(
    {
      method: "post",
      path: "/playback/:id",
      summary: "Get URLs that a player can use",
      description:
        "The URLs are valid for some minutes; request new ones before they expire. While payment is unavailable, viewers who were entitled before can continue.",
      tags: ["streaming"],
      security,
      request: { param: Id },
      responses: {
        200: { description: "Signed URLs.", schema: PlaybackJson },
        ...unauthorized,
        403: "The viewer has no subscription (`entitled` is false), or the request comes from another site.",
      },
    },
    sameOrigin,
    viewer,
    async (c) => {
      const { id } = c.req.valid("param");
      const title = await titleOf(id);
      const who = c.get("viewer");
      const playback = await playbackGrants.grant(who, id);
      if (!playback)
        return problem(c, 403, "Watching needs a subscription.", {
          entitled: false,
        });
      const { url, hls, expiresAt } = playback;
      const position = await resumePosition(
        dependencies,
        who.userId,
        title.id,
        c,
      );
      c.header("cache-control", "no-store");
      return c.json(
        {
          url,
          hls,
          position,
          expires_at: expiresAt.toISOString(),
        },
        200,
      );
    },
  );

  route(
    {
      method: "get",
      path: "/progress",
      summary: "List started, unfinished titles, latest first",
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
      const found = await listProgress(database, c.get("viewer").userId);
      return c.json(
        {
          data: found.map(({ title, position, duration, updatedAt }) => ({
            title,
            position,
            duration,
            updated_at: updatedAt.toISOString(),
          })),
        },
        200,
      );
    },
  );

  route(
    {
      method: "put",
      path: "/progress/:id",
      summary: "Save the viewer's position",
      description: "The last write wins, whichever device it comes from.",
      tags: ["progress"],
      security,
      request: {
        param: Id,
        json: z
          .strictObject({
            position: z
              .number()
              .min(0)
              .describe(
                "Seconds; values beyond the title's end count as its end.",
              ),
          })
          .meta({ id: "Position" }),
      },
      responses: {
        204: "The position is saved.",
        ...unauthorized,
        ...crossSite,
      },
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

const requireViewer =
  ({ authentication }: Dependencies): MiddlewareHandler<ViewerEnv> =>
  async (c, next) => {
    const viewer = await authentication.authenticate(c);
    if (!viewer)
      throw new MissingTokenError(
        "Sign in, or send an access token: Authorization: Bearer ….",
      );
    c.set("viewer", viewer);
    await next();
  };

/** The position to resume from in seconds; 0 for finished titles, null if it can't be looked up. */
export async function resumePosition(
  { database }: Pick<Dependencies, "database">,
  userId: string,
  title: string,
  c: Context,
): Promise<number | null> {
  try {
    const found = await findProgress(database, userId, title);
    return !found || found.finished ? 0 : found.position;
  } catch (err) {
    // Playback matters more than resuming at the right position.
    c.get("log").warn({ err }, "can't look up the position in a title");
    return null;
  }
}
