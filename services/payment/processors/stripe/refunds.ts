import type Stripe from "stripe";
import type { Processor, RefundOutcome, RefundRequest } from "../processor.ts";
import { stripeAmount, UnsupportedAmountError } from "./amounts.ts";
import type { StripeClient } from "./client.ts";
import {
  classifyError,
  describeRejection,
  unavailableError,
} from "./errors.ts";
import { refundOutcome } from "./outcomes.ts";

/** How far findRefund looks back without a reference. */
const lookBack = { days: 30, refunds: 1_000 };

type RemainingTime = ReturnType<StripeClient["startDeadline"]>;

/** Refunds charges: https://docs.stripe.com/refunds */
export function createRefunds(
  client: StripeClient,
): Pick<Processor, "refund" | "findRefund"> {
  const { api, startDeadline: begin } = client;

  /** Finds the refund of a key. Lists, unlike searches, include refunds that were just created. */
  async function findByKey(
    key: string,
    params: Stripe.RefundListParams,
    left: RemainingTime,
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
      const [failure, known] = classifyError(error);
      if (failure !== "refused") throw unavailableError(known, client);
    }
    return undefined;
  }

  async function create(request: RefundRequest, left: RemainingTime) {
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
      // Even if Stripe has forgotten the key, the charge's refunds tell whether this one was created.
      const made = await findByKey(key, { payment_intent }, left);
      if (made) return refundOutcome(made);
      try {
        return refundOutcome(await create(request, left));
      } catch (error) {
        if (error instanceof UnsupportedAmountError)
          return { status: "failed", code: error.code, message: error.message };
        const [failure, known] = classifyError(error);
        if (failure === "declined" || failure === "refused") {
          const { code } = describeRejection(
            known,
            { key, payment_intent },
            client,
          );
          return {
            status: "failed",
            code,
            message: client.redact(known.message),
          };
        }
        throw unavailableError(known, client);
      }
    },

    async findRefund(key, reference) {
      const left = begin();
      if (reference === undefined) {
        const gte = Math.floor(Date.now() / 1000) - lookBack.days * 24 * 3600;
        const made = await findByKey(key, { created: { gte } }, left);
        return made && refundOutcome(made);
      }
      try {
        return refundOutcome(await api.refunds.retrieve(reference, {}, left()));
      } catch (error) {
        const [failure, known] = classifyError(error);
        if (failure === "refused") return undefined;
        throw unavailableError(known, client);
      }
    },
  };
}
