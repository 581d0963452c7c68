import Stripe from "stripe"; // Stripe's own: its types, its errors, its signatures

export interface StripeOptions {
  /**
   * What STRIPE_SECRET_KEY holds: sk_… or, better, a restricted key (rk_…) that may write PaymentIntents, PaymentMethods,
   * Customers and Refunds. https://docs.stripe.com/keys
   */
  secretKey: string;
  /** What STRIPE_WEBHOOK_SECRET holds: whsec_…, of the endpoint that Stripe calls. https://docs.stripe.com/webhooks#verify-events */
  webhookSecret: string;
  /** Another host that speaks Stripe's API, such as stripe-mock: "http://127.0.0.1:12111". @default Stripe's */
  api?: string;
  /** Milliseconds that an operation may take, however many requests it is. @default 10000 */
  timeout?: number;
}

/** Stripe's API, and how to ask it. */
export interface Client {
  api: Stripe;
  /** Begins an operation. @returns what gives each of its requests the time that is left */
  begin(): () => { timeout: number };
  /** A text of Stripe's without what must not be in errors and logs: keys, and what looks like a card's number. */
  clean(text: string): string;
}

/** @throws Error that says what is wrong with the options, and never the keys themselves */
export function openClient(options: StripeOptions): Client {
  const { secretKey, webhookSecret, timeout = 10_000 } = options;
  checkKeys(secretKey, webhookSecret);
  const api = new Stripe(secretKey, {
    ...(options.api !== undefined && addressOf(options.api)),
    // Unlike Node.js' own, its timeout is for the whole request, and it sends nothing twice by itself.
    httpClient: Stripe.createFetchHttpClient(),
    timeout,
    maxNetworkRetries: 0, // who asks asks again, with pauses, and in any replica
    telemetry: false,
  });
  return {
    api,
    begin() {
      const end = performance.now() + timeout;
      return () => ({
        timeout: Math.max(1, Math.ceil(end - performance.now())),
      });
    },
    clean: (text) =>
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
      "STRIPE_SECRET_KEY is no key of Stripe's: expected sk_… or rk_…, without spaces or line ends.",
    );
  if (!/^whsec_\S+$/.test(webhookSecret))
    throw new Error(
      "STRIPE_WEBHOOK_SECRET is no signing secret of Stripe's: expected whsec_…, without spaces or line ends.",
    );
}

function addressOf(api: string) {
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
