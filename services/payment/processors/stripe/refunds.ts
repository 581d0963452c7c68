import type Stripe from "stripe";
import type { Processor, RefundOutcome, RefundRequest } from "../processor.ts";
import { AmountRefused, stripeAmount } from "./amounts.ts";
import type { Client } from "./client.ts";
import { failureOf, refusalOf, unavailable } from "./errors.ts";
import { refundOutcomeOf } from "./outcomes.ts";

/** How far findRefund looks back without a reference: days, and refunds. */
const lookBack = { days: 30, refunds: 1_000 };

type Left = ReturnType<Client["begin"]>;

/** What gives money back: https://docs.stripe.com/refunds */
export function createRefunds(
  client: Client,
): Pick<Processor, "refund" | "findRefund"> {
  const { api, begin } = client;

  /** The refund with a key; lists, unlike searches, have what was made just before. */
  async function among(
    key: string,
    params: Stripe.RefundListParams,
    left: Left,
  ): Promise<Stripe.Refund | undefined> {
    let seen = 0;
    try {
      for await (const refund of api.refunds.list(
        { ...params, limit: 100 },
        left(),
      )) {
        if (refund.metadata?.key === key) return refund;
        if (++seen === lookBack.refunds) return undefined;
      }
    } catch (error) {
      const [failure, known] = failureOf(error);
      if (failure !== "refused") throw unavailable(known, client);
    }
    return undefined;
  }

  async function create(request: RefundRequest, left: Left) {
    const { key, reference, amount, currency } = request;
    return api.refunds.create(
      {
        payment_intent: reference,
        amount: stripeAmount(amount, currency),
        metadata: { key },
      },
      { ...left(), idempotencyKey: key },
    );
  }

  return {
    async refund(request): Promise<RefundOutcome> {
      const left = begin();
      const { key, reference: payment_intent } = request;
      // However old the key is, and whether Stripe still knows it: the charge's own refunds say whether this one was made.
      const made = await among(key, { payment_intent }, left);
      if (made) return refundOutcomeOf(made);
      try {
        return refundOutcomeOf(await create(request, left));
      } catch (error) {
        if (error instanceof AmountRefused)
          return { status: "failed", code: error.code, message: error.message };
        const [failure, known] = failureOf(error);
        if (failure === "declined" || failure === "refused") {
          const { code } = refusalOf(known, { key, payment_intent }, client);
          return {
            status: "failed",
            code,
            message: client.clean(known.message),
          };
        }
        throw unavailable(known, client);
      }
    },

    async findRefund(key, reference) {
      const left = begin();
      if (reference === undefined) {
        const gte = Math.floor(Date.now() / 1000) - lookBack.days * 24 * 3600;
        const made = await among(key, { created: { gte } }, left);
        return made && refundOutcomeOf(made);
      }
      try {
        return refundOutcomeOf(
          await api.refunds.retrieve(reference, {}, left()),
        );
      } catch (error) {
        const [failure, known] = failureOf(error);
        if (failure === "refused") return undefined;
        throw unavailable(known, client);
      }
    },
  };
}
