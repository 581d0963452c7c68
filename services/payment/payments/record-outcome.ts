import type { Database, Queries } from "@marquee/service-kit";
import { type Answer, keepAnswerOf } from "../idempotency/keys.ts";
import type { ChargeOutcome, RefundOutcome } from "../processors/processor.ts";
import type { Work } from "./call-processor.ts";
import { findRefund } from "./payment-repository.ts";
import { finish, lockAttempt, postpone } from "./processor-requests.ts";
import { settleRefund } from "./refunds.ts";
import { isFinal, type OnChange, settle } from "./settle.ts";

/** How the requests are answered that attempts were begun for, by operation. */
export type Answers = Readonly<
  Record<string, (tx: Queries, work: Work) => Answer | Promise<Answer>>
>;

/** What the processor said, or why nothing is known. Undefined: nothing was to be asked any more. */
export type Heard =
  | { charge: ChargeOutcome | undefined }
  | { refund: RefundOutcome | undefined }
  | { error: Error };

/** Seconds until an attempt is taken up again that failed, or that the processor still works at. */
function delay(tries: number, heard: Heard): number {
  const most = "error" in heard ? 300 : 60;
  return Math.min(2 ** (tries - 1), most) * (0.8 + 0.4 * Math.random());
}

/**
 * Writes down what was heard, in one transaction: what became of the payment and all that depends on it, that the attempt is
 * over or is to be taken up again, and the answer to the request that it was begun for.
 * @returns that answer, or the one that was given before; undefined if there was no request
 * @throws DatabaseUnavailableError: then nothing of it is done, and the attempt is taken up again when its lease is over
 */
export const conclude = (
  database: Database,
  { attempt, refund: asked }: Work,
  heard: Heard,
  { answers, onChange }: { answers: Answers; onChange: OnChange },
): Promise<Answer | undefined> =>
  database.transaction(async (tx) => {
    const { payment, over, operation } = await lockAttempt(tx, attempt);
    let work: Work = { payment, attempt };
    if (attempt.refundId !== null)
      work.refund = await findRefund(tx, attempt.refundId);
    // Of a refund that had succeeded before the processor was asked, what it said is news. Other answers came too late.
    if (!over || asked?.status === "succeeded")
      work = await writeDown(tx, work, heard, onChange);
    if (!over) {
      if (isOver(work, heard)) await finish(tx, attempt);
      else await postpone(tx, attempt, delay(attempt.tries, heard), why(heard));
    }
    if (operation === null) return undefined;
    const answerTo = answers[operation];
    if (!answerTo) throw new Error(`Nobody answers "${operation}".`);
    return keepAnswerOf(tx, attempt.id, await answerTo(tx, work));
  });

async function writeDown(
  tx: Queries,
  work: Work,
  heard: Heard,
  onChange: OnChange,
): Promise<Work> {
  if ("error" in heard) return work;
  if ("charge" in heard)
    return heard.charge
      ? {
          ...work,
          payment: await settle(tx, work.payment, heard.charge, onChange),
        }
      : work;
  return work.refund && heard.refund
    ? {
        ...work,
        refund: await settleRefund(tx, work.payment, work.refund, heard.refund),
      }
    : work;
}

/** Whether nothing is left to ask. */
function isOver({ attempt, payment, refund }: Work, heard: Heard): boolean {
  if (refund) return refund.status !== "pending";
  return isFinal(payment) || (attempt.kind === "cancel" && !("error" in heard));
}

const why = (heard: Heard) =>
  "error" in heard ? heard.error.message : undefined;
