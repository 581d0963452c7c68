import type { Queries } from "@marquee/service-kit";
import * as z from "zod";
import { type Operation, parseOperation } from "./operation.ts";
import { type Payment, paymentColumns } from "./payment.ts";

/** A request to the processor, stored before it is sent and unfinished until its outcome is recorded. */
export interface ProcessorRequest {
  /** Also the idempotency key at the processor. */
  id: string;
  kind: "charge" | "cancel" | "refund";
  paymentId: string;
  /** With kind refund. */
  refundId: string | null;
  /** How often it was claimed. */
  tries: number;
  createdAt: Date;
}

const columns = `a.id, a.kind, a.payment_id AS "paymentId", a.refund_id AS "refundId", a.tries, a.created_at AS "createdAt"`;

/**
 * Stores a request that is about to be sent.
 * @param leaseSeconds how long the caller has to send it after the commit; 0: any replica may claim it at once
 */
export async function addRequest(
  tx: Queries,
  request: Pick<ProcessorRequest, "id" | "kind" | "paymentId"> & {
    refundId?: string;
  },
  leaseSeconds: number,
): Promise<ProcessorRequest> {
  const { id, kind, paymentId, refundId } = request;
  const [added] = await tx.query<ProcessorRequest>(
    `INSERT INTO attempts AS a (id, kind, payment_id, refund_id, due_at)
     VALUES ($1, $2, $3, $4, now() + make_interval(secs => $5)) RETURNING ${columns}`,
    [id, kind, paymentId, refundId ?? null, leaseSeconds],
  );
  return added as ProcessorRequest; // RETURNING
}

/**
 * Claims unfinished requests whose lease has expired. Concurrent replicas claim different ones. Only requests to the
 * given processor: no other one knows them. The processor is read in a subquery so that the planner always looks up due
 * requests first, then their payments by key.
 * @param leaseSeconds how long until another replica may claim them
 */
export const claimDueRequests = (
  queries: Queries,
  processor: string,
  limit: number,
  leaseSeconds: number,
): Promise<ProcessorRequest[]> =>
  queries.query<ProcessorRequest>(
    `UPDATE attempts a SET due_at = now() + make_interval(secs => $2), tries = tries + 1
     FROM (
       SELECT o.id FROM attempts o WHERE o.done_at IS NULL AND o.due_at <= now()
         AND (SELECT p.processor FROM payments p WHERE p.id = o.payment_id) = $3
       ORDER BY o.due_at LIMIT $1 FOR UPDATE SKIP LOCKED
     ) due WHERE a.id = due.id RETURNING ${columns}`,
    [limit, leaseSeconds, processor],
  );

/**
 * Locks a request and its payment until the transaction ends.
 * @returns the payment, whether the request is finished, and the operation that waits for its outcome, if any
 */
export async function lockRequest(
  tx: Queries,
  { id }: ProcessorRequest,
): Promise<{
  payment: Payment;
  finished: boolean;
  operation: Operation | null;
}> {
  const [row] = await tx.query<
    Payment & { doneAt: Date | null; operation: string | null }
  >(
    `SELECT ${paymentColumns}, a.done_at AS "doneAt", k.operation
     FROM payments p JOIN attempts a ON a.payment_id = p.id LEFT JOIN idempotency_keys k ON k.attempt_id = a.id
     WHERE a.id = $1 FOR NO KEY UPDATE OF p, a`,
    [id],
  );
  if (!row) throw new Error(`There is no processor request ${id}.`);
  const { doneAt, operation, ...payment } = row;
  return {
    payment,
    finished: doneAt !== null,
    operation: operation === null ? null : parseOperation(operation),
  };
}

/** Marks a request as finished, in the transaction that records its outcome. */
export async function finishRequest(
  tx: Queries,
  { id }: ProcessorRequest,
): Promise<void> {
  await tx.query(
    "UPDATE attempts SET done_at = now(), last_error = NULL WHERE id = $1",
    [id],
  );
}

/**
 * Schedules a request to be claimed again, unless another replica has claimed it since.
 * @param error what went wrong, for operators
 */
export async function postponeRequest(
  queries: Queries,
  { id, tries }: ProcessorRequest,
  delaySeconds: number,
  error?: string,
): Promise<void> {
  await queries.query(
    `UPDATE attempts SET due_at = now() + make_interval(secs => $3), last_error = $4
     WHERE id = $1 AND tries = $2 AND done_at IS NULL`,
    [id, tries, delaySeconds, error ?? null],
  );
}

/** Finds the charge request of a payment by the processor's reference. */
export async function findChargeRequest(
  queries: Queries,
  processor: string,
  reference: string,
): Promise<ProcessorRequest | undefined> {
  const [request] = await queries.query<ProcessorRequest>(
    `SELECT ${columns} FROM payments p JOIN attempts a ON a.payment_id = p.id AND a.kind = 'charge'
     WHERE p.processor = $1 AND p.reference = $2`,
    [processor, reference],
  );
  return request;
}

/** Finds the request of a refund by the processor's reference. */
export async function findRefundRequest(
  queries: Queries,
  processor: string,
  reference: string,
): Promise<ProcessorRequest | undefined> {
  const [request] = await queries.query<ProcessorRequest>(
    `SELECT ${columns} FROM refunds r JOIN payments p ON p.id = r.payment_id JOIN attempts a ON a.refund_id = r.id
     WHERE p.processor = $1 AND r.reference = $2`,
    [processor, reference],
  );
  return request;
}

/**
 * Finds a request by its id. @param id comes from the processor; values that are not ids of this service find nothing
 */
export async function findRequest(
  queries: Queries,
  processor: string,
  kind: ProcessorRequest["kind"],
  id: string | undefined,
): Promise<ProcessorRequest | undefined> {
  if (!z.uuid().safeParse(id).success) return undefined;
  const [request] = await queries.query<ProcessorRequest>(
    `SELECT ${columns} FROM attempts a JOIN payments p ON p.id = a.payment_id
     WHERE a.id = $1 AND a.kind = $2 AND p.processor = $3`,
    [id, kind, processor],
  );
  return request;
}
