import { randomBytes } from "node:crypto";
import type { Queries } from "@marquee/service-kit";
import type { ChargeOutcome, ChargeRequest } from "../processor.ts";
import { type BehaviourName, behaviourNamed } from "./behaviours.ts";
import { type DeclineCode, declines } from "./failure-codes.ts";
import { findMethod, knownMethod } from "./payment-methods.ts";
import { untilAnswered } from "./simulate-outage.ts";

/** A charge as the sandbox keeps it. */
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
  /** Why it is declined, or will be. */
  code: DeclineCode | null;
}

const columns = `key, reference, payment_id AS "paymentId", amount, currency, token, return_url AS "returnUrl", behaviour, status,
  decline_code AS code`;

/** Ours: it also is what lets somebody approve the charge, so it has 128 random bits. */
const isReference = /^ch_[0-9a-f]{32}$/;

/**
 * Charges once, however often and in whatever order the same key comes.
 * @param settleAfter milliseconds that a charge is processing
 * @returns what it is by now; undefined if there is no such token
 * @throws ProcessorUnavailable if the card is one that isn't answered; Error if the key was another request's
 */
export async function addCharge(
  queries: Queries,
  request: ChargeRequest,
  settleAfter: number,
): Promise<Charge | undefined> {
  check(request);
  const known = knownMethod(request.token);
  // Of a token that we made, we don't know what it does: mostly it succeeds. So that is one statement, and the rest are more.
  const add = async (behaviour: BehaviourName, sure: boolean) => {
    await untilAnswered(queries, "charge", request.key, behaviour, false);
    return insert(queries, request, { behaviour, sure, settleAfter });
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
  if (!charge) throw new Error(`The charge ${request.key} is gone.`);
  assertSame(charge, request);
  await untilAnswered(queries, "charge", request.key, charge.behaviour, true);
  return charge;
}

/**
 * A charge that is new.
 * @param sure whether the token is known to behave so; otherwise there is a charge only if it does
 * @returns undefined if there is none, since the key is known or the token does something else
 */
async function insert(
  queries: Queries,
  request: ChargeRequest,
  how: { behaviour: BehaviourName; sure: boolean; settleAfter: number },
): Promise<Charge | undefined> {
  const { status, code, later } = behaviourNamed(how.behaviour);
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
      how.settleAfter / 1000,
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

/** By the caller's key. */
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

/** By our own name for it. */
export async function findReference(
  queries: Queries,
  reference: string,
): Promise<Charge | undefined> {
  if (!isReference.test(reference)) return undefined;
  const [charge] = await queries.query<Charge>(
    `SELECT ${columns} FROM sandbox_charges_now WHERE reference = $1`,
    [reference],
  );
  return charge;
}

/**
 * Ends a charge's waiting for somebody; one that doesn't wait stays as it is.
 * @returns what it is then; undefined if there is none with this reference
 */
export async function endAction(
  queries: Queries,
  reference: string,
  end: "approved" | "refused" | "canceled",
): Promise<Charge | undefined> {
  if (!isReference.test(reference)) return undefined;
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
  return ended ?? findReference(queries, reference);
}

/** In the words of the interface. */
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
  message: declines[code],
});

/** A mistake of the caller's, which no trying again makes right. */
function check({ key, amount, currency }: ChargeRequest): void {
  if (key === "") throw new Error("A charge needs a key that is not empty.");
  if (amount < 1n)
    throw new Error(`A charge's amount is 1 or more, and not ${amount}.`);
  if (!/^[A-Z]{3}$/.test(currency))
    throw new Error(
      `A currency has three capital letters, as ISO 4217 has it: ${currency} is none.`,
    );
}

/** As Stripe's idempotency_error. */
function assertSame(charge: Charge, request: ChargeRequest): void {
  const { paymentId, amount, currency, token, returnUrl = null } = request;
  const asked = { paymentId, amount, currency, token, returnUrl };
  for (const [name, value] of Object.entries(asked))
    if (charge[name as keyof typeof asked] !== value)
      throw new Error(
        `The key ${request.key} was another charge's: ${name} was different. A new charge needs a new key.`,
      );
}
