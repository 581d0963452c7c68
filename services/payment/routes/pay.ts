import type { Api } from "@marquee/service-kit";
import { HTTPException } from "hono/http-exception";
import * as z from "zod";
import type { Parts } from "../dependencies.ts";
import { answered, KeyHeader, keyedResponses } from "../http/idempotency.ts";
import { Method, readMethod } from "../http/payment-method.ts";
import { Unpaid } from "../http/payment-responses.ts";
import { Amount, Currency } from "../money/money.ts";
import { beginPayment } from "../payments/create.ts";
import { PaymentJson } from "../payments/payment-json.ts";
import { uuidv7 } from "../uuidv7.ts";

/** Where somebody comes back to after an action: it is opened in a browser. */
export const ReturnUrl = z
  .string()
  .max(2048)
  .refine(
    (url) => URL.canParse(url) && /^https?:$/.test(new URL(url).protocol),
    "expected a URL that begins with https:// or http://",
  )
  .describe(
    "Where the person who pays comes back to, if the bank asks for something first.",
  );

const Payment = z
  .strictObject({
    user_id: z.uuid().describe("Who pays: whose access token it is."),
    amount: Amount,
    currency: Currency,
    method: Method,
    return_url: ReturnUrl.optional(),
  })
  .meta({ id: "NewPayment" });

const Paid = PaymentJson.extend({
  message: z.string().describe('"Payment successful", once it is.'),
}).meta({ id: "Paid" });

/** How a request that has a card charged is answered. */
export const chargeResponses = {
  202: {
    description:
      "It is not known yet: `next_action` says where the person who pays is to go, or ask GET /payments/{id}.",
    schema: Paid,
  },
  402: {
    description: "It was declined, and nothing was charged.",
    schema: Unpaid,
    type: "application/problem+json",
  },
};

/** POST /pay: a payment, from its agreement to its end. */
export function payRoutes({ route }: Api, parts: Parts): void {
  const { payments, user, keyed } = parts;
  route(
    {
      method: "post",
      path: "/pay",
      summary: "Pay",
      description:
        "Charges a card once, however often the request comes with the same Idempotency-Key.",
      tags: ["payments"],
      security: ["bearer"],
      middlewareHeaders: KeyHeader,
      request: { json: Payment },
      responses: {
        200: { description: "Paid.", schema: Paid },
        ...chargeResponses,
        ...keyedResponses,
        401: "No valid access token.",
        403: "`user_id` is not whose access token it is.",
      },
    },
    user,
    keyed,
    async (c) => {
      const { user_id, amount, currency, method, return_url } =
        c.req.valid("json");
      const { userId } = c.get("user");
      if (user_id !== userId)
        throw new HTTPException(403, {
          message: `Everybody pays for themselves: user_id has to be ${userId}, as in the access token.`,
        });
      const request = c.get("keyed");
      const known = await payments.known(request);
      if (known) return answered(c, known);
      const payment = {
        id: uuidv7(),
        userId,
        purpose: "purchase" as const,
        amount,
        currency,
        method: await readMethod(payments.processor, method),
        returnUrl: return_url,
      };
      return answered(
        c,
        await payments.perform(request, "pay", (tx, attempt) =>
          beginPayment(tx, payments.processor, payment, attempt),
        ),
      );
    },
  );
}
