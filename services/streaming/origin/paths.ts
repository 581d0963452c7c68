import { factory, type ServiceEnv } from "@marquee/service-kit";
import type { Hono } from "hono";
import { type PassOptions, passTo } from "./proxy.ts";

export interface OriginOptions
  extends Pick<PassOptions, "trustedProxies" | "timeout"> {
  /** Auth's origin. */
  authUrl: string;
  /** Payment's origin. */
  paymentUrl: string;
}

/** What people open: auth's pages, and the sandbox bank's. Stripe's webhook comes from outside, too. */
const pages = {
  auth: [
    ...["/sign-in", "/sign-up", "/sign-out", "/account"],
    ...["/change-password", "/delete-account", "/icon.svg"],
  ],
  payment: ["/sandbox/authenticate/:reference", "/webhooks/stripe"],
};

/** What programs and scripts may ask, below /api/auth and /api/payment. What is for operators and for probes is not there. */
const api = {
  auth: [
    ...["/signup", "/login", "/refresh", "/logout", "/me", "/me/password"],
    ...["/token", "/revoke"],
  ],
  payment: [
    ...["/plans", "/pay", "/entitlements/:user"],
    ...["/payments", "/payments/:id"],
    ...["/payments/:id/confirm", "/payments/:id/cancel"],
    ...["/subscriptions", "/subscriptions/:id", "/subscriptions/:id/method"],
    ...["/subscriptions/:id/cancel", "/subscriptions/:id/resume"],
  ],
};

/** The other services under our own origin. */
export function originRoutes(options: OriginOptions): Hono<ServiceEnv> {
  const { authUrl, paymentUrl, ...rest } = options;
  const urls = { auth: authUrl, payment: paymentUrl };
  // Payment itself gives the bank 10 s, and its database 5.
  const timeouts = { auth: 10_000, payment: 16_000 };
  const app = factory.createApp();
  for (const name of ["auth", "payment"] as const) {
    const to = { timeout: timeouts[name], ...rest, url: urls[name] };
    app.route("/", passTo({ ...to, paths: pages[name] }));
    const prefix = `/api/${name}`;
    app.route("/", passTo({ ...to, paths: api[name], prefix }));
  }
  return app;
}
