import { logger } from "@marquee/service-kit";
import type Stripe from "stripe";
import {
  type ChargeOutcome,
  type ChargeRequest,
  type Processor,
  ProcessorUnavailableError,
} from "../processor.ts";
import { stripeAmount, UnsupportedAmountError } from "./amounts.ts";
import type { StripeClient } from "./client.ts";
import { createCustomers } from "./customers.ts";
import {
  classifyError,
  describeRejection,
  unavailableError,
} from "./errors.ts";
import {
  authenticationRequired,
  chargeOutcome,
  declineFromError,
} from "./outcomes.ts";

/** Returns the remaining time of an operation. */
type RemainingTime = ReturnType<StripeClient["startDeadline"]>;

/** Charges cards with PaymentIntents: https://docs.stripe.com/payments/paymentintents/lifecycle */
export function createCharges(
  client: StripeClient,
): Pick<Processor, "charge" | "find" | "cancel"> {
  const { api, startDeadline: begin } = client;
  const customers = createCustomers(client);

  /** @returns undefined if Stripe has no such PaymentIntent */
  async function retrieve(reference: string, left: RemainingTime) {
    try {
      return await api.paymentIntents.retrieve(reference, {}, left());
    } catch (error) {
      const [failure, known] = classifyError(error);
      if (failure === "refused" && known.statusCode === 404) return undefined;
      throw unavailableError(known, client);
    }
  }

  /** Finds the PaymentIntent of a key, in its current state. The search index may be a minute old, or an hour. */
  async function search(key: string, left: RemainingTime) {
    const ids = await idsOf(key, left);
    const intents = await Promise.all(ids.map((id) => retrieve(id, left)));
    const [first, ...others] = intents
      .filter((intent) => intent !== undefined)
      .sort((a, b) => rank(b) - rank(a));
    if (others.some(({ status }) => status === "succeeded"))
      logger.error(
        { key, references: ids },
        "Stripe charged more than once for one key: investigate manually",
      );
    return first;
  }

  async function idsOf(key: string, left: RemainingTime): Promise<string[]> {
    if (!/^[\w:-]+$/.test(key))
      throw new Error(
        `"${key}" is not a valid key: only \\w, : and - are allowed.`,
      );
    try {
      const query = `metadata['key']:'${key}'`;
      const { data } = await api.paymentIntents.search({ query }, left());
      return data.filter((one) => one.metadata.key === key).map(({ id }) => id);
    } catch (error) {
      throw unavailableError(classifyError(error)[1], client);
    }
  }

  /** The outcome of a PaymentIntent. One that can't proceed is canceled. */
  async function settled(intent: Stripe.PaymentIntent, left: RemainingTime) {
    const outcome = chargeOutcome(intent);
    if (outcome) return outcome;
    const end = await giveUp(intent.id, `${intent.id}:stuck`, left);
    return intent.status === "requires_action" && end.status === "canceled"
      ? authenticationRequired(intent.id)
      : end;
  }

  async function giveUp(reference: string, key: string, left: RemainingTime) {
    let now: Stripe.PaymentIntent | undefined;
    try {
      const options = { ...left(), idempotencyKey: key };
      now = await api.paymentIntents.cancel(reference, {}, options);
    } catch (error) {
      const [failure, known] = classifyError(error);
      if (failure !== "refused") throw unavailableError(known, client);
      // It proceeded in the meantime: payment_intent_unexpected_state.
      now = await retrieve(reference, left);
      if (!now) throw new Error(`Stripe has no PaymentIntent ${reference}.`);
    }
    const outcome = chargeOutcome(now);
    if (outcome) return outcome;
    throw new ProcessorUnavailableError(
      `${reference} is ${now.status} at Stripe, which does not cancel it.`,
    );
  }

  /** Searches for the outcome of a request whose response does not tell it. */
  async function searchOutcome(
    key: string,
    left: RemainingTime,
    why: ProcessorUnavailableError,
  ) {
    const intent = await search(key, left).catch(() => undefined);
    if (!intent) throw why;
    return settled(intent, left);
  }

  async function charge(request: ChargeRequest): Promise<ChargeOutcome> {
    const left = begin();
    const { key, paymentId } = request;
    try {
      const kept = request.reusable && (await customers.keep(request, left));
      const params = { ...paramsOf(request), ...kept };
      const intent = await api.paymentIntents.create(params, {
        ...left(),
        idempotencyKey: key,
      });
      return await settled(intent, left);
    } catch (error) {
      if (error instanceof ProcessorUnavailableError) throw error;
      if (error instanceof UnsupportedAmountError)
        return { status: "declined", code: error.code, message: error.message };
      const [failure, known] = classifyError(error);
      if (failure === "declined") return declineFromError(known);
      if (failure === "refused")
        return {
          status: "declined",
          ...describeRejection(known, { key, paymentId }, client),
        };
      const why = unavailableError(known, client);
      if (failure === "unknown") throw why;
      return searchOutcome(key, left, why);
    }
  }

  return {
    charge,

    async find(key, reference) {
      const left = begin();
      const intent = reference
        ? await retrieve(reference, left)
        : await search(key, left);
      return intent && settled(intent, left);
    },

    cancel: (reference, key) => giveUp(reference, key, begin()),
  };
}

/** Ranks PaymentIntents of one key: charged ones before those that may still be charged, and these before others. */
const rank = ({ status }: Stripe.PaymentIntent) =>
  ["processing", "succeeded"].indexOf(status);

/** @throws UnsupportedAmountError */
function paramsOf(request: ChargeRequest): Stripe.PaymentIntentCreateParams {
  const { key, paymentId, amount, currency, token, returnUrl } = request;
  return {
    amount: stripeAmount(amount, currency),
    currency: currency.toLowerCase(),
    payment_method: token,
    confirm: true,
    // Without a return URL, the customer can't be sent to a bank.
    ...(returnUrl === undefined
      ? {
          automatic_payment_methods: {
            enabled: true,
            allow_redirects: "never",
          },
        }
      : {
          automatic_payment_methods: { enabled: true },
          return_url: returnUrl,
        }),
    metadata: { payment_id: paymentId, key },
  };
}
