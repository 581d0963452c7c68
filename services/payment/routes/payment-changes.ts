import type { Api } from "@marquee/service-kit";
import type { Dependencies } from "../dependencies.ts";
import {
  IdempotencyKeyHeader,
  idempotentResponses,
  sendResponse,
} from "../http/idempotency.ts";
import { json } from "../http/payment-responses.ts";
import { startCancellation, startConfirmation } from "../payments/create.ts";
import { PaymentJson, paymentJson } from "../payments/payment-json.ts";
import { lockPayment } from "../payments/payment-repository.ts";
import { chargeResponses } from "./pay.ts";
import { Id, none, own, security, tags } from "./payments.ts";

/** POST /payments/:id/confirm and /cancel. */
export function paymentChangeRoutes(
  { route }: Api,
  dependencies: Dependencies,
): void {
  const { payments, user, idempotent, onChange } = dependencies;

  route(
    {
      method: "post",
      path: "/payments/:id/confirm",
      summary: "Charge a payment that was created before",
      tags,
      security,
      middlewareHeaders: IdempotencyKeyHeader,
      request: { param: Id },
      responses: {
        200: { description: "Paid.", schema: PaymentJson },
        ...chargeResponses,
        202: { ...chargeResponses[202], schema: PaymentJson },
        ...none,
        ...idempotentResponses,
      },
    },
    user,
    idempotent,
    async (c) => {
      const { id } = c.req.valid("param");
      const { userId } = c.get("user");
      const confirmed = await payments.runIdempotent(
        c.get("idempotentRequest"),
        "confirm",
        async (tx, newRequest) =>
          startConfirmation(
            tx,
            payments.processor,
            own(await lockPayment(tx, id), id, userId),
            newRequest,
          ),
      );
      return sendResponse(c, confirmed);
    },
  );

  route(
    {
      method: "post",
      path: "/payments/:id/cancel",
      summary: "Cancel a payment that was not charged yet",
      tags,
      security,
      middlewareHeaders: IdempotencyKeyHeader,
      request: { param: Id },
      responses: {
        200: {
          description:
            "The payment: canceled, or in the final status that it reached before.",
          schema: PaymentJson,
        },
        ...none,
        ...idempotentResponses,
      },
    },
    user,
    idempotent,
    async (c) => {
      const { id } = c.req.valid("param");
      const { userId } = c.get("user");
      const canceled = await payments.runIdempotent(
        c.get("idempotentRequest"),
        "cancel",
        async (tx, newRequest) => {
          const payment = own(await lockPayment(tx, id), id, userId);
          const started = await startCancellation(
            tx,
            payments.processor,
            payment,
            newRequest,
            onChange,
          );
          return "request" in started
            ? started
            : json(200, paymentJson(started));
        },
      );
      return sendResponse(c, canceled);
    },
  );
}
