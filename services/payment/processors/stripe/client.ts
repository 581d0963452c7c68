import Stripe from "stripe";

export interface StripeOptions {
  /**
   * The value of STRIPE_SECRET_KEY: sk_… or, better, a restricted key (rk_…) with write access to PaymentIntents,
   * PaymentMethods, Customers and Refunds. https://docs.stripe.com/keys
   */
  secretKey: string;
  /**
   * The value of STRIPE_WEBHOOK_SECRET: whsec_…, of the endpoint that Stripe calls.
   * https://docs.stripe.com/webhooks#verify-events
   */
  webhookSecret: string;
  /** Base URL of a Stripe-compatible API such as stripe-mock: "http://127.0.0.1:12111". @default Stripe's */
  apiUrl?: string;
  /** Time limit for an operation, over all of its requests. @default 10000 */
  timeoutMs?: number;
}

export interface StripeClient {
  api: Stripe;
  /** Starts an operation's time limit. @returns gives each request the remaining time */
  startDeadline(): () => { timeout: number };
  /** Removes keys, and numbers that may be a card's, from a text of Stripe's for errors and logs. */
  redact(text: string): string;
}

/** @throws Error about an invalid option, without the keys themselves */
export function createStripeClient(options: StripeOptions): StripeClient {
  const { secretKey, webhookSecret, timeoutMs: timeout = 10_000 } = options;
  checkKeys(secretKey, webhookSecret);
  const api = new Stripe(secretKey, {
    ...(options.apiUrl !== undefined && parseApiUrl(options.apiUrl)),
    // Unlike the Node.js client, its timeout covers the whole request, and it never retries by itself.
    httpClient: Stripe.createFetchHttpClient(),
    timeout,
    maxNetworkRetries: 0, // callers retry, with backoff and from any replica
    telemetry: false,
  });
  return {
    api,
    startDeadline() {
      const end = performance.now() + timeout;
      return () => ({
        timeout: Math.max(1, Math.ceil(end - performance.now())),
      });
    },
    redact: (text) =>
      text
        .replaceAll(secretKey, "…")
        .replaceAll(webhookSecret, "…")
        .replace(/(sk|rk|whsec)_[\w*]+/g, "$1_…")
        .replace(/\d(?:[ -]?\d){11,}/g, "…"),
  };
}

function checkKeys(secretKey: string, webhookSecret: string): void {
  if (/^pk_/.test(secretKey))
    throw new Error(
      "STRIPE_SECRET_KEY is a publishable key (pk_…), which can't charge: set the secret key (sk_…) or a restricted one (rk_…).",
    );
  if (!/^(sk|rk)_\S+$/.test(secretKey))
    throw new Error(
      "STRIPE_SECRET_KEY is not a Stripe key: expected sk_… or rk_…, without spaces or line ends.",
    );
  if (!/^whsec_\S+$/.test(webhookSecret))
    throw new Error(
      "STRIPE_WEBHOOK_SECRET is not a Stripe signing secret: expected whsec_…, without spaces or line ends.",
    );
}

function parseApiUrl(api: string) {
  const url = URL.parse(api);
  const protocol = url?.protocol.slice(0, -1);
  if (!url || (protocol !== "http" && protocol !== "https"))
    throw new Error(
      `Stripe's API can't be at "${api}": expected http:// or https://, and a host.`,
    );
  if (url.pathname !== "/" || url.search || url.hash || url.username)
    throw new Error(
      `Stripe's API can't be at "${url.origin}…": expected a protocol, a host and a port, and nothing after these.`,
    );
  return {
    protocol: protocol as "http" | "https",
    host: url.hostname,
    port: url.port || (protocol === "https" ? 443 : 80),
  };
}
