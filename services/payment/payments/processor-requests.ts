import type { Queries } from "@marquee/service-kit";
import * as z from "zod";
import { type Payment, paymentColumns } from "./payment.ts";

/** Something that the processor is asked to do, and that is not over until its answer is written down. */
export interface Attempt {
  /** Also the key by which the processor knows a request that comes again. */
  id: string;
  kind: "charge" | "cancel" | "refund";
  paymentId: string;
  /** With kind refund. */
  refundId: string | null;
  /** How often it was taken up. */
  tries: number;
  createdAt: Date;
}

const columns = `a.id, a.kind, a.payment_id AS "paymentId", a.refund_id AS "refundId", a.tries, a.created_at AS "createdAt"`;

/**
 * Writes down that the processor is about to be asked.
 * @param lease seconds that who calls has to work at it, after the commit; with 0 any replica takes it up
 */
export async function addAttempt(
  tx: Queries,
  attempt: Pick<Attempt, "id" | "kind" | "paymentId"> & { refundId?: string },
  lease: number,
): Promise<Attempt> {
  const { id, kind, paymentId, refundId } = attempt;
  const [added] = await tx.query<Attempt>(
    `INSERT INTO attempts AS a (id, kind, payment_id, refund_id, due_at)
     VALUES ($1, $2, $3, $4, now() + make_interval(secs => $5)) RETURNING ${columns}`,
    [id, kind, paymentId, refundId ?? null, lease],
  );
  return added as Attempt; // RETURNING
}

/**
 * Takes up attempts that nobody works at, of payments of one processor: no other one may be asked about them. Several replicas
 * take different ones. Whose they are is a subquery, which leaves the planner one way: by the payment's key, for those that are due.
 * @param lease seconds until another replica may take them up
 */
export const takeDue = (
  queries: Queries,
  processor: string,
  limit: number,
  lease: number,
): Promise<Attempt[]> =>
  queries.query<Attempt>(
    `UPDATE attempts a SET due_at = now() + make_interval(secs => $2), tries = tries + 1
     FROM (
       SELECT o.id FROM attempts o WHERE o.done_at IS NULL AND o.due_at <= now()
         AND (SELECT p.processor FROM payments p WHERE p.id = o.payment_id) = $3
       ORDER BY o.due_at LIMIT $1 FOR UPDATE SKIP LOCKED
     ) due WHERE a.id = due.id RETURNING ${columns}`,
    [limit, lease, processor],
  );

/**
 * An attempt's payment, whether the attempt is over, and how the request that it was begun for is to be answered, if there is
 * one. Nobody else changes payment and attempt until the transaction ends.
 */
export async function lockAttempt(
  tx: Queries,
  { id }: Attempt,
): Promise<{ payment: Payment; over: boolean; operation: string | null }> {
  const [row] = await tx.query<
    Payment & { doneAt: Date | null; operation: string | null }
  >(
    `SELECT ${paymentColumns}, a.done_at AS "doneAt", k.operation
     FROM payments p JOIN attempts a ON a.payment_id = p.id LEFT JOIN idempotency_keys k ON k.attempt_id = a.id
     WHERE a.id = $1 FOR NO KEY UPDATE OF p, a`,
    [id],
  );
  if (!row) throw new Error(`There is no attempt ${id}.`);
  const { doneAt, operation, ...payment } = row;
  return { payment, over: doneAt !== null, operation };
}

/** It is over: its outcome is written down in this very transaction. */
export async function finish(tx: Queries, { id }: Attempt): Promise<void> {
  await tx.query(
    "UPDATE attempts SET done_at = now(), last_error = NULL WHERE id = $1",
    [id],
  );
}

/**
 * It is to be taken up again later, by whoever comes first, unless somebody else has taken it up since.
 * @param seconds from now
 * @param error what went wrong, in words for an operator
 */
export async function postpone(
  queries: Queries,
  { id, tries }: Attempt,
  seconds: number,
  error?: string,
): Promise<void> {
  await queries.query(
    `UPDATE attempts SET due_at = now() + make_interval(secs => $3), last_error = $4
     WHERE id = $1 AND tries = $2 AND done_at IS NULL`,
    [id, tries, seconds, error ?? null],
  );
}

/** The attempt to charge a payment that the processor knows by a reference. */
export async function findCharge(
  queries: Queries,
  processor: string,
  reference: string,
): Promise<Attempt | undefined> {
  const [attempt] = await queries.query<Attempt>(
    `SELECT ${columns} FROM payments p JOIN attempts a ON a.payment_id = p.id AND a.kind = 'charge'
     WHERE p.processor = $1 AND p.reference = $2`,
    [processor, reference],
  );
  return attempt;
}

/** The attempt of a refund that the processor knows by a reference. */
export async function findRefunding(
  queries: Queries,
  processor: string,
  reference: string,
): Promise<Attempt | undefined> {
  const [attempt] = await queries.query<Attempt>(
    `SELECT ${columns} FROM refunds r JOIN payments p ON p.id = r.payment_id JOIN attempts a ON a.refund_id = r.id
     WHERE p.processor = $1 AND r.reference = $2`,
    [processor, reference],
  );
  return attempt;
}

/** An attempt at a processor, by its id. @param id undefined, or none of ours, is none */
export async function findAttempt(
  queries: Queries,
  processor: string,
  kind: Attempt["kind"],
  id: string | undefined,
): Promise<Attempt | undefined> {
  if (!z.uuid().safeParse(id).success) return undefined;
  const [attempt] = await queries.query<Attempt>(
    `SELECT ${columns} FROM attempts a JOIN payments p ON p.id = a.payment_id
     WHERE a.id = $1 AND a.kind = $2 AND p.processor = $3`,
    [id, kind, processor],
  );
  return attempt;
}
