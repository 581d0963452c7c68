import { STATUS_CODES } from "node:http";
import * as z from "zod";
import type { Answer } from "../idempotency/keys.ts";
import type { Work } from "../payments/call-processor.ts";
import type { Payment } from "../payments/payment.ts";
import {
  PaymentJson,
  paymentJson,
  refundJson,
} from "../payments/payment-json.ts";
import type { Answers } from "../payments/record-outcome.ts";

export const json = (status: number, body: unknown): Answer => ({
  status,
  body: JSON.stringify(body),
});

/**
 * A problem that is kept, and so is not about one request: `instance` is what it is about.
 * @param more further members
 */
export const keptProblem = (
  status: number,
  instance: string,
  detail: string,
  more: Record<string, unknown>,
): Answer =>
  json(status, {
    type: "about:blank",
    title: STATUS_CODES[status],
    status,
    detail,
    instance,
    ...more,
  });

/** A declined or canceled payment as a problem: it was not paid. */
export const Unpaid = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string().describe("A sentence for the person who pays."),
    instance: z.string().describe("The payment's path."),
    code: z
      .string()
      .describe("Why, such as card_declined or insufficient_funds."),
    payment: PaymentJson,
  })
  .meta({ id: "Unpaid" });

/** The answer to a request that has a card charged: 200 if it was, 202 if that is not known yet, 402 if it was not. */
export function paymentAnswer(
  payment: Payment,
  body: (payment: z.infer<typeof PaymentJson>) => unknown = (same) => same,
): Answer {
  const shown = paymentJson(payment);
  switch (payment.status) {
    case "succeeded":
      return json(200, body(shown));
    case "declined":
    case "canceled": {
      const { code, message } = shown.decline ?? canceled;
      return keptProblem(402, `/payments/${payment.id}`, message, {
        code,
        payment: shown,
      });
    }
    default:
      return json(202, body(shown));
  }
}

const canceled = {
  code: "canceled",
  message: "The payment was canceled, and nothing was charged.",
};

const words: Partial<Record<Payment["status"], string>> = {
  succeeded: "Payment successful",
  requires_action: "Payment requires authentication",
};

/** By the names that routes give to `perform`. */
export const paymentAnswers: Answers = {
  pay: (_, { payment }) =>
    paymentAnswer(payment, (shown) => ({
      message: words[payment.status] ?? "Payment is being processed",
      ...shown,
    })),
  confirm: (_, { payment }) => paymentAnswer(payment),
  // What could not be canceled any more was paid or declined meanwhile: its status says so.
  cancel: (_, { payment }) => json(200, paymentJson(payment)),
  refund: (_, { refund, payment }: Work) => {
    if (!refund) throw new Error("A refund was asked for, and there is none.");
    const shown = refundJson(refund, payment);
    return refund.status === "failed"
      ? keptProblem(
          402,
          `/payments/${payment.id}/refunds/${refund.id}`,
          shown.failure?.message ?? "The refund failed.",
          { code: shown.failure?.code, refund: shown },
        )
      : json(refund.status === "pending" ? 202 : 201, shown);
  },
};
