import type { Database } from "@marquee/service-kit";
import type { MiddlewareHandler } from "hono";
import type { Idempotent } from "./http/idempotency.ts";
import type { paymentResponses } from "./http/payment-responses.ts";
import type { subscriptionResponses } from "./http/subscription-responses.ts";
import type { Endpoints } from "./outbox/endpoints.ts";
import type { Outbox } from "./outbox/outbox.ts";
import type { Payments } from "./payments/payments.ts";
import type { OnChange } from "./payments/settle.ts";
import type { Subscriptions } from "./subscriptions/subscriptions.ts";

/** Set where an access token is required. */
export interface User {
  Variables: { user: { userId: string } };
}

/** Set where an access token or the operator key is accepted; operators have no `user`. */
interface UserOrOperator {
  Variables: { user?: { userId: string } };
}

/** Dependencies of the routes. */
export interface Dependencies {
  database: Database;
  payments: Payments<typeof paymentResponses & typeof subscriptionResponses>;
  /** Called in the transaction that changes a payment's status. */
  onChange: OnChange;
  subscriptions: Subscriptions;
  /** Webhook endpoints. */
  endpoints: Endpoints;
  outbox: Outbox;
  user: MiddlewareHandler<User>;
  operator: MiddlewareHandler;
  userOrOperator: MiddlewareHandler<UserOrOperator>;
  formerUserOrOperator: MiddlewareHandler<UserOrOperator>;
  /** Must run after one of the four above. */
  idempotent: MiddlewareHandler<Idempotent>;
}
