import { factory } from "@marquee/service-kit";
import type { Context, MiddlewareHandler } from "hono";
import type { Viewer } from "../access/viewer.ts";
import { isLive } from "../clients/payment-schemas.ts";
import type { Dependencies } from "../dependencies.ts";
import { rethrowAsHttp } from "../http/errors.ts";
import { deleteUserData } from "../progress/progress.ts";
import { newIdempotencyKey } from "./card-form.ts";

/** Auth's forms that change or end the browser's session. */
const sessionForms = ["/sign-out", "/change-password", "/delete-account"];

/** Statuses after which the outcome of a deletion is unknown: the client disconnected, or auth did not answer. */
const unknownOutcomeStatuses = [499, 502, 504];

/**
 * Extends the deletion of an account: cancels the subscription and deletes the user's data in this service. DELETE
 * /api/auth/me and POST /delete-account are then forwarded to auth by the routes that are added after these. If payment
 * is unavailable, nothing is deleted, because the subscription could not be canceled afterwards.
 */
export function deletedAccounts(dependencies: Dependencies) {
  const { authentication } = dependencies;
  const app = factory.createApp();
  app.onError(rethrowAsHttp);
  app.on("POST", sessionForms, async (c, next) => {
    await next();
    authentication.forget(c);
  });
  app.delete(
    "/api/auth/me",
    deleteWithSubscription(dependencies, ({ status }) => status === 204),
  );
  app.post(
    "/delete-account",
    deleteWithSubscription(
      dependencies,
      ({ status, headers }) =>
        status === 303 && headers.get("location") === "/",
    ),
  );
  return app;
}

/** @param isDone whether auth's response means that the account is deleted */
const deleteWithSubscription =
  (
    dependencies: Dependencies,
    isDone: (answer: Response) => boolean,
  ): MiddlewareHandler =>
  async (c, next) => {
    const { authentication, viewers, payment } = dependencies;
    // Identify the viewer first: the deletion ends the session.
    const viewer = await authentication.authenticate(c);
    if (!viewer) return next();
    const { data } = await payment.subscriptionsOf(viewer.token);
    const subscription = data.find(isLive)?.id;
    await next();
    const leave = () => deleteUser(c, dependencies, viewer, subscription);
    if (isDone(c.res)) await leave();
    else if (unknownOutcomeStatuses.includes(c.res.status))
      viewers.exists(viewer).then(
        (exists) => (exists ? undefined : leave()),
        (err) => logManualCleanup(c, viewer, subscription, err),
      );
  };

/**
 * Cancels a user's subscription, for which payment accepts a deleted account's token, and deletes the user's data here.
 */
async function deleteUser(
  c: Context,
  { payment, database, entitlements }: Dependencies,
  viewer: Viewer,
  subscription: string | undefined,
): Promise<void> {
  try {
    if (subscription !== undefined)
      await payment.cancel(
        viewer.token,
        newIdempotencyKey(),
        subscription,
        "now",
      );
    await deleteUserData(database, viewer.userId);
  } catch (err) {
    logManualCleanup(c, viewer, subscription, err);
  }
  entitlements.forget(viewer.userId);
}

const logManualCleanup = (
  c: Context,
  { userId }: Viewer,
  subscription: string | undefined,
  err: unknown,
) =>
  c
    .get("log")
    .error(
      { err, userId, subscription },
      "the deletion of an account is incomplete, or its outcome is unknown: cancel its subscription and delete its rows by hand",
    );
