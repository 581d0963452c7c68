import * as z from "zod";
import type { Payment, Refund } from "./payment.ts";

/** The database limits amounts to 2^53 - 1. */
const integer = (amount: bigint): number => Number(amount);

/** A payment in responses and events. Contains no secrets. */
export const PaymentJson = z
  .object({
    id: z.uuid(),
    user_id: z.uuid(),
    purpose: z.enum(["purchase", "subscription"]),
    amount: z.int().describe("In the currency's smallest unit."),
    currency: z.string().describe("ISO 4217."),
    status: z.enum([
      "requires_confirmation",
      "processing",
      "requires_action",
      "succeeded",
      "declined",
      "canceled",
    ]),
    method: z.object({
      type: z.literal("card"),
      brand: z.string(),
      last4: z.string(),
    }),
    refunded: z.int().describe("The part of the amount that was refunded."),
    next_action: z
      .object({ type: z.literal("redirect"), url: z.string() })
      .optional()
      .describe("With requires_action: where to send the customer."),
    decline: z
      .object({
        code: z.string().describe("For example insufficient_funds."),
        message: z.string().describe("A sentence for the customer."),
      })
      .optional()
      .describe("Only with status declined."),
    created_at: z.iso.datetime(),
  })
  .meta({ id: "Payment" });

export function paymentJson(payment: Payment): z.infer<typeof PaymentJson> {
  const { nextActionUrl, declineCode, declineMessage } = payment;
  return {
    id: payment.id,
    user_id: payment.userId,
    purpose: payment.purpose,
    amount: integer(payment.amount),
    currency: payment.currency,
    status: payment.status,
    method: { type: "card", brand: payment.brand, last4: payment.last4 },
    refunded: integer(payment.refunded),
    ...(nextActionUrl !== null && {
      next_action: { type: "redirect" as const, url: nextActionUrl },
    }),
    ...(declineCode !== null && {
      decline: { code: declineCode, message: declineMessage ?? "" },
    }),
    created_at: payment.createdAt.toISOString(),
  };
}

/** A refund in responses and events. */
export const RefundJson = z
  .object({
    id: z.uuid(),
    payment_id: z.uuid(),
    amount: z.int().describe("In the smallest unit of the payment's currency."),
    currency: z.string().describe("ISO 4217."),
    status: z
      .enum(["pending", "succeeded", "failed"])
      .describe(
        "A refund that succeeded may still fail days later, if the card's bank returns it.",
      ),
    reason: z.string().optional(),
    failure: z
      .object({ code: z.string(), message: z.string() })
      .optional()
      .describe("Only with status failed."),
    created_at: z.iso.datetime(),
  })
  .meta({ id: "Refund" });

export function refundJson(
  refund: Refund,
  { currency }: Pick<Payment, "currency">,
): z.infer<typeof RefundJson> {
  const { reason, failureCode, failureMessage } = refund;
  return {
    id: refund.id,
    payment_id: refund.paymentId,
    amount: integer(refund.amount),
    currency,
    status: refund.status,
    ...(reason !== null && { reason }),
    ...(failureCode !== null && {
      failure: { code: failureCode, message: failureMessage ?? "" },
    }),
    created_at: refund.createdAt.toISOString(),
  };
}
