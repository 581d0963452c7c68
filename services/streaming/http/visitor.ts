import { AuthAway, logger } from "@marquee/service-kit";
import type { Context } from "hono";
import type { Viewer, Viewers } from "../access/viewer.ts";
import type { Viewer as Shown } from "../pages/layout.ts";

/** Who looks at a page, and how pages show them. */
export interface Visit extends Viewer {
  shown: Shown;
}

export interface Visitor {
  /** Who is signed in; undefined: nobody. @throws AuthAway */
  of(c: Context): Promise<Visit | undefined>;
  /** As `of`, for pages that are for everybody: while auth does not answer, nobody seems to be signed in. */
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
        logger.warn({ err }, "a page is shown as to nobody");
        return undefined;
      }
    },
  };
}
