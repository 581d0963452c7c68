import { setTimeout as sleep } from "node:timers/promises";
import {
  type FormErrors,
  parseForm,
  prefersHtml,
  sameOrigin,
} from "@marquee/service-kit";
import type { Outcome } from "../clients/payment-responses.ts";
import type { Subscription } from "../clients/payment-schemas.ts";
import type { Dependencies } from "../dependencies.ts";
import {
  createPageApp,
  PageAccessError,
  type PageContext,
  showPage,
} from "../http/page-response.ts";
import type { PageSession } from "../http/page-session.ts";
import { returnTo } from "../http/return-to.ts";
import { bankPage } from "../pages/bank.ts";
import { plansPage } from "../pages/plans.ts";
import { changeCardPage, subscribePage } from "../pages/subscribe.ts";
import { waitingPage } from "../pages/waiting.ts";
import {
  idempotencyKeyOf,
  newIdempotencyKey,
  parseCard,
  toFormErrors,
} from "./card-form.ts";
import { liveSubscription } from "./live-subscription.ts";

/** How long the plans wait for the catalogue, which is slow only on its first read. */
const catalogueTimeoutMs = 300;

/** Page that polls for the outcome of a payment. */
const paymentPath = "/membership/payment";
/** The same page after a change of the card. */
const cardPaymentPath = `${paymentPath}?for=card`;

/** GET /plans; GET, POST /subscribe; GET, POST /membership/card; GET /membership/payment: payment pages. */
export function subscribePages(dependencies: Dependencies) {
  const { pageSessions, payment, entitlements, forwardedOf, testCards } =
    dependencies;
  const { catalogueCache } = dependencies;
  const app = createPageApp();

  app.get("/plans", async (c) => {
    const session = await pageSessions.getIfAvailable(c);
    const plans = await payment.plans();
    const live = session && (await liveSubscription(dependencies, session));
    const viewer = session?.user;
    const tallestPicture = await findTallestPicture(c);
    return showPage(
      c,
      plansPage({
        viewer,
        plans,
        current: live?.plan,
        tallestPicture,
      }),
    );
  });

  /** In pixels; undefined while the titles are unavailable, because prices are shown without it. */
  async function findTallestPicture(
    c: PageContext,
  ): Promise<number | undefined> {
    try {
      const late = sleep(catalogueTimeoutMs, undefined, { ref: false });
      return (await Promise.race([catalogueCache.get(), late]))?.tallestPicture;
    } catch (err) {
      c.var.log.warn({ err }, "can't show the picture heights of the plans");
      return undefined;
    }
  }

  const planOf = async (id: string | undefined) => {
    const plan = (await payment.plans()).find((plan) => plan.id === id);
    if (plan) return plan;
    throw new PageAccessError("notFound");
  };

  app.get("/subscribe", async (c) => {
    const plan = await planOf(c.req.query("plan"));
    const session = await pageSessions.get(c);
    if (!session) {
      returnTo.save(c, "step", forwardedOf(c).https);
      return c.redirect("/sign-up");
    }
    if (await liveSubscription(dependencies, session))
      return c.redirect("/membership");
    const viewer = session.user;
    const tallestPicture = await findTallestPicture(c);
    const form = {
      viewer,
      plan,
      tallestPicture,
      key: newIdempotencyKey(),
      testCards,
    };
    return showPage(c, subscribePage(form));
  });

  app.post("/subscribe", sameOrigin, async (c) => {
    const sent = await parseForm(c, "plan", "key", "number", "expiry", "cvc");
    const session = await pageSessions.get(c);
    if (!session) return c.redirect("/sign-in", 303);
    const plan = await planOf(sent.plan);
    const tallestPicture = await findTallestPicture(c);
    const again = (errors: FormErrors, status: 402 | 404 | 409 | 422) => {
      const values = { expiry: sent.expiry };
      const order = { viewer: session.user, plan, tallestPicture };
      const form = { ...order, key: newIdempotencyKey(), testCards };
      return showPage(c, subscribePage({ ...form, values, errors }), status);
    };
    const card = parseCard(sent);
    if ("errors" in card) return again(card.errors, 422);
    const outcome = await payment.subscribe(
      session.token,
      idempotencyKeyOf(sent.key),
      {
        plan: plan.id,
        method: card.method,
        return_url: returnUrl(c, dependencies, paymentPath),
      },
    );
    entitlements.forget(session.userId);
    if (outcome.kind === "conflict")
      return c.redirect("/membership?told=already", 303);
    return respondToOutcome(c, outcome, again, paymentPath);
  });

  app.get("/membership/card", async (c) => {
    const session = await pageSessions.get(c);
    if (!session) {
      returnTo.save(c, "step", forwardedOf(c).https);
      return c.redirect("/sign-in");
    }
    const live = await liveSubscription(dependencies, session);
    if (!live) return c.redirect("/plans");
    const form = { viewer: session.user, key: newIdempotencyKey(), testCards };
    return showPage(c, changeCardPage({ ...form, method: live.method }));
  });

  app.post("/membership/card", sameOrigin, async (c) => {
    const sent = await parseForm(c, "key", "number", "expiry", "cvc");
    const session = await pageSessions.get(c);
    if (!session) return c.redirect("/sign-in", 303);
    const live = await liveSubscription(dependencies, session);
    if (!live) return c.redirect("/plans", 303);
    const again = (errors: FormErrors, status: 402 | 404 | 409 | 422) => {
      const values = { expiry: sent.expiry };
      const form = {
        viewer: session.user,
        key: newIdempotencyKey(),
        testCards,
      };
      const page = { ...form, values, errors, method: live.method };
      return showPage(c, changeCardPage(page), status);
    };
    const card = parseCard(sent);
    if ("errors" in card) return again(card.errors, 422);
    const return_url = returnUrl(c, dependencies, cardPaymentPath);
    const change = { method: card.method, return_url };
    const outcome = await payment.changeMethod(
      ...([
        session.token,
        idempotencyKeyOf(sent.key),
        live.id,
        change,
      ] as const),
    );
    entitlements.forget(session.userId);
    if (outcome.kind === "conflict")
      return c.redirect("/membership?told=unchanged", 303);
    return respondToOutcome(c, outcome, again, cardPaymentPath);
  });

  app.get(paymentPath, async (c) => {
    const session = await pageSessions.get(c);
    if (!session) return c.redirect("/sign-in");
    const [latest] = (await payment.subscriptionsOf(session.token)).data;
    entitlements.forget(session.userId);
    const url = c.req.query("for") === "card" ? cardPaymentPath : paymentPath;
    if (latest && (await isProcessing(latest, session)))
      return showPage(c, waitingPage({ viewer: session.user, url }), 202);
    return c.redirect(pathAfterPayment(c, latest, url));
  });

  /** Whether the latest payment is being processed without an action by the viewer. */
  async function isProcessing(
    { status, next_action }: Subscription,
    { token }: PageSession,
  ): Promise<boolean> {
    if (next_action) return false;
    if (status !== "past_due") return status === "incomplete";
    return (await payment.paymentsOf(token)).data[0]?.status === "processing";
  }

  /** Responds to a submitted card form. */
  function respondToOutcome(
    c: PageContext,
    outcome: Outcome<Subscription>,
    again: (
      errors: FormErrors,
      status: 402 | 404 | 409 | 422,
    ) => Response | Promise<Response>,
    waiting: string,
  ) {
    if (outcome.kind === "done")
      return c.redirect(pathAfterPayment(c, outcome.value, waiting), 303);
    if (outcome.kind !== "pending") {
      const { errors, status } = toFormErrors(outcome);
      return again(errors, status);
    }
    const url = outcome.value.next_action?.url;
    if (url === undefined) return c.redirect(waiting, 303);
    // A path on this origin is the sandbox bank. CSP (form-action 'self') forbids redirecting a form to another host,
    // so link to it.
    if (/^\/(?![/\\])/.test(url)) return c.redirect(url, 303);
    return showPage(c, bankPage(url));
  }

  /** The page after a payment: the title the viewer wanted to watch, if the subscription is active. */
  function pathAfterPayment(
    c: PageContext,
    subscription: Subscription | undefined,
    waiting: string,
  ) {
    if (subscription?.status !== "active") return "/membership?told=not-paid";
    if (waiting === cardPaymentPath) return "/membership?told=card-changed";
    // The waiting page's script only polls: keep the return path for the navigation that follows.
    const looks = c.req.method === "GET" && !prefersHtml(c);
    const { https } = forwardedOf(c);
    const watch = looks ? undefined : returnTo.take(c, "watch", https);
    return watch ?? "/membership?told=subscribed";
  }

  return app;
}

/** URL that the bank sends the viewer back to. */
function returnUrl(
  c: PageContext,
  { forwardedOf }: Dependencies,
  path: string,
): string {
  const { headers } = forwardedOf(c);
  const { "x-forwarded-proto": scheme, "x-forwarded-host": host } = headers;
  return `${scheme}://${host}${path}`;
}
