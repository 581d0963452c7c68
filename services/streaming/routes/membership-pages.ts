import { parseForm, sameOrigin } from "@marquee/service-kit";
import type { Outcome } from "../clients/payment-responses.ts";
import { isLive, type Subscription } from "../clients/payment-schemas.ts";
import type { Dependencies } from "../dependencies.ts";
import {
  createPageApp,
  type PageContext,
  showPage,
} from "../http/page-response.ts";
import { returnTo } from "../http/return-to.ts";
import { membershipPage } from "../pages/membership.ts";
import { idempotencyKeyOf, newIdempotencyKey } from "./card-form.ts";
import { liveSubscription } from "./live-subscription.ts";

/** Notices by the value of the `told` query parameter. */
const notices: Readonly<Record<string, string>> = {
  subscribed: "Welcome. Your membership has begun.",
  already: "You have a membership already.",
  "card-changed": "Your new card is used from now on.",
  "not-paid": "The payment did not go through, so nothing was charged.",
  canceled: "Your membership will end. You can change your mind until then.",
  resumed: "Your membership goes on.",
  unchanged:
    "Nothing was changed: your membership is not as it was when you opened that page.",
};

/** GET /membership; POST /membership/cancel and /membership/resume: the subscription and its payments. */
export function membershipPages(dependencies: Dependencies) {
  const { pageSessions, payment, entitlements, forwardedOf } = dependencies;
  const app = createPageApp();

  app.get("/membership", async (c) => {
    const session = await pageSessions.get(c);
    if (!session) {
      returnTo.save(c, "step", forwardedOf(c).https);
      return c.redirect("/sign-in");
    }
    const [subscriptions, payments] = await Promise.all([
      payment.subscriptionsOf(session.token),
      payment.paymentsOf(session.token),
    ]);
    const { data } = subscriptions;
    const told = c.req.query("told") ?? "";
    return showPage(
      c,
      membershipPage({
        viewer: session.user,
        subscription: data.find(isLive) ?? data[0],
        payments: payments.data,
        notice: Object.hasOwn(notices, told) ? notices[told] : undefined,
        cancelKey: newIdempotencyKey(),
        resumeKey: newIdempotencyKey(),
      }),
    );
  });

  const addChange = (
    path: string,
    told: string,
    does: (
      token: string,
      key: string,
      id: string,
    ) => Promise<Outcome<Subscription>>,
  ) =>
    app.post(path, sameOrigin, async (c: PageContext) => {
      const { key } = await parseForm(c, "key");
      const session = await pageSessions.get(c);
      if (!session) return c.redirect("/sign-in", 303);
      const live = await liveSubscription(dependencies, session);
      const outcome =
        live && (await does(session.token, idempotencyKeyOf(key), live.id));
      entitlements.forget(session.userId);
      const done = outcome?.kind === "done";
      return c.redirect(`/membership?told=${done ? told : "unchanged"}`, 303);
    });
  addChange("/membership/cancel", "canceled", (...args) =>
    payment.cancel(...args),
  );
  addChange("/membership/resume", "resumed", (...args) =>
    payment.resume(...args),
  );

  return app;
}
