import type { Api, Queries } from "@marquee/service-kit";
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
import { json } from "../http/payment-responses.ts";
import { Amount, Currency } from "../money/money.ts";
import type { Payment } from "../payments/payment.ts";
import { PaymentJson, paymentJson } from "../payments/payment-json.ts";
import {
  addPayment,
  findPayment,
  paymentsOf,
} from "../payments/payment-repository.ts";
import { uuidv7 } from "../uuid.ts";
import { ReturnUrl } from "./pay.ts";

export const tags = ["payments"];
export const security = ["bearer"];
export const Id = z.strictObject({ id: z.uuid() });
export const none = {
  401: "No valid access token.",
  404: "There is no such payment, or it belongs to another user.",
};

const Payments = z
  .object({
    data: z.array(PaymentJson),
    has_more: z.boolean().describe("There are older payments: pass `before`."),
  })
  .meta({ id: "Payments" });

/** POST, GET /payments; GET /payments/:id. */
export function paymentRoutes(
  { route }: Api,
  dependencies: Dependencies,
): void {
  const { database, payments, user, userOrOperator, idempotent } = dependencies;

  route(
    {
      method: "post",
      path: "/payments",
      summary: "Create a payment",
      description: "Nothing is charged until it is confirmed.",
      tags,
      security,
      middlewareHeaders: IdempotencyKeyHeader,
      request: {
        json: z
          .strictObject({
            amount: Amount,
            currency: Currency,
            method: PaymentMethod,
            return_url: ReturnUrl.optional(),
          })
          .meta({ id: "AgreedPayment" }),
      },
      responses: {
        201: { description: "Created.", schema: PaymentJson },
        ...idempotentResponses,
        401: none[401],
      },
    },
    user,
    idempotent,
    async (c) => {
      const { amount, currency, method, return_url } = c.req.valid("json");
      const request = c.get("idempotentRequest");
      const stored = await payments.findStoredResponse(request);
      if (stored) return sendResponse(c, stored);
      const { processor } = payments;
      const payment = {
        id: uuidv7(),
        userId: c.get("user").userId,
        purpose: "purchase" as const,
        amount,
        currency,
        method: await describePaymentMethod(processor, method),
        returnUrl: return_url,
      };
      const create = async (tx: Queries) => {
        const { name } = processor;
        const status = "requires_confirmation";
        return json(
          201,
          paymentJson(await addPayment(tx, name, status, payment)),
        );
      };
      return sendResponse(
        c,
        await payments.runIdempotentInTransaction(request, create),
      );
    },
  );

  route(
    {
      method: "get",
      path: "/payments",
      summary: "List your payments, newest first",
      tags,
      security,
      request: {
        query: z.strictObject({
          limit: z.coerce
            .number()
            .int()
            .min(1)
            .max(100)
            .default(20)
            .describe("Page size."),
          before: z
            .uuid()
            .optional()
            .describe("The id of the last payment of the previous page."),
        }),
      },
      responses: {
        200: { description: "A page.", schema: Payments },
        401: none[401],
      },
    },
    user,
    async (c) => {
      const { limit, before } = c.req.valid("query");
      const { userId } = c.get("user");
      const found = await paymentsOf(database, userId, limit + 1, before);
      const data = found.slice(0, limit).map(paymentJson);
      return c.json({ data, has_more: found.length > limit }, 200);
    },
  );

  route(
    {
      method: "get",
      path: "/payments/:id",
      summary: "Get a payment",
      tags,
      security: ["bearer", "operator"],
      request: { param: Id },
      responses: {
        200: { description: "The payment.", schema: PaymentJson },
        ...none,
      },
    },
    userOrOperator,
    async (c) => {
      const { id } = c.req.valid("param");
      const payment = await findPayment(database, id);
      return c.json(paymentJson(own(payment, id, c.get("user")?.userId)), 200);
    },
  );
}

/**
 * Returns a payment if it belongs to the user.
 * @param userId @default any: operators see all payments
 * @throws HTTPException 404, also for payments of others: their existence is not revealed
 */
export function own(
  payment: Payment | undefined,
  id: string,
  userId?: string,
): Payment {
  if (payment && (userId === undefined || payment.userId === userId))
    return payment;
  throw new HTTPException(404, { message: `There is no payment ${id}.` });
}
