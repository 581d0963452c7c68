import type { Api } from "@marquee/service-kit";
import * as z from "zod";
import type { Dependencies } from "../dependencies.ts";
import {
  IdempotencyKeyHeader,
  idempotentResponses,
  sendResponse,
} from "../http/idempotency.ts";
import { Amount } from "../money/money.ts";
import { startRefund } from "../payments/create.ts";
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
    amount: Amount.optional().describe("Default: everything that is left."),
    reason: z
      .string()
      .trim()
      .min(1)
      .max(500)
      .optional()
      .describe("For accounting."),
  })
  .meta({ id: "NewRefund" });

const Failed = z
  .looseObject({ detail: z.string(), code: z.string(), refund: RefundJson })
  .meta({ id: "FailedRefund" });

const Refunds = z.object({ data: z.array(RefundJson) }).meta({ id: "Refunds" });

/** POST, GET /payments/:id/refunds. */
export function refundRoutes({ route }: Api, dependencies: Dependencies): void {
  const { database, payments, operator, userOrOperator, idempotent } =
    dependencies;

  route(
    {
      method: "post",
      path: "/payments/:id/refunds",
      summary: "Refund a payment, in part or in full",
      description: "Concurrent refunds never exceed the amount paid.",
      tags,
      security: ["operator"],
      middlewareHeaders: IdempotencyKeyHeader,
      request: { param: Id, json: NewRefund },
      responses: {
        201: { description: "Refunded.", schema: RefundJson },
        202: {
          description:
            "The refund is pending: poll GET /payments/{id}/refunds.",
          schema: RefundJson,
        },
        ...idempotentResponses,
        401: "The operator key is missing or wrong.",
        402: {
          description: "The processor rejected the refund.",
          schema: Failed,
          type: "application/problem+json",
        },
        404: "There is no such payment.",
      },
    },
    operator,
    idempotent,
    async (c) => {
      const { id } = c.req.valid("param");
      const newRefund = c.req.valid("json");
      const refunded = await payments.runIdempotent(
        c.get("idempotentRequest"),
        "refund",
        async (tx, newRequest) =>
          startRefund(
            tx,
            payments.processor,
            own(await lockPayment(tx, id), id),
            newRefund,
            newRequest,
          ),
      );
      return sendResponse(c, refunded);
    },
  );

  route(
    {
      method: "get",
      path: "/payments/:id/refunds",
      summary: "List a payment's refunds, oldest first",
      tags,
      security: ["bearer", "operator"],
      request: { param: Id },
      responses: {
        200: { description: "All refunds.", schema: Refunds },
        401: "No valid access token.",
        404: "There is no such payment, or it belongs to another user.",
      },
    },
    userOrOperator,
    async (c) => {
      const { id } = c.req.valid("param");
      const found = await findPayment(database, id);
      const payment = own(found, id, c.get("user")?.userId);
      const refunds = await refundsOf(database, id);
      return c.json(
        { data: refunds.map((one) => refundJson(one, payment)) },
        200,
      );
    },
  );
}
