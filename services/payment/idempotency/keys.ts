import type { Queries } from "@marquee/service-kit";
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
 * @throws HTTPException 422 if it was used for another request, 409 if that request is in flight; DatabaseUnavailableError
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
  const claimed = await tx.query(
    `INSERT INTO idempotency_keys (scope, key, fingerprint, attempt_id, operation)
     SELECT $1, $2, $3, $4, $5 WHERE pg_try_advisory_xact_lock(hashtextextended($6, 0))
     ON CONFLICT DO NOTHING RETURNING 1`,
    [
      scope,
      key,
      fingerprint,
      claimant?.attemptId ?? null,
      claimant?.operation ?? null,
      `idempotency ${scope} ${key}`,
    ],
  );
  if (claimed.length > 0) return undefined;
  const known = await findAnswer(tx, request);
  if (!known) throw inFlight(); // who has the lock has not committed yet
  return known;
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

/**
 * Keeps the answer to the request that an attempt was begun for, unless it has one.
 * @returns the answer that it has
 */
export async function keepAnswerOf(
  tx: Queries,
  attemptId: string,
  { status, body }: Answer,
): Promise<Answer> {
  const kept = await tx.query(
    "UPDATE idempotency_keys SET status = $2, body = $3 WHERE attempt_id = $1 AND status IS NULL RETURNING 1",
    [attemptId, status, body],
  );
  if (kept.length > 0) return { status, body };
  const [first] = await tx.query<Answer>(
    "SELECT status, body FROM idempotency_keys WHERE attempt_id = $1",
    [attemptId],
  );
  if (!first) throw new Error(`Nobody asked for attempt ${attemptId}.`);
  return first;
}

const inFlight = () =>
  new HTTPException(409, {
    message:
      "A request with this Idempotency-Key is in flight. Send it again shortly, and it is answered as the first one.",
    res: new Response(null, { headers: { "retry-after": "1" } }), // seconds
  });
