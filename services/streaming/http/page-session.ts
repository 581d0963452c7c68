import { AuthAway, logger } from "@marquee/service-kit";
import type { Context } from "hono";
import type { Viewer, Viewers } from "../access/viewer.ts";
import type { SignedInUser as Shown } from "../pages/layout.ts";

/** The signed-in viewer of a page, with the data to show. */
export interface PageSession extends Viewer {
  user: Shown;
}

export interface PageSessions {
  /** The session of the signed-in viewer; undefined if there is none. @throws AuthUnavailableError */
  get(c: Context): Promise<PageSession | undefined>;
  /** As `get`, for public pages: while auth is unavailable, they are shown as if nobody were signed in. */
  getIfAvailable(c: Context): Promise<PageSession | undefined>;
}

export function createPageSessions(viewers: Viewers): PageSessions {
  async function of(c: Context): Promise<PageSession | undefined> {
    const viewer = await viewers.of(c);
    if (!viewer) return undefined;
    const email = (await viewers.emailOf(viewer)) ?? "";
    return { ...viewer, user: { email } };
  }
  return {
    get: of,
    async getIfAvailable(c) {
      try {
        return await of(c);
      } catch (err) {
        if (!(err instanceof AuthAway)) throw err;
        logger.warn(
          { err },
          "auth is unavailable: showing a page as signed out",
        );
        return undefined;
      }
    },
  };
}
