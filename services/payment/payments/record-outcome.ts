import type { Database, Queries } from "@marquee/service-kit";
import {
  type StoredResponse,
  storeResponseToRequest,
} from "../idempotency/keys.ts";
import type { ChargeOutcome, RefundOutcome } from "../processors/processor.ts";
import { findRefund } from "./payment-repository.ts";
import type {
  PendingOperation,
  ResponseBuilders,
} from "./pending-operation.ts";
import {
  finishRequest,
  lockRequest,
  postponeRequest,
} from "./processor-requests.ts";
import { settleRefund } from "./refunds.ts";
import { isFinal, type OnChange, settle } from "./settle.ts";

/** The processor's outcome, or why it is unknown. Undefined: no call was needed any more. */
export type ProcessorResult =
  | { charge: ChargeOutcome | undefined }
  | { refund: RefundOutcome | undefined }
  | { error: Error };

/** Exponential backoff with jitter for a request that failed, or that the processor is still processing. */
function retryDelaySeconds(tries: number, result: ProcessorResult): number {
  const maxSeconds = "error" in result ? 300 : 60;
  const jitter = 0.8 + 0.4 * Math.random();
  return Math.min(2 ** (tries - 1), maxSeconds) * jitter;
}

/**
 * Records a result in one transaction: the payment or refund with everything that depends on it, whether the request is
 * finished or to be repeated, and the response to the API operation that waits for it.
 * @returns that response, or the one stored before; undefined if no API operation waits for the request
 * @throws DatabaseUnavailableError: nothing is recorded then, and the request is repeated once its lease expires
 */
export const recordOutcome = (
  database: Database,
  { request, refund: refundBefore }: PendingOperation,
  result: ProcessorResult,
  { responses, onChange }: { responses: ResponseBuilders; onChange: OnChange },
): Promise<StoredResponse | undefined> =>
  database.transaction(async (tx) => {
    const { payment, finished, operation } = await lockRequest(tx, request);
    let pending: PendingOperation = { payment, request };
    if (request.refundId !== null)
      pending.refund = await findRefund(tx, request.refundId);
    // Results of a finished request are outdated, with one exception: a refund that succeeded may fail later.
    if (!finished || refundBefore?.status === "succeeded")
      pending = await applyResult(tx, pending, result, onChange);
    if (!finished) {
      const delaySeconds = retryDelaySeconds(request.tries, result);
      if (isFinished(pending, result)) await finishRequest(tx, request);
      else
        await postponeRequest(tx, request, delaySeconds, errorMessage(result));
    }
    if (operation === null) return undefined;
    const response = await responses[operation](tx, pending);
    return storeResponseToRequest(tx, request.id, response);
  });

async function applyResult(
  tx: Queries,
  pending: PendingOperation,
  result: ProcessorResult,
  onChange: OnChange,
): Promise<PendingOperation> {
  const { payment, refund } = pending;
  if ("error" in result) return pending;
  if ("charge" in result)
    return result.charge
      ? {
          ...pending,
          payment: await settle(tx, payment, result.charge, onChange),
        }
      : pending;
  return refund && result.refund
    ? {
        ...pending,
        refund: await settleRefund(tx, payment, refund, result.refund),
      }
    : pending;
}

function isFinished(
  { request, payment, refund }: PendingOperation,
  result: ProcessorResult,
): boolean {
  if (refund) return refund.status !== "pending";
  if (isFinal(payment)) return true;
  return request.kind === "cancel" && !("error" in result);
}

const errorMessage = (result: ProcessorResult) =>
  "error" in result ? result.error.message : undefined;
