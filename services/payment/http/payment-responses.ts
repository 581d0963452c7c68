import { STATUS_CODES } from "node:http";
import * as z from "zod";
import type { JsonText, StoredResponse } from "../idempotency/keys.ts";
import type { Payment } from "../payments/payment.ts";
import {
  PaymentJson,
  paymentJson,
  refundJson,
} from "../payments/payment-json.ts";
import type { ResponseBuilders } from "../payments/pending-operation.ts";

export const json = <Status extends number, Body>(
  status: Status,
  body: Body,
): StoredResponse<Status, Body> => ({
  status,
  body: JSON.stringify(body) as JsonText<Body>,
});

/**
 * A problem that is stored with the request: `instance` is the resource that it is about, not the request.
 * @param more additional members
 */
export const storedProblem = <Status extends number, More extends object>(
  status: Status,
  instance: string,
  detail: string,
  more: More,
) =>
  json(status, {
    type: "about:blank",
    title: STATUS_CODES[status] ?? "Error",
    status,
    detail,
    instance,
    ...more,
  });

/** Problem for a declined or canceled payment. */
export const Unpaid = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string().describe("A sentence for the customer."),
    instance: z.string().describe("The payment's path."),
    code: z
      .string()
      .describe("Why, such as card_declined or insufficient_funds."),
    payment: PaymentJson,
  })
  .meta({ id: "Unpaid" });

/**
 * The response to a request that charges a card: 200 if it was charged, 202 if that is not known yet, 402 otherwise.
 */
function paymentResponse<Body>(
  payment: Payment,
  body: (payment: z.infer<typeof PaymentJson>) => Body,
) {
  const shown = paymentJson(payment);
  switch (payment.status) {
    case "succeeded":
      return json(200, body(shown));
    case "declined":
    case "canceled":
      return unpaidResponse(payment);
    default:
      return json(202, body(shown));
  }
}

/** The response to a request whose payment was declined or canceled. */
export function unpaidResponse(payment: Payment) {
  const shown = paymentJson(payment);
  const { code, message } = shown.decline ?? canceled;
  return storedProblem(402, `/payments/${payment.id}`, message, {
    code,
    payment: shown,
  });
}

const canceled = {
  code: "canceled",
  message: "The payment was canceled, and nothing was charged.",
};

const payMessages: Partial<Record<Payment["status"], string>> = {
  succeeded: "Payment successful",
  requires_action: "Payment requires authentication",
};

export const paymentResponses = {
  pay: (_, { payment }) =>
    paymentResponse(payment, (shown) => ({
      message: payMessages[payment.status] ?? "Payment is being processed",
      ...shown,
    })),
  confirm: (_, { payment }) => paymentResponse(payment, (shown) => shown),
  // A payment that could not be canceled any more has another status by now.
  cancel: (_, { payment }) => json(200, paymentJson(payment)),
  refund: (_, { refund, payment }) => {
    if (!refund) throw new Error("The operation has no refund.");
    const shown = refundJson(refund, payment);
    const { failure } = shown;
    return failure
      ? storedProblem(
          402,
          `/payments/${payment.id}/refunds/${refund.id}`,
          failure.message,
          { code: failure.code, refund: shown },
        )
      : json(refund.status === "pending" ? 202 : 201, shown);
  },
} satisfies Pick<ResponseBuilders, "pay" | "confirm" | "cancel" | "refund">;
