import { formOf, sameOrigin } from "@marquee/service-kit";
import type { Outcome } from "../clients/payment.ts";
import { isLive, type Subscription } from "../clients/payment-schemas.ts";
import type { Parts } from "../dependencies.ts";
import { keepAim } from "../http/browser.ts";
import { createPages, type PageContext, show } from "../http/page-response.ts";
import { membershipPage } from "../pages/membership.ts";
import { keyOf, newKey } from "./card-form.ts";
import { liveOf } from "./subscribe-pages.ts";

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
export function membershipPages(parts: Parts) {
  const { visitor, payment, entitlements, forwardedOf } = parts;
  const app = createPages();

  app.get("/membership", async (c) => {
    const visit = await visitor.of(c);
    if (!visit) {
      keepAim(c, "step", forwardedOf(c).https);
      return c.redirect("/sign-in");
    }
    const [subscriptions, payments] = await Promise.all([
      payment.subscriptionsOf(visit.token),
      payment.paymentsOf(visit.token),
    ]);
    const { data } = subscriptions;
    const told = c.req.query("told") ?? "";
    return show(
      c,
      membershipPage({
        viewer: visit.shown,
        subscription: data.find(isLive) ?? data[0],
        payments: payments.data,
        notice: Object.hasOwn(notices, told) ? notices[told] : undefined,
        cancelKey: newKey(),
        resumeKey: newKey(),
      }),
    );
  });

  const change = (
    path: string,
    told: string,
    does: (
      token: string,
      key: string,
      id: string,
    ) => Promise<Outcome<Subscription>>,
  ) =>
    app.post(path, sameOrigin, async (c: PageContext) => {
      const { key } = await formOf(c, "key");
      const visit = await visitor.of(c);
      if (!visit) return c.redirect("/sign-in", 303);
      const live = await liveOf(parts, visit);
      const outcome = live && (await does(visit.token, keyOf(key), live.id));
      entitlements.forget(visit.userId);
      const done = outcome?.kind === "done";
      return c.redirect(`/membership?told=${done ? told : "unchanged"}`, 303);
    });
  change("/membership/cancel", "canceled", (...args) =>
    payment.cancel(...args),
  );
  change("/membership/resume", "resumed", (...args) => payment.resume(...args));

  return app;
}
