import { randomBytes } from "node:crypto";
import type { Queries } from "@marquee/service-kit";
import type { ChargeOutcome, ChargeRequest } from "../processor.ts";
import { type BehaviourName, behaviourNamed } from "./behaviours.ts";
import { type DeclineCode, declineMessages } from "./failure-codes.ts";
import { findMethod, publicMethod } from "./payment-methods.ts";
import { simulateOutage } from "./simulate-outage.ts";

/** A charge in the sandbox's tables. */
export interface Charge {
  key: string;
  reference: string;
  paymentId: string;
  amount: bigint;
  currency: string;
  token: string;
  returnUrl: string | null;
  behaviour: BehaviourName;
  status: ChargeOutcome["status"];
  /** Why it is declined, at once or later. */
  code: DeclineCode | null;
}

const columns = `key, reference, payment_id AS "paymentId", amount, currency, token, return_url AS "returnUrl", behaviour, status,
  decline_code AS code`;

/** Anyone who knows the reference can approve the charge, so it has 128 random bits. */
const referencePattern = /^ch_[0-9a-f]{32}$/;

/**
 * Charges at most once per key, also with concurrent calls.
 * @param settleAfterMs how long charges stay processing
 * @returns the charge's current state; undefined if the token is unknown
 * @throws ProcessorUnavailableError for cards that simulate an outage; Error if the key was used for another request
 */
export async function addCharge(
  queries: Queries,
  request: ChargeRequest,
  settleAfterMs: number,
): Promise<Charge | undefined> {
  assertValidRequest(request);
  const known = publicMethod(request.token);
  // The behaviour of a generated token is not known yet. It is usually "succeeds": try that first, in a single
  // statement.
  const add = async (behaviour: BehaviourName, sure: boolean) => {
    await simulateOutage(queries, "charge", request.key, behaviour, false);
    return insert(queries, request, { behaviour, sure, settleAfterMs });
  };
  let charge = known
    ? await add(known.behaviour, true)
    : await add("succeeds", false);
  charge ??= await findCharge(queries, request.key);
  if (!charge && !known) {
    const method = await findMethod(queries, request.token);
    if (!method) return undefined;
    charge = await add(method.behaviour, true);
    charge ??= await findCharge(queries, request.key);
  }
  if (!charge)
    throw new Error(`The charge with key ${request.key} has vanished.`);
  assertSameRequest(charge, request);
  await simulateOutage(queries, "charge", request.key, charge.behaviour, true);
  return charge;
}

/**
 * Inserts a new charge.
 * @param how `sure`: the token is known to have this behaviour; otherwise the statement checks it
 * @returns undefined if the key is already used, or the token has another behaviour
 */
async function insert(
  queries: Queries,
  request: ChargeRequest,
  how: { behaviour: BehaviourName; sure: boolean; settleAfterMs: number },
): Promise<Charge | undefined> {
  const { status, code, laterCode: later } = behaviourNamed(how.behaviour);
  const spent = later && (await wasCharged(queries, request.token));
  const [charge] = await queries.query<Charge>(
    `INSERT INTO sandbox_charges
       (key, reference, payment_id, amount, currency, token, return_url, behaviour, status, decline_code, settles_at)
     SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10,
       CASE WHEN $9 = 'processing' THEN now() + make_interval(secs => $11) END
     WHERE $12 OR EXISTS (SELECT FROM sandbox_methods WHERE token = $6 AND behaviour = $8)
     ON CONFLICT (key) DO NOTHING RETURNING ${columns}`,
    [
      request.key,
      `ch_${randomBytes(16).toString("hex")}`,
      request.paymentId,
      request.amount,
      request.currency,
      request.token,
      request.returnUrl ?? null,
      how.behaviour,
      spent ? "declined" : status,
      (spent ? later : code) ?? null,
      how.settleAfterMs / 1000,
      how.sure,
    ],
  );
  return charge;
}

async function wasCharged(queries: Queries, token: string): Promise<boolean> {
  const charges = await queries.query(
    "SELECT FROM sandbox_charges WHERE token = $1 AND behaviour = 'only_first' LIMIT 1",
    [token],
  );
  return charges.length > 0;
}

export async function findCharge(
  queries: Queries,
  key: string,
): Promise<Charge | undefined> {
  const [charge] = await queries.query<Charge>(
    `SELECT ${columns} FROM sandbox_charges_now WHERE key = $1`,
    [key],
  );
  return charge;
}

export async function findChargeByReference(
  queries: Queries,
  reference: string,
): Promise<Charge | undefined> {
  if (!referencePattern.test(reference)) return undefined;
  const [charge] = await queries.query<Charge>(
    `SELECT ${columns} FROM sandbox_charges_now WHERE reference = $1`,
    [reference],
  );
  return charge;
}

/**
 * Ends the wait for the customer's action. A charge that does not wait is unchanged.
 * @returns its state after that; undefined if the reference is unknown
 */
export async function endAction(
  queries: Queries,
  reference: string,
  end: "approved" | "refused" | "canceled",
): Promise<Charge | undefined> {
  if (!referencePattern.test(reference)) return undefined;
  const refused = "payment_intent_authentication_failure" as const;
  const [ended] = await queries.query<Charge>(
    `UPDATE sandbox_charges SET
       status = CASE
         WHEN $2 = 'canceled' THEN 'canceled'
         WHEN $2 = 'approved' AND decline_code IS NULL THEN 'succeeded'
         ELSE 'declined'
       END,
       decline_code = CASE WHEN $2 = 'refused' THEN $3 ELSE decline_code END
     WHERE reference = $1 AND status = 'requires_action' RETURNING ${columns}`,
    [reference, end, refused],
  );
  return ended ?? findChargeByReference(queries, reference);
}

/** @param url the sandbox's base URL in browsers */
export function outcomeOf(charge: Charge, url: string): ChargeOutcome {
  const { status, reference } = charge;
  switch (status) {
    case "requires_action":
      return {
        status,
        reference,
        nextAction: { url: `${url}/sandbox/authenticate/${reference}` },
      };
    case "declined":
      return declinedWith(charge.code ?? "card_declined", reference);
    case "canceled":
      return { status: "canceled", reference };
    default:
      return { status, reference };
  }
}

export const declinedWith = (
  code: DeclineCode,
  reference?: string,
): ChargeOutcome => ({
  status: "declined",
  ...(reference === undefined ? {} : { reference }),
  code,
  message: declineMessages[code],
});

/** A programming error of the caller: retrying can't succeed. */
function assertValidRequest({ key, amount, currency }: ChargeRequest): void {
  if (key === "") throw new Error("A charge needs a non-empty key.");
  if (amount < 1n)
    throw new Error(`A charge's amount has to be at least 1, not ${amount}.`);
  if (!/^[A-Z]{3}$/.test(currency))
    throw new Error(
      `"${currency}" is not an ISO 4217 code: expected three capital letters.`,
    );
}

/** Like Stripe's idempotency_error. */
function assertSameRequest(charge: Charge, request: ChargeRequest): void {
  const { paymentId, amount, currency, token, returnUrl = null } = request;
  const asked = { paymentId, amount, currency, token, returnUrl };
  for (const [name, value] of Object.entries(asked))
    if (charge[name as keyof typeof asked] !== value)
      throw new Error(
        `The key ${request.key} was used for another charge: ${name} differs. A new charge needs a new key.`,
      );
}
