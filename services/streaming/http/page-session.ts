import { AuthAway, logger } from "@marquee/service-kit";
import type { Context } from "hono";
import type { Viewer, Viewers } from "../access/viewer.ts";
import type { Viewer as Shown } from "../pages/layout.ts";

/** The signed-in viewer of a page, with the data to show. */
export interface Visit extends Viewer {
  shown: Shown;
}

export interface Visitor {
  /** The session of the signed-in viewer; undefined if there is none. @throws AuthUnavailableError */
  of(c: Context): Promise<Visit | undefined>;
  /** As `get`, for public pages: while auth is unavailable, they are shown as if nobody were signed in. */
  maybe(c: Context): Promise<Visit | undefined>;
}

export function createVisitor(viewers: Viewers): Visitor {
  async function of(c: Context): Promise<Visit | undefined> {
    const viewer = await viewers.of(c);
    if (!viewer) return undefined;
    const email = (await viewers.emailOf(viewer)) ?? "";
    return { ...viewer, shown: { email } };
  }
  return {
    of,
    async maybe(c) {
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
