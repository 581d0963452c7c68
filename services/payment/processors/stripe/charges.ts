import { logger } from "@marquee/service-kit";
import type Stripe from "stripe";
import {
  type ChargeOutcome,
  type ChargeRequest,
  type Processor,
  ProcessorUnavailable,
} from "../processor.ts";
import { AmountRefused, stripeAmount } from "./amounts.ts";
import type { Client } from "./client.ts";
import { createCustomers } from "./customers.ts";
import { failureOf, refusalOf, unavailable } from "./errors.ts";
import { declinedOf, outcomeOf, unauthenticated } from "./outcomes.ts";

/** The time that is left for a request. */
type Left = ReturnType<Client["begin"]>;

/** What charges a card by PaymentIntents: https://docs.stripe.com/payments/paymentintents/lifecycle */
export function createCharges(
  client: Client,
): Pick<Processor, "charge" | "find" | "cancel"> {
  const { api, begin } = client;
  const customers = createCustomers(client);

  /** @returns undefined where Stripe has no PaymentIntent of that name */
  async function retrieve(reference: string, left: Left) {
    try {
      return await api.paymentIntents.retrieve(reference, {}, left());
    } catch (error) {
      const [failure, known] = failureOf(error);
      if (failure === "refused" && known.statusCode === 404) return undefined;
      throw unavailable(known, client);
    }
  }

  /** What Stripe has under a key, as it is now: its index of what was there may be a minute old, or an hour. */
  async function search(key: string, left: Left) {
    const ids = await idsOf(key, left);
    const intents = await Promise.all(ids.map((id) => retrieve(id, left)));
    const [first, ...others] = intents
      .filter((intent) => intent !== undefined)
      .sort((a, b) => rank(b) - rank(a));
    if (others.some(({ status }) => status === "succeeded"))
      logger.error(
        { key, references: ids },
        "Stripe has charged more than once for one key: look at it by hand",
      );
    return first;
  }

  async function idsOf(key: string, left: Left): Promise<string[]> {
    if (!/^[\w:-]+$/.test(key))
      throw new Error(
        `"${key}" can't be a key: it has other than \\w, : and -.`,
      );
    try {
      const query = `metadata['key']:'${key}'`;
      const { data } = await api.paymentIntents.search({ query }, left());
      return data.filter((one) => one.metadata.key === key).map(({ id }) => id);
    } catch (error) {
      throw unavailable(failureOf(error)[1], client);
    }
  }

  /** What became of a PaymentIntent; one that nobody will go on with is canceled. */
  async function settled(intent: Stripe.PaymentIntent, left: Left) {
    const outcome = outcomeOf(intent);
    if (outcome) return outcome;
    const end = await giveUp(intent.id, `${intent.id}:stuck`, left);
    return intent.status === "requires_action" && end.status === "canceled"
      ? unauthenticated(intent.id)
      : end;
  }

  async function giveUp(reference: string, key: string, left: Left) {
    let now: Stripe.PaymentIntent | undefined;
    try {
      const options = { ...left(), idempotencyKey: key };
      now = await api.paymentIntents.cancel(reference, {}, options);
    } catch (error) {
      const [failure, known] = failureOf(error);
      if (failure !== "refused") throw unavailable(known, client);
      // It went on before this came: payment_intent_unexpected_state.
      now = await retrieve(reference, left);
      if (!now) throw new Error(`Stripe has no PaymentIntent ${reference}.`);
    }
    const outcome = outcomeOf(now);
    if (outcome) return outcome;
    throw new ProcessorUnavailable(
      `Stripe has ${reference} as ${now.status}, and does not cancel it.`,
    );
  }

  /** What became of a request whose own answer does not tell. */
  async function became(key: string, left: Left, why: ProcessorUnavailable) {
    const intent = await search(key, left).catch(() => undefined);
    if (!intent) throw why;
    return settled(intent, left);
  }

  async function charge(request: ChargeRequest): Promise<ChargeOutcome> {
    const left = begin();
    const { key, paymentId } = request;
    try {
      const kept = request.keep && (await customers.keep(request, left));
      const params = { ...paramsOf(request), ...kept };
      const intent = await api.paymentIntents.create(params, {
        ...left(),
        idempotencyKey: key,
      });
      return await settled(intent, left);
    } catch (error) {
      if (error instanceof ProcessorUnavailable) throw error;
      if (error instanceof AmountRefused)
        return { status: "declined", code: error.code, message: error.message };
      const [failure, known] = failureOf(error);
      if (failure === "declined") return declinedOf(known);
      if (failure === "refused")
        return {
          status: "declined",
          ...refusalOf(known, { key, paymentId }, client),
        };
      const why = unavailable(known, client);
      if (failure === "unknown") throw why;
      return became(key, left, why);
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

/** Which of several counts: the one that took money, or may. */
const rank = ({ status }: Stripe.PaymentIntent) =>
  ["processing", "succeeded"].indexOf(status);

/** @throws AmountRefused */
function paramsOf(request: ChargeRequest): Stripe.PaymentIntentCreateParams {
  const { key, paymentId, amount, currency, token, returnUrl } = request;
  return {
    amount: stripeAmount(amount, currency),
    currency: currency.toLowerCase(),
    payment_method: token,
    confirm: true,
    // With nowhere to come back to, nobody can be sent to a bank.
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
