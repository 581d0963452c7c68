import {
  AuthAway,
  actionsOf,
  DatabaseAway,
  type ErrorPage,
  type Failure,
} from "@marquee/service-kit";
import type { Context } from "hono";
import { PaymentAway } from "../clients/errors.ts";
import { messagePage, type Refusal, refusals } from "../pages/message.ts";
import { StoreAway } from "./errors.ts";
import { Refused } from "./page-response.ts";
import type { Visitor } from "./page-session.ts";

/** Renders errors as pages of the site, with the header of a signed-in viewer. */
export const createErrorPage =
  (visitor: Visitor): ErrorPage =>
  async (c, failure) =>
    messagePage({
      ...refusalOf(c, failure),
      viewer: mayAskAuth(c, failure)
        ? (await visitor.maybe(c).catch(() => undefined))?.shown
        : undefined,
      requestId: failure.requestId,
    });

/** If auth itself may have failed, looking up the session would only add its timeout. */
const mayAskAuth = ({ error }: Context, { status }: Failure): boolean =>
  status < 500 || (error !== undefined && !(error instanceof AuthAway));

function refusalOf(c: Context, failure: Failure): Refusal {
  const { error } = c;
  if (error instanceof Refused) return refusals[error.why];
  if (error instanceof PaymentAway) return paymentAway(c, failure);
  if (error instanceof StoreAway) return refusals.mediaAway(failure);
  if (error instanceof AuthAway) return refusals.authAway(failure);
  if (error instanceof DatabaseAway) return refusals.databaseAway(failure);
  if (failure.status === 502 || failure.status === 504)
    return /^\/(sandbox|webhooks|api\/payment)\//.test(c.req.path)
      ? paymentAway(c, failure)
      : refusals.authAway(failure);
  const { title, text } = failure;
  const actions = actionsOf(failure, { home: "/", signIn: "/sign-in" });
  return { title, text, actions };
}

function paymentAway(c: Context, failure: Failure): Refusal {
  if (c.req.path === "/delete-account") return refusals.deletionAway(failure);
  return c.req.method === "POST"
    ? refusals.paymentUnknown
    : refusals.paymentAway(failure);
}
