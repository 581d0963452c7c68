import type { Api } from "@marquee/service-kit";
import { HTTPException } from "hono/http-exception";
import * as z from "zod";
import type { Dependencies } from "../dependencies.ts";
import {
  IdempotencyKeyHeader,
  idempotentResponses,
  sendResponse,
} from "../http/idempotency.ts";
import {
  describePaymentMethod,
  PaymentMethod,
} from "../http/payment-method.ts";
import { Unpaid } from "../http/payment-responses.ts";
import { Amount, Currency } from "../money/money.ts";
import { startPayment } from "../payments/create.ts";
import { PaymentJson } from "../payments/payment-json.ts";
import { uuidv7 } from "../uuid.ts";

/** Opened in the customer's browser after an action such as 3-D Secure. */
export const ReturnUrl = z
  .string()
  .max(2048)
  .refine(
    (url) => URL.canParse(url) && /^https?:$/.test(new URL(url).protocol),
    "expected a URL that starts with https:// or http://",
  )
  .describe(
    "Where the customer returns after an action that the bank requires.",
  );

const Payment = z
  .strictObject({
    user_id: z
      .uuid()
      .describe("The payer: has to be the owner of the access token."),
    amount: Amount,
    currency: Currency,
    method: PaymentMethod,
    return_url: ReturnUrl.optional(),
  })
  .meta({ id: "NewPayment" });

const Paid = PaymentJson.extend({
  message: z.string().describe('"Payment successful" once it succeeded.'),
}).meta({ id: "Paid" });

/** The responses of routes that charge a card. */
export const chargeResponses = {
  202: {
    description:
      "The outcome is not known yet: send the customer to `next_action`, or poll GET /payments/{id}.",
    schema: Paid,
  },
  402: {
    description: "The payment was declined, and nothing was charged.",
    schema: Unpaid,
    type: "application/problem+json",
  },
};

/** POST /pay: creates and charges a payment. */
export function payRoutes({ route }: Api, dependencies: Dependencies): void {
  const { payments, user, idempotent } = dependencies;
  route(
    {
      method: "post",
      path: "/pay",
      summary: "Pay",
      description:
        "Charges a card exactly once, however often the request is sent with the same Idempotency-Key.",
      tags: ["payments"],
      security: ["bearer"],
      middlewareHeaders: IdempotencyKeyHeader,
      request: { json: Payment },
      responses: {
        200: { description: "Paid.", schema: Paid },
        ...chargeResponses,
        ...idempotentResponses,
        401: "No valid access token.",
        403: "`user_id` is not the owner of the access token.",
      },
    },
    user,
    idempotent,
    async (c) => {
      const { user_id, amount, currency, method, return_url } =
        c.req.valid("json");
      const { userId } = c.get("user");
      if (user_id !== userId)
        throw new HTTPException(403, {
          message: `Users can pay only for themselves: user_id has to be ${userId}, the owner of the access token.`,
        });
      const request = c.get("idempotentRequest");
      const stored = await payments.findStoredResponse(request);
      if (stored) return sendResponse(c, stored);
      const payment = {
        id: uuidv7(),
        userId,
        purpose: "purchase" as const,
        amount,
        currency,
        method: await describePaymentMethod(payments.processor, method),
        returnUrl: return_url,
      };
      return sendResponse(
        c,
        await payments.runIdempotent(request, "pay", (tx, newRequest) =>
          startPayment(tx, payments.processor, payment, newRequest),
        ),
      );
    },
  );
}
