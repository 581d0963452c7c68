import { AuthUnavailableError, logger } from "@marquee/service-kit";
import type { Context } from "hono";
import type { Viewer, Viewers } from "../access/viewer.ts";
import type { SignedInUser } from "../pages/layout.ts";
import type { Authentication } from "./authentication.ts";

/** The signed-in viewer of a page, with the data to show. */
export interface PageSession extends Viewer {
  user: SignedInUser;
}

export interface PageSessions {
  /** The session of the signed-in viewer; undefined without a sign-in. @throws AuthUnavailableError */
  get(c: Context): Promise<PageSession | undefined>;
  /** Like `get`, for public pages: while auth is unavailable, visitors count as signed out. */
  getIfAvailable(c: Context): Promise<PageSession | undefined>;
}

export function createPageSessions(
  { authenticate }: Authentication,
  viewers: Viewers,
): PageSessions {
  async function get(c: Context): Promise<PageSession | undefined> {
    const viewer = await authenticate(c);
    if (!viewer) return undefined;
    const email = (await viewers.emailOf(viewer)) ?? "";
    return { ...viewer, user: { email } };
  }
  return {
    get,
    async getIfAvailable(c) {
      try {
        return await get(c);
      } catch (err) {
        if (!(err instanceof AuthUnavailableError)) throw err;
        logger.warn(
          { err },
          "auth is unavailable: showing a page as signed out",
        );
        return undefined;
      }
    },
  };
}
