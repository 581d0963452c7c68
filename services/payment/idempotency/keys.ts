import type { Queries } from "@marquee/runtime";
import { HTTPException } from "hono/http-exception";

/** A request that changes something, and says by a key whether it is the same as another. */
export interface KeyedRequest {
  /** Whose key it is: a user's id, or `operator`. */
  scope: string;
  /** As the client chose it: 1 to 255 printable characters. */
  key: string;
  /** 32 bytes that are the same for the same method, path and body. */
  fingerprint: Buffer;
}

/** What a request was answered, byte for byte. One of 400 and more is a problem+json, others are JSON. */
export interface Answer {
  status: number;
  body: string;
}

/** Who finishes the work that a key was claimed for, if it is not done in the transaction of the claim. */
export interface Claimant {
  /** The attempt that the answer depends on. */
  attemptId: string;
  /** What says how it is answered. */
  operation: string;
}

interface Row {
  fingerprint: Buffer;
  status: number | null;
  body: string | null;
}

/**
 * The answer that a key has, or undefined if nobody has used it.
 * @throws HTTPException 422 if it was used for another request, 409 if that request is in flight; DatabaseAway
 */
export async function findAnswer(
  queries: Queries,
  { scope, key, fingerprint }: KeyedRequest,
): Promise<Answer | undefined> {
  const [row] = await queries.query<Row>(
    "SELECT fingerprint, status, body FROM idempotency_keys WHERE scope = $1 AND key = $2",
    [scope, key],
  );
  if (!row) return undefined;
  if (!row.fingerprint.equals(fingerprint))
    throw new HTTPException(422, {
      message:
        "This Idempotency-Key was used for another request: another body needs another key.",
    });
  const { status, body } = row;
  if (status === null || body === null) throw inFlight();
  return { status, body };
}

/**
 * Claims a key in the transaction of the work that it is for. Who comes second while that transaction is open is told so at
 * once, and does not wait for it.
 * @returns the answer that there is already, and then the work is not to be done
 * @throws as findAnswer
 */
export async function claim(
  tx: Queries,
  request: KeyedRequest,
  claimant?: Claimant,
): Promise<Answer | undefined> {
  const { scope, key, fingerprint } = request;
  const [{ free } = { free: false }] = await tx.query<{ free: boolean }>(
    "SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0)) AS free",
    [`idempotency ${scope} ${key}`],
  );
  if (!free) throw inFlight();
  const claimed = await tx.query(
    `INSERT INTO idempotency_keys (scope, key, fingerprint, attempt_id, operation)
     VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING RETURNING 1`,
    [
      scope,
      key,
      fingerprint,
      claimant?.attemptId ?? null,
      claimant?.operation ?? null,
    ],
  );
  return claimed.length > 0 ? undefined : findAnswer(tx, request);
}

/** Keeps the answer of a key that was claimed in this very transaction, where nobody else has to be asked. */
export async function keepAnswer(
  tx: Queries,
  { scope, key }: KeyedRequest,
  { status, body }: Answer,
): Promise<void> {
  await tx.query(
    "UPDATE idempotency_keys SET status = $3, body = $4, attempt_id = NULL, operation = NULL WHERE scope = $1 AND key = $2",
    [scope, key, status, body],
  );
}

/** The request that an attempt was begun for; undefined if there is none, as for a renewal. */
export async function requestOf(
  queries: Queries,
  attemptId: string,
): Promise<{ operation: string; answer: Answer | undefined } | undefined> {
  const [row] = await queries.query<Row & { operation: string }>(
    "SELECT operation, status, body FROM idempotency_keys WHERE attempt_id = $1",
    [attemptId],
  );
  if (!row) return undefined;
  const { operation, status, body } = row;
  const answered = status !== null && body !== null;
  return { operation, answer: answered ? { status, body } : undefined };
}

/** Keeps the answer to the request that an attempt was begun for. The first one stays. */
export async function keepAnswerOf(
  tx: Queries,
  attemptId: string,
  { status, body }: Answer,
): Promise<void> {
  await tx.query(
    "UPDATE idempotency_keys SET status = $2, body = $3 WHERE attempt_id = $1 AND status IS NULL",
    [attemptId, status, body],
  );
}

const inFlight = () =>
  new HTTPException(409, {
    message:
      "A request with this Idempotency-Key is in flight. Send it again shortly, and it is answered as the first one.",
    res: new Response(null, { headers: { "retry-after": "1" } }), // seconds
  });
