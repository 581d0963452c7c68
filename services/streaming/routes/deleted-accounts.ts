import { factory } from "@marquee/runtime";
import type { Parts } from "../parts.ts";
import { forgetUser } from "../progress/progress.ts";

/**
 * What is kept of somebody goes with their account, when they delete it here: DELETE /api/auth/me and POST /delete-account are
 * passed on to auth, and its answer says whether it is done. To be added before what passes them on.
 */
export function deletedAccounts({ database, viewers, entitlements }: Parts) {
  const app = factory.createApp();
  const deletes = [
    ["DELETE", "/api/auth/me", (answer: Response) => answer.status === 204],
    [
      "POST",
      "/delete-account",
      ({ status, headers }: Response) =>
        status === 303 && headers.get("location") === "/",
    ],
  ] as const;
  for (const [method, path, isDone] of deletes)
    app.on(method, path, async (c, next) => {
      // Afterwards nobody is signed in any more.
      const viewer = await viewers.of(c).catch(() => undefined);
      await next();
      if (!viewer || !isDone(c.res)) return;
      try {
        await forgetUser(database, viewer.userId);
      } catch (err) {
        c.var.log.error(
          { err, userId: viewer.userId },
          "what is kept of a deleted account could not be deleted: do it by hand",
        );
      }
      entitlements.forget(viewer.userId);
    });
  return app;
}
