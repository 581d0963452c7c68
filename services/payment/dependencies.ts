import type { Database } from "@marquee/service-kit";
import type { MiddlewareHandler } from "hono";
import type { Keyed } from "./http/idempotency.ts";
import type { Endpoints } from "./outbox/endpoints.ts";
import type { Outbox } from "./outbox/outbox.ts";
import type { Payments } from "./payments/payments.ts";
import type { OnChange } from "./payments/settle.ts";
import type { Subscriptions } from "./subscriptions/subscriptions.ts";

/** Who sends an access token: `user` is whose it is. */
export interface User {
  Variables: { user: { userId: string } };
}

/** Who sends an access token, or the operators' key: then there is no `user`. */
export interface UserOrOperator {
  Variables: { user?: { userId: string } };
}

/** What the routes work with. */
export interface Parts {
  database: Database;
  payments: Payments;
  /** What else happens when a payment changes. */
  onChange: OnChange;
  subscriptions: Subscriptions;
  /** Who gets events. */
  endpoints: Endpoints;
  outbox: Outbox;
  user: MiddlewareHandler<User>;
  operator: MiddlewareHandler;
  userOrOperator: MiddlewareHandler<UserOrOperator>;
  formerUserOrOperator: MiddlewareHandler<UserOrOperator>;
  /** Comes after one of these four. */
  keyed: MiddlewareHandler<Keyed>;
}
