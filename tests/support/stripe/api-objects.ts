import { randomBytes } from "node:crypto";
import { invalid } from "./api-answers.ts";

export interface Intent {
  id: string;
  object: "payment_intent";
  amount: number;
  currency: string;
  status: string;
  created: number;
  metadata: Record<string, string>;
  next_action: unknown;
  last_payment_error: unknown;
  payment_method: string;
  [more: string]: unknown;
}

export const id = (prefix: string) =>
  `${prefix}_${randomBytes(8).toString("hex")}`;

/** The current time in seconds since 1970. */
export const seconds = () => Math.floor(Date.now() / 1000);

/** The bank's declines by token: https://docs.stripe.com/testing */
const declines: Record<string, { code: string; decline_code?: string }> = {
  pm_card_chargeDeclined: {
    code: "card_declined",
    decline_code: "generic_decline",
  },
  pm_card_chargeDeclinedInsufficientFunds: {
    code: "card_declined",
    decline_code: "insufficient_funds",
  },
  pm_card_chargeDeclinedStolenCard: {
    code: "card_declined",
    decline_code: "stolen_card",
  },
  pm_card_chargeDeclinedExpiredCard: { code: "expired_card" },
};

/** Parses a form's fields `a[b]`. */
export const nested = (form: URLSearchParams, name: string) =>
  Object.fromEntries(
    [...form]
      .filter(([key]) => key.startsWith(`${name}[`) && key.endsWith("]"))
      .map(([key, value]) => [key.slice(name.length + 1, -1), value]),
  );

/** The parameters of POST /v1/payment_intents. Others are rejected, as by Stripe. */
const known =
  /^(amount|currency|payment_method|confirm|return_url|customer|off_session|setup_future_usage|metadata\[\w+\]|automatic_payment_methods\[(enabled|allow_redirects)\])$/;

/** A card, which can be charged again only once it is attached to a Customer. */
export interface Method {
  id: string;
  customer: string | null;
  /** Whether its bank requires authentication for every charge. */
  asks?: boolean;
  [more: string]: unknown;
}

/** Creates and confirms a PaymentIntent. @throws ApiError */
export function newIntent(
  form: URLSearchParams,
  used: Set<string>,
  methods: Map<string, Method>,
): Intent {
  for (const name of form.keys())
    if (!known.test(name))
      throw invalid(`Received unknown parameter: ${name}`, {
        code: "parameter_unknown",
        param: name,
      });
  const amount = Number(form.get("amount"));
  const currency = form.get("currency") ?? "";
  const method = form.get("payment_method") ?? "";
  if (!Number.isInteger(amount) || amount < 1)
    throw invalid("Invalid integer", {
      code: "parameter_invalid_integer",
      param: "amount",
    });
  if (!/^[a-z]{3}$/.test(currency) || currency === "kpw")
    throw invalid(
      `Invalid currency: ${currency}. Stripe currently supports these currencies: usd, …`,
      { param: "currency" },
    );
  if (amount < 50 && currency === "eur")
    throw invalid("Amount must be at least €0.50 eur", {
      code: "amount_too_small",
      param: "amount",
    });
  if (!method.startsWith("pm_") || method === "pm_missing")
    throw invalid(
      `No such PaymentMethod: '${method}'`,
      { code: "resource_missing", param: "payment_method" },
      404,
    );
  const card = methods.get(method);
  const customer = form.get("customer");
  const kept = card?.customer ?? null;
  if (kept !== null && kept !== customer)
    throw invalid(
      "The provided PaymentMethod belongs to a Customer. Please include the Customer in the `customer` parameter on the PaymentIntent.",
      { param: "payment_method" },
    );
  if (used.has(method) && kept === null)
    throw invalid(
      "The provided PaymentMethod was previously used with a PaymentIntent without Customer attachment, shared with a connected account without Customer attachment, or was detached from a Customer. It may not be used again.",
      { param: "payment_method" },
    );
  if (
    form.get("return_url") === null &&
    form.get("automatic_payment_methods[allow_redirects]") !== "never"
  )
    throw invalid("You must provide a `return_url`.");
  if (!method.startsWith("pm_card_")) used.add(method);
  const offSession = form.get("off_session") === "true";
  const intent: Intent = {
    id: id("pi"),
    object: "payment_intent",
    amount,
    currency,
    status: "requires_confirmation",
    created: seconds(),
    metadata: nested(form, "metadata"),
    next_action: null,
    last_payment_error: null,
    payment_method: method,
    return_url: form.get("return_url"),
    client_secret: id("secret"),
  };
  if (card?.asks && offSession)
    declineIntent(intent, {
      code: "authentication_required",
      decline_code: "authentication_required",
    });
  else confirmed(intent);
  if (
    intent.status === "succeeded" &&
    card &&
    form.get("setup_future_usage") === "off_session"
  )
    card.customer = customer;
  return intent;
}

function confirmed(intent: Intent): Intent {
  const { payment_method: method } = intent;
  const decline = declines[method];
  if (decline) declineIntent(intent, decline);
  else if (method === "pm_card_threeDSecure2Required") {
    intent.status = "requires_action";
    intent.next_action = intent.return_url
      ? {
          type: "redirect_to_url",
          redirect_to_url: {
            url: `https://hooks.stripe.com/3d_secure/${intent.id}`,
            return_url: intent.return_url,
          },
        }
      : { type: "use_stripe_sdk", use_stripe_sdk: {} };
  } else if (method === "pm_card_slow") intent.status = "processing";
  else if (method === "pm_card_held") intent.status = "requires_capture";
  else intent.status = "succeeded";
  return intent;
}

function declineIntent(
  intent: Intent,
  { code, decline_code }: { code: string; decline_code?: string },
): void {
  intent.status = "requires_payment_method";
  intent.next_action = null;
  intent.last_payment_error = {
    type: "card_error",
    code,
    ...(decline_code && { decline_code }),
    message:
      decline_code === "insufficient_funds"
        ? "Your card has insufficient funds."
        : code === "expired_card"
          ? "Your card has expired."
          : "Your card was declined.",
  };
}

export const list = (data: unknown[], object = "list") => ({
  object,
  data,
  has_more: false,
  url: "/v1",
});

export function found<T>(among: Map<string, T>, reference: string): T {
  const one = among.get(reference);
  if (one) return one;
  throw invalid(
    `No such object: '${reference}'`,
    { code: "resource_missing", param: "id" },
    404,
  );
}

export function cancel(intent: Intent): Intent {
  if (/^(succeeded|canceled|processing)$/.test(intent.status))
    throw invalid(
      `You cannot cancel this PaymentIntent because it has a status of ${intent.status}.`,
      { code: "payment_intent_unexpected_state", payment_intent: intent },
    );
  intent.status = "canceled";
  return intent;
}
