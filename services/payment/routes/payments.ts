import type { Api, Queries } from "@marquee/service-kit";
import { HTTPException } from "hono/http-exception";
import * as z from "zod";
import type { Parts } from "../dependencies.ts";
import { answered, KeyHeader, keyedResponses } from "../http/idempotency.ts";
import { Method, readMethod } from "../http/payment-method.ts";
import { json } from "../http/payment-responses.ts";
import { Amount, Currency } from "../money/money.ts";
import { beginCancel, beginConfirmed } from "../payments/create.ts";
import type { Payment } from "../payments/payment.ts";
import { PaymentJson, paymentJson } from "../payments/payment-json.ts";
import {
  addPayment,
  findPayment,
  lockPayment,
  paymentsOf,
} from "../payments/payment-repository.ts";
import { uuidv7 } from "../uuidv7.ts";
import { chargeResponses, ReturnUrl } from "./pay.ts";

const tags = ["payments"];
const security = ["bearer"];
const Id = z.strictObject({ id: z.uuid() });
const none = {
  401: "No valid access token.",
  404: "There is none, or it is somebody else's.",
};

const Payments = z
  .object({
    data: z.array(PaymentJson),
    has_more: z.boolean().describe("There are older ones: ask with `before`."),
  })
  .meta({ id: "Payments" });

/** POST, GET /payments; GET /payments/:id; POST /payments/:id/confirm and /cancel. */
export function paymentRoutes({ route }: Api, parts: Parts): void {
  const { database, payments, user, userOrOperator, keyed, onChange } = parts;

  route(
    {
      method: "post",
      path: "/payments",
      summary: "Agree on a payment",
      description: "Nothing is charged until it is confirmed.",
      tags,
      security,
      middlewareHeaders: KeyHeader,
      request: {
        json: z
          .strictObject({
            amount: Amount,
            currency: Currency,
            method: Method,
            return_url: ReturnUrl.optional(),
          })
          .meta({ id: "AgreedPayment" }),
      },
      responses: {
        201: { description: "Agreed on.", schema: PaymentJson },
        ...keyedResponses,
        401: none[401],
      },
    },
    user,
    keyed,
    async (c) => {
      const { amount, currency, method, return_url } = c.req.valid("json");
      const request = c.get("keyed");
      const known = await payments.known(request);
      if (known) return answered(c, known);
      const { processor } = payments;
      const payment = {
        id: uuidv7(),
        userId: c.get("user").userId,
        purpose: "purchase" as const,
        amount,
        currency,
        method: await readMethod(processor, method),
        returnUrl: return_url,
      };
      const agree = async (tx: Queries) => {
        const { name } = processor;
        const status = "requires_confirmation";
        return json(
          201,
          paymentJson(await addPayment(tx, name, status, payment)),
        );
      };
      return answered(c, await payments.once(request, agree));
    },
  );

  route(
    {
      method: "get",
      path: "/payments",
      summary: "One's payments, the newest first",
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
            .describe("How many at most."),
          before: z
            .uuid()
            .optional()
            .describe("The id of the last one that is known."),
        }),
      },
      responses: {
        200: { description: "Some of them.", schema: Payments },
        401: none[401],
      },
    },
    user,
    async (c) => {
      const { limit, before } = c.req.valid("query");
      const { userId } = c.get("user");
      const found = await paymentsOf(database, userId, limit + 1, before);
      const data = found.slice(0, limit).map(paymentJson);
      return c.json({ data, has_more: found.length > limit });
    },
  );

  route(
    {
      method: "get",
      path: "/payments/:id",
      summary: "A payment as it is now",
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
      return c.json(paymentJson(own(payment, id, c.get("user")?.userId)));
    },
  );

  route(
    {
      method: "post",
      path: "/payments/:id/confirm",
      summary: "Have the card charged that was agreed on",
      tags,
      security,
      middlewareHeaders: KeyHeader,
      request: { param: Id },
      responses: {
        200: { description: "Paid.", schema: PaymentJson },
        ...chargeResponses,
        202: { ...chargeResponses[202], schema: PaymentJson },
        ...none,
        ...keyedResponses,
      },
    },
    user,
    keyed,
    async (c) => {
      const { id } = c.req.valid("param");
      const { userId } = c.get("user");
      const confirmed = await payments.perform(
        c.get("keyed"),
        "confirm",
        async (tx, attempt) =>
          beginConfirmed(
            tx,
            payments.processor,
            own(await lockPayment(tx, id), id, userId),
            attempt,
          ),
      );
      return answered(c, confirmed);
    },
  );

  route(
    {
      method: "post",
      path: "/payments/:id/cancel",
      summary: "Give up a payment that was not charged yet",
      tags,
      security,
      middlewareHeaders: KeyHeader,
      request: { param: Id },
      responses: {
        200: {
          description:
            "The payment: canceled, or what else became of it meanwhile.",
          schema: PaymentJson,
        },
        ...none,
        ...keyedResponses,
      },
    },
    user,
    keyed,
    async (c) => {
      const { id } = c.req.valid("param");
      const { userId } = c.get("user");
      const canceled = await payments.perform(
        c.get("keyed"),
        "cancel",
        async (tx, attempt) => {
          const payment = own(await lockPayment(tx, id), id, userId);
          const begun = await beginCancel(
            tx,
            payments.processor,
            payment,
            attempt,
            onChange,
          );
          return "attempt" in begun ? begun : json(200, paymentJson(begun));
        },
      );
      return answered(c, canceled);
    },
  );
}

/**
 * A payment, if it is the user's.
 * @param userId @default an operator asks, who sees all
 * @throws HTTPException 404: nobody learns whether somebody else has it
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
