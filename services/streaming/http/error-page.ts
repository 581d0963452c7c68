import {
  AuthUnavailableError,
  actionsOf,
  DatabaseUnavailableError,
  type ErrorPage,
  type Failure,
} from "@marquee/service-kit";
import type { Context } from "hono";
import { PaymentUnavailableError } from "../clients/errors.ts";
import {
  MediaChangedError,
  MediaUnavailableError,
} from "../media/media-store.ts";
import { messagePage, type Refusal, refusals } from "../pages/message.ts";
import { PageAccessError } from "./page-response.ts";
import type { PageSessions } from "./page-session.ts";

/** Renders errors as pages of the site, with the header of a signed-in viewer. */
export const createErrorPage =
  (pageSessions: PageSessions): ErrorPage =>
  async (c, failure) =>
    messagePage({
      ...refusalOf(c, failure),
      user: mayAskAuth(c, failure)
        ? (await pageSessions.getIfAvailable(c).catch(() => undefined))?.user
        : undefined,
      requestId: failure.requestId,
    });

/** If auth itself may have failed, looking up the session would only add its timeout. */
const mayAskAuth = ({ error }: Context, { status }: Failure): boolean =>
  status < 500 ||
  (error !== undefined && !(error instanceof AuthUnavailableError));

function refusalOf(c: Context, failure: Failure): Refusal {
  const { error } = c;
  const cause = error?.cause;
  if (error instanceof PageAccessError) return refusals[error.reason];
  if (cause instanceof PaymentUnavailableError)
    return paymentRefusal(c, failure);
  if (
    cause instanceof MediaUnavailableError ||
    cause instanceof MediaChangedError
  )
    return refusals.mediaUnavailable(failure);
  if (error instanceof AuthUnavailableError)
    return refusals.authUnavailable(failure);
  if (error instanceof DatabaseUnavailableError)
    return refusals.databaseUnavailable(failure);
  if (failure.status === 502 || failure.status === 504)
    return /^\/(sandbox|webhooks|api\/payment)\//.test(c.req.path)
      ? paymentRefusal(c, failure)
      : refusals.authUnavailable(failure);
  const { title, text } = failure;
  const actions = actionsOf(failure, { home: "/", signIn: "/sign-in" });
  return { title, text, actions };
}

function paymentRefusal(c: Context, failure: Failure): Refusal {
  if (c.req.path === "/delete-account")
    return refusals.deletionUnavailable(failure);
  return c.req.method === "POST"
    ? refusals.paymentUnknown
    : refusals.paymentUnavailable(failure);
}
