import { factory } from "@marquee/service-kit";
import type { Context, MiddlewareHandler } from "hono";
import type { Viewer } from "../access/viewer.ts";
import { isLive } from "../origin/payment-json.ts";
import type { Parts } from "../parts.ts";
import { forgetUser } from "../progress/progress.ts";
import { newKey } from "./card-form.ts";

/** Forms of auth's after which somebody is not signed in as before. */
const changes = ["/sign-out", "/change-password", "/delete-account"];

/** Answers after which it has to be asked what became of a deletion: who asked did not wait, or auth did not answer. */
const unknown = [499, 502, 504];

/**
 * What else happens when somebody deletes their account here: nothing more is charged, and what is kept of them goes. DELETE
 * /api/auth/me and POST /delete-account are passed on to auth by what is added after this. While payment is away, nothing is
 * deleted: nobody could end the subscription afterwards.
 */
export function deletedAccounts(parts: Parts) {
  const { viewers } = parts;
  const app = factory.createApp();
  app.on("POST", changes, async (c, next) => {
    await next();
    viewers.forget(c);
  });
  app.delete(
    "/api/auth/me",
    deletion(parts, ({ status }) => status === 204),
  );
  app.post(
    "/delete-account",
    deletion(
      parts,
      ({ status, headers }) =>
        status === 303 && headers.get("location") === "/",
    ),
  );
  return app;
}

/** @param isDone whether auth's answer says that the account is deleted */
const deletion =
  (parts: Parts, isDone: (answer: Response) => boolean): MiddlewareHandler =>
  async (c, next) => {
    const { viewers, payment } = parts;
    // Before: afterwards nobody is signed in any more.
    const viewer = await viewers.of(c);
    if (!viewer) return next();
    const { data } = await payment.subscriptionsOf(viewer.token);
    const subscription = data.find(isLive)?.id;
    await next();
    const leave = () => goodbye(c, parts, viewer, subscription);
    if (isDone(c.res)) await leave();
    else if (unknown.includes(c.res.status))
      viewers.exists(viewer).then(
        (exists) => (exists ? undefined : leave()),
        (err) => byHand(c, viewer, subscription, err),
      );
  };

/** Cancels a user's subscription, for which payment accepts a deleted account's token, and deletes their data here. */
async function goodbye(
  c: Context,
  { payment, database, entitlements }: Parts,
  viewer: Viewer,
  subscription: string | undefined,
): Promise<void> {
  try {
    if (subscription !== undefined)
      await payment.cancel(viewer.token, newKey(), subscription, "now");
    await forgetUser(database, viewer.userId);
  } catch (err) {
    byHand(c, viewer, subscription, err);
  }
  entitlements.forget(viewer.userId);
}

const byHand = (
  c: Context,
  { userId }: Viewer,
  subscription: string | undefined,
  err: unknown,
) =>
  c
    .get("log")
    .error(
      { err, userId, subscription },
      "an account was deleted, or may have been, and not all that belongs to it: end its subscription and delete its rows by hand",
    );
