import type * as z from "zod";
import { AccessTokenRejectedError, PaymentUnavailableError } from "./errors.ts";
import { type JsonResponse, UpstreamError } from "./json-client.ts";
import {
  ProblemJson,
  type Subscription,
  SubscriptionJson,
} from "./payment-schemas.ts";

/** Outcome of a request that changes something. Messages never contain a card number. */
export type Outcome<Value> =
  | { kind: "done"; value: Value }
  /** Not known yet. With `next_action` the payer has to go there; otherwise poll. */
  | { kind: "pending"; value: Value }
  /** Nothing was charged. The message is for the payer. */
  | { kind: "declined"; message: string; code: string | undefined }
  /** Errors by the JSON Pointer of the member, such as `/method/number`. */
  | {
      kind: "invalid";
      message: string;
      errors: { pointer: string; detail: string }[];
    }
  /** Not possible in the current state, such as a second subscription. */
  | { kind: "conflict"; message: string }
  /** It does not exist or belongs to another user. */
  | { kind: "none"; message: string };

export function outcomeOf(
  response: JsonResponse,
  path: string,
): Outcome<Subscription> {
  throwIfTokenRejected(response);
  const { status } = response;
  if (status === 200 || status === 201 || status === 202)
    return {
      kind: status === 202 ? "pending" : "done",
      value: parse(SubscriptionJson, response, path),
    };
  const { detail, code, errors = [] } = parse(ProblemJson, response, path);
  switch (status) {
    case 402:
      return { kind: "declined", message: detail, code };
    case 404:
      return { kind: "none", message: detail };
    case 409:
      return { kind: "conflict", message: detail };
    case 422:
      return { kind: "invalid", message: detail, errors };
    default:
      throw invalidResponse(response, path);
  }
}

/** @throws AccessTokenRejectedError */
export function throwIfTokenRejected({ status }: JsonResponse): void {
  if (status === 401 || status === 403)
    throw new AccessTokenRejectedError(status);
}

export function parse<Schema extends z.ZodType>(
  schema: Schema,
  response: JsonResponse,
  path: string,
): z.output<Schema> {
  const result = schema.safeParse(response.body);
  if (result.success) return result.data;
  throw invalidResponse(response, path, result.error);
}

/** Treats an invalid response like no response; `cause` describes it for the log. */
export const invalidResponse = (
  { status }: JsonResponse,
  path: string,
  cause?: unknown,
) =>
  new PaymentUnavailableError(
    new Error(`payment's response ${status} to ${path} is invalid`, {
      cause,
    }),
  );

export function throwUnavailable(error: unknown): never {
  throw error instanceof UpstreamError
    ? new PaymentUnavailableError(error)
    : error;
}
