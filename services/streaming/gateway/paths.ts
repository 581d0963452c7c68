import { factory, type ServiceEnv } from "@marquee/service-kit";
import type { Hono } from "hono";
import { type ProxyOptions, proxyTo } from "./proxy.ts";

export interface GatewayOptions extends Pick<ProxyOptions, "trustedProxies"> {
  /** Auth's origin. */
  authUrl: string;
  /** Payment's origin. */
  paymentUrl: string;
}

/** Auth's pages, the sandbox bank's page, and the webhook that Stripe calls. */
const pagePaths = {
  auth: [
    "/sign-in",
    "/sign-up",
    "/sign-out",
    "/account",
    "/change-password",
    "/delete-account",
    "/icon.svg",
  ],
  payment: ["/sandbox/authenticate/:reference", "/webhooks/stripe"],
};

/** API paths below /api/auth and /api/payment. Operators' routes and probes are not exposed. */
const apiPaths = {
  auth: [
    "/signup",
    "/login",
    "/refresh",
    "/logout",
    "/me",
    "/me/password",
    "/token",
    "/revoke",
  ],
  payment: [
    "/plans",
    "/pay",
    "/entitlements/:user",
    "/payments",
    "/payments/:id",
    "/payments/:id/confirm",
    "/payments/:id/cancel",
    "/subscriptions",
    "/subscriptions/:id",
    "/subscriptions/:id/method",
    "/subscriptions/:id/cancel",
    "/subscriptions/:id/resume",
  ],
};

/** Serves the other services under our own origin. */
export function gatewayRoutes(options: GatewayOptions): Hono<ServiceEnv> {
  const { authUrl, paymentUrl, ...rest } = options;
  const urls = { auth: authUrl, payment: paymentUrl };
  // Payment itself waits up to 10 s for the bank and 5 s for its database.
  const timeoutsMs = { auth: 10_000, payment: 16_000 };
  const app = factory.createApp();
  for (const name of ["auth", "payment"] as const) {
    const to = { timeoutMs: timeoutsMs[name], ...rest, url: urls[name] };
    app.route("/", proxyTo({ ...to, paths: pagePaths[name] }));
    const prefix = `/api/${name}`;
    app.route("/", proxyTo({ ...to, paths: apiPaths[name], prefix }));
  }
  return app;
}
