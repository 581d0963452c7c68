import type { Api } from "@marquee/service-kit";
import * as z from "zod";
import type { Parts } from "../dependencies.ts";
import { answered, KeyHeader, keyedResponses } from "../http/idempotency.ts";
import { Amount } from "../money/money.ts";
import { beginRefund } from "../payments/create.ts";
import { RefundJson, refundJson } from "../payments/payment-json.ts";
import {
  findPayment,
  lockPayment,
  refundsOf,
} from "../payments/payment-repository.ts";
import { own } from "./payments.ts";

const tags = ["refunds"];
const Id = z.strictObject({ id: z.uuid() });

const NewRefund = z
  .strictObject({
    amount: Amount.optional().describe("@default all that is left"),
    reason: z
      .string()
      .trim()
      .min(1)
      .max(500)
      .optional()
      .describe("For those who read the books."),
  })
  .meta({ id: "NewRefund" });

const Failed = z
  .looseObject({ detail: z.string(), code: z.string(), refund: RefundJson })
  .meta({ id: "FailedRefund" });

const Refunds = z.object({ data: z.array(RefundJson) }).meta({ id: "Refunds" });

/** POST, GET /payments/:id/refunds. */
export function refundRoutes({ route }: Api, parts: Parts): void {
  const { database, payments, operator, userOrOperator, keyed } = parts;

  route(
    {
      method: "post",
      path: "/payments/:id/refunds",
      summary: "Give back some or all of what was paid",
      description: "Never more than was paid, however many ask at once.",
      tags,
      security: ["operator"],
      middlewareHeaders: KeyHeader,
      request: { param: Id, json: NewRefund },
      responses: {
        201: { description: "Given back.", schema: RefundJson },
        202: {
          description:
            "The processor is at it: ask GET /payments/{id}/refunds.",
          schema: RefundJson,
        },
        ...keyedResponses,
        401: "This is for operators.",
        402: {
          description: "The processor can't give it back.",
          schema: Failed,
          type: "application/problem+json",
        },
        404: "There is no such payment.",
      },
    },
    operator,
    keyed,
    async (c) => {
      const { id } = c.req.valid("param");
      const newRefund = c.req.valid("json");
      const refunded = await payments.perform(
        c.get("keyed"),
        "refund",
        async (tx, attempt) =>
          beginRefund(
            tx,
            payments.processor,
            own(await lockPayment(tx, id), id),
            newRefund,
            attempt,
          ),
      );
      return answered(c, refunded);
    },
  );

  route(
    {
      method: "get",
      path: "/payments/:id/refunds",
      summary: "A payment's refunds, the oldest first",
      tags,
      security: ["bearer", "operator"],
      request: { param: Id },
      responses: {
        200: { description: "All of them.", schema: Refunds },
        401: "No valid access token.",
        404: "There is none, or it is somebody else's.",
      },
    },
    userOrOperator,
    async (c) => {
      const { id } = c.req.valid("param");
      const found = await findPayment(database, id);
      const payment = own(found, id, c.get("user")?.userId);
      const refunds = await refundsOf(database, id);
      return c.json({ data: refunds.map((one) => refundJson(one, payment)) });
    },
  );
}
