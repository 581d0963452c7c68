import { randomUUID } from "node:crypto";
import { type Database, logger, type Queries } from "@marquee/service-kit";
import {
  claimKey,
  findStoredResponse,
  type IdempotentRequest,
  type StoredResponse,
  storeResponse,
} from "../idempotency/keys.ts";
import {
  type Processor,
  ProcessorUnavailableError,
} from "../processors/processor.ts";
import {
  executeRequest,
  type ProcessorCallTimes,
  processorCallTimes,
  requestRefund,
} from "./call-processor.ts";
import type { NewProcessorRequest } from "./create.ts";
import type { Operation } from "./operation.ts";
import { findPayment, findRefund } from "./payment-repository.ts";
import type {
  PendingOperation,
  ResponseBuilders,
} from "./pending-operation.ts";
import {
  claimDueRequests,
  findChargeRequest,
  findRefundRequest,
  findRequest,
  type ProcessorRequest,
} from "./processor-requests.ts";
import { type ProcessorResult, recordOutcome } from "./record-outcome.ts";
import type { OnChange } from "./settle.ts";

export interface PaymentTimes extends ProcessorCallTimes {
  /**
   * How long a replica may work on a request before another one may claim it: longer than a call to the processor (10
   * s) and the statements after it (5 s). Overlapping calls are harmless, since the processor knows the key. @default
   * 20
   */
  leaseSeconds: number;
}

const paymentTimes: PaymentTimes = {
  ...processorCallTimes,
  leaseSeconds: 20,
};

export interface PaymentsOptions<Responses extends ResponseBuilders> {
  database: Database;
  processor: Processor;
  responses: Responses;
  /** Called in the transaction that changes a payment's status. */
  onChange: OnChange;
  /** @default paymentTimes */
  times?: Partial<PaymentTimes> | undefined;
}

/** A response, and whether it was sent before. */
export type IdempotentResponse<R extends StoredResponse = StoredResponse> =
  R & {
    replayed: boolean;
  };

/** Stores what the processor is to be asked, or returns the response if the processor is not needed. */
type Start<R extends StoredResponse> = (
  tx: Queries,
  request: NewProcessorRequest,
) => Promise<PendingOperation | R>;

type ResponseTo<
  O extends Operation,
  Responses extends ResponseBuilders,
> = Awaited<ReturnType<Responses[O]>>;

export interface Payments<
  Responses extends ResponseBuilders = ResponseBuilders,
> {
  processor: Processor;
  /** The response to an earlier request with the same key. @throws as findStoredResponse of idempotency/keys.ts */
  findStoredResponse(
    request: IdempotentRequest,
  ): Promise<IdempotentResponse | undefined>;
  /**
   * Runs an operation exactly once, in three steps: one transaction claims the idempotency key and stores the request
   * to the processor (`start`); then the processor is called; then another transaction records the outcome and the
   * response. If this process dies in between, or the database or the processor is unavailable, any replica resumes.
   * @param start an error that it throws rolls everything back, and the key can be used again
   * @throws IdempotencyKeyReusedError, IdempotencyKeyInFlightError, DatabaseUnavailableError
   */
  runIdempotent<O extends Operation, R extends StoredResponse = never>(
    idempotentRequest: IdempotentRequest,
    operation: O,
    start: Start<R>,
  ): Promise<IdempotentResponse<R | ResponseTo<O, Responses>>>;
  /** Like runIdempotent, for work that needs no processor: claims the key, works and responds in one transaction. */
  runIdempotentInTransaction<R extends StoredResponse>(
    idempotentRequest: IdempotentRequest,
    work: (tx: Queries) => Promise<R>,
  ): Promise<IdempotentResponse<R>>;
  /**
   * Resumes unfinished requests whose lease has expired.
   * @returns how many it claimed
   * @throws DatabaseUnavailableError
   */
  recover(limit?: number): Promise<number>;
  /**
   * Handles a processor notification about a charge by fetching its current state. Unknown charges are ignored.
   * @param key the charge's key, if the processor tells it: the reference may not be recorded yet
   * @throws ProcessorUnavailableError or another error if the state can't be fetched: notify again;
   * DatabaseUnavailableError
   */
  refreshCharge(reference: string, key?: string): Promise<void>;
  /** Handles a notification about a refund, which may fail after it succeeded. @throws as refreshCharge */
  refreshRefund(reference: string, key?: string): Promise<void>;
}

/** The stored response is one of the same route, because the fingerprint depends on method and path. */
const replay = <R extends StoredResponse>(
  stored: StoredResponse,
): IdempotentResponse<R> => ({ ...(stored as R), replayed: true });

export function createPayments<Responses extends ResponseBuilders>(
  options: PaymentsOptions<Responses>,
): Payments<Responses> {
  const { database, processor } = options;
  const times = { ...paymentTimes, ...options.times };

  async function callProcessor(
    pending: PendingOperation,
  ): Promise<ProcessorResult> {
    try {
      return pending.request.kind === "refund"
        ? { refund: await requestRefund(processor, pending, times) }
        : { charge: await executeRequest(processor, pending, times) };
    } catch (error) {
      const { id: attemptId, kind, paymentId } = pending.request;
      const fields = { err: error, attemptId, kind, paymentId };
      if (error instanceof ProcessorUnavailableError)
        logger.warn(fields, "the processor is unavailable; retrying later");
      else
        logger.error(
          fields,
          "the call to the processor failed; retrying later",
        );
      return { error: error as Error };
    }
  }

  const callAndRecord = async (pending: PendingOperation) =>
    recordOutcome(database, pending, await callProcessor(pending), options);

  async function pendingOperation(
    request: ProcessorRequest,
  ): Promise<PendingOperation> {
    const payment = await findPayment(database, request.paymentId);
    if (!payment) throw new Error(`There is no payment ${request.paymentId}.`);
    const { refundId } = request;
    const refund = refundId ? await findRefund(database, refundId) : undefined;
    return { request, payment, refund };
  }

  const resume = async (request: ProcessorRequest) =>
    callAndRecord(await pendingOperation(request));

  /**
   * Fetches the outcome of a request that another replica may be processing. If the call fails, nothing is recorded:
   * the holder of the lease does that, and responds.
   */
  async function refresh(request: ProcessorRequest): Promise<void> {
    const pending = await pendingOperation(request);
    const result = await callProcessor(pending);
    if ("error" in result) throw result.error;
    await recordOutcome(database, pending, result, options);
    if (!("refund" in result) || result.refund?.status !== "failed") return;
    // The holder of the lease may have recorded an older outcome, success, in the meantime: look up the failure again.
    const refund = await findRefund(database, request.refundId ?? "");
    if (refund?.status === "succeeded") await refresh(request);
  }

  return {
    processor,

    async findStoredResponse(request) {
      const response = await findStoredResponse(database, request);
      return response && replay(response);
    },

    async runIdempotent<O extends Operation, R extends StoredResponse = never>(
      idempotentRequest: IdempotentRequest,
      operation: O,
      start: Start<R>,
    ) {
      const id = randomUUID();
      const started = await database.transaction(async (tx) => {
        const source = { processorRequestId: id, operation };
        const known = await claimKey(tx, idempotentRequest, source);
        if (known) return replay<R>(known);
        const { leaseSeconds } = times;
        const started = await start(tx, { id, leaseSeconds });
        if ("request" in started) return started;
        await storeResponse(tx, idempotentRequest, started);
        return { ...started, replayed: false };
      });
      if (!("request" in started)) return started;
      const response = await callAndRecord(started);
      if (!response)
        throw new Error(`The idempotency key of request ${id} has vanished.`);
      return {
        ...(response as ResponseTo<O, Responses>),
        replayed: false,
      };
    },

    runIdempotentInTransaction: <R extends StoredResponse>(
      idempotentRequest: IdempotentRequest,
      work: (tx: Queries) => Promise<R>,
    ) =>
      database.transaction(async (tx) => {
        const known = await claimKey(tx, idempotentRequest);
        if (known) return replay<R>(known);
        const response = await work(tx);
        await storeResponse(tx, idempotentRequest, response);
        return { ...response, replayed: false };
      }),

    async recover(limit = 10) {
      const due = await claimDueRequests(
        database,
        processor.name,
        limit,
        times.leaseSeconds,
      );
      const resumed = await Promise.allSettled(due.map(resume));
      const failed = resumed.find(({ status }) => status === "rejected");
      if (failed) throw (failed as PromiseRejectedResult).reason;
      return due.length;
    },

    async refreshCharge(reference, key) {
      const request =
        (await findChargeRequest(database, processor.name, reference)) ??
        (await findRequest(database, processor.name, "charge", key));
      if (request) await refresh(request);
    },

    async refreshRefund(reference, key) {
      const request =
        (await findRefundRequest(database, processor.name, reference)) ??
        (await findRequest(database, processor.name, "refund", key));
      if (request) await refresh(request);
    },
  };
}
