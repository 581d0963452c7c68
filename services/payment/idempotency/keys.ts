import type { Queries } from "@marquee/service-kit";

/** A request with an Idempotency-Key. */
export interface IdempotentRequest {
  /** Whose key it is: a user's id, or `operator`. */
  scope: string;
  /** Chosen by the client: 1 to 255 printable ASCII characters. */
  key: string;
  /** 32 bytes, equal for requests with the same method, path and body. */
  fingerprint: Buffer;
}

declare const parsed: unique symbol;

/** The JSON of a `Body`. */
export type JsonText<Body> = string & { readonly [parsed]?: Body };

/** A response, byte for byte. The body is problem+json from status 400 on, JSON otherwise. */
export interface StoredResponse<
  Status extends number = number,
  Body = unknown,
> {
  status: Status;
  body: JsonText<Body>;
}

/** The processor request that determines the response to a claimed key. */
export interface ResponseSource {
  processorRequestId: string;
  operation: string;
}

/** The key was used for another request. */
export class IdempotencyKeyReusedError extends Error {
  override readonly name = "IdempotencyKeyReusedError";

  constructor() {
    super(
      "This Idempotency-Key was used for another request: another body needs another key.",
    );
  }
}

/** The first request with the key has no response yet. */
export class IdempotencyKeyInFlightError extends Error {
  override readonly name = "IdempotencyKeyInFlightError";

  constructor() {
    super(
      "A request with this Idempotency-Key is in flight. Send it again shortly to get the first request's response.",
    );
  }
}

interface Row {
  fingerprint: Buffer;
  status: StoredResponse["status"] | null;
  body: StoredResponse["body"] | null;
}

/**
 * The response stored for a key, or undefined if the key is new.
 * @throws IdempotencyKeyReusedError, IdempotencyKeyInFlightError, DatabaseUnavailableError
 */
export async function findStoredResponse(
  queries: Queries,
  { scope, key, fingerprint }: IdempotentRequest,
): Promise<StoredResponse | undefined> {
  const [row] = await queries.query<Row>(
    "SELECT fingerprint, status, body FROM idempotency_keys WHERE scope = $1 AND key = $2",
    [scope, key],
  );
  if (!row) return undefined;
  if (!row.fingerprint.equals(fingerprint))
    throw new IdempotencyKeyReusedError();
  const { status, body } = row;
  if (status === null || body === null) throw new IdempotencyKeyInFlightError();
  return { status, body };
}

/**
 * Claims a key in the transaction that does the work. A concurrent request with the same key fails at once instead of
 * waiting for that transaction.
 * @param source with work that the transaction does not finish
 * @returns the stored response if the work is done already
 * @throws as findStoredResponse
 */
export async function claimKey(
  tx: Queries,
  request: IdempotentRequest,
  source?: ResponseSource,
): Promise<StoredResponse | undefined> {
  const { scope, key, fingerprint } = request;
  const claimed = await tx.query(
    `INSERT INTO idempotency_keys (scope, key, fingerprint, attempt_id, operation)
     SELECT $1, $2, $3, $4, $5 WHERE pg_try_advisory_xact_lock(hashtextextended($6, 0))
     ON CONFLICT DO NOTHING RETURNING 1`,
    [
      scope,
      key,
      fingerprint,
      source?.processorRequestId ?? null,
      source?.operation ?? null,
      `idempotency ${scope} ${key}`,
    ],
  );
  if (claimed.length > 0) return undefined;
  const known = await findStoredResponse(tx, request);
  if (!known) throw new IdempotencyKeyInFlightError(); // the lock's holder has not committed yet
  return known;
}

/** Stores the response in the transaction that claimed the key. */
export async function storeResponse(
  tx: Queries,
  { scope, key }: IdempotentRequest,
  { status, body }: StoredResponse,
): Promise<void> {
  await tx.query(
    "UPDATE idempotency_keys SET status = $3, body = $4, attempt_id = NULL, operation = NULL WHERE scope = $1 AND key = $2",
    [scope, key, status, body],
  );
}

/**
 * Stores the response that a processor request determines, unless one is stored already.
 * @returns the stored response
 */
export async function storeResponseToRequest(
  tx: Queries,
  processorRequestId: string,
  { status, body }: StoredResponse,
): Promise<StoredResponse> {
  const stored = await tx.query(
    "UPDATE idempotency_keys SET status = $2, body = $3 WHERE attempt_id = $1 AND status IS NULL RETURNING 1",
    [processorRequestId, status, body],
  );
  if (stored.length > 0) return { status, body };
  const [first] = await tx.query<StoredResponse>(
    "SELECT status, body FROM idempotency_keys WHERE attempt_id = $1",
    [processorRequestId],
  );
  if (!first)
    throw new Error(
      `No idempotency key belongs to processor request ${processorRequestId}.`,
    );
  return first;
}
