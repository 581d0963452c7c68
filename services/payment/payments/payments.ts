import { randomUUID } from "node:crypto";
import { type Database, logger, type Queries } from "@marquee/service-kit";
import {
  type Answer,
  claim,
  findAnswer,
  type KeyedRequest,
  keepAnswer,
} from "../idempotency/keys.ts";
import {
  type Processor,
  ProcessorUnavailable,
} from "../processors/processor.ts";
import {
  type AskTimes,
  askCharge,
  askRefund,
  askTimes,
  type Work,
} from "./call-processor.ts";
import type { NewAttempt } from "./create.ts";
import { findPayment, findRefund } from "./payment-repository.ts";
import {
  type Attempt,
  findAttempt,
  findCharge,
  findRefunding,
  takeDue,
} from "./processor-requests.ts";
import { type Answers, conclude, type Heard } from "./record-outcome.ts";
import type { OnChange } from "./settle.ts";

export interface PaymentTimes extends AskTimes {
  /**
   * Seconds that who works at an attempt has, until another replica may take it up: more than a processor takes to answer (10 s)
   * and the statements after that (5 s). Two at work at once would do no harm: the processor knows the key. @default 20
   */
  lease: number;
}

export const paymentTimes: PaymentTimes = { ...askTimes, lease: 20 };

export interface PaymentsOptions {
  database: Database;
  processor: Processor;
  /** How requests are answered, by operation. */
  answers: Answers;
  /** What else happens when a payment changes. */
  onChange: OnChange;
  /** @default paymentTimes */
  times?: Partial<PaymentTimes> | undefined;
}

/** An answer, and whether it was given before. */
export type Answered = Answer & { replayed: boolean };

export interface Payments {
  processor: Processor;
  /** The answer that a request has already, if it came before. @throws HTTPException 409, 422; DatabaseUnavailableError */
  known(request: KeyedRequest): Promise<Answered | undefined>;
  /**
   * Does what a request asks for, once, whatever happens between: `begin` writes down, in the transaction that claims the
   * request's key, what the processor is to be asked; then the processor is asked; then what it said is written down, with the
   * answer. If this process ends between these, or the database or the processor is away, another one goes on.
   * @param operation which of the answers it gets
   * @param begin gives an Answer if nobody has to be asked; what it throws undoes all of it, and the key is free again
   * @throws HTTPException 409, 422 as findAnswer; DatabaseUnavailableError
   */
  perform(
    request: KeyedRequest,
    operation: string,
    begin: (tx: Queries, attempt: NewAttempt) => Promise<Work | Answer>,
  ): Promise<Answered>;
  /** As perform, for what is done in one transaction. */
  once(
    request: KeyedRequest,
    work: (tx: Queries) => Promise<Answer>,
  ): Promise<Answered>;
  /** Goes on with what nobody works at, if there is something. @returns how much there was @throws DatabaseUnavailableError */
  recover(limit?: number): Promise<number>;
  /**
   * The processor has news of a charge: it is asked what they are. One that is not known here is none of ours.
   * @param key under which it was charged, if the processor says that: it is known before the reference is
   * @throws ProcessorUnavailable, and what else keeps it from saying so: tell of it again; DatabaseUnavailableError
   */
  charged(reference: string, key?: string): Promise<void>;
  /** The processor has news of a refund, which may have failed after it succeeded. @throws as charged */
  refunded(reference: string, key?: string): Promise<void>;
}

export function createPayments(options: PaymentsOptions): Payments {
  const { database, processor } = options;
  const times = { ...paymentTimes, ...options.times };

  /** Asks the processor; whatever goes wrong there, nothing is known. */
  async function ask(work: Work): Promise<Heard> {
    try {
      return work.attempt.kind === "refund"
        ? { refund: await askRefund(processor, work, times) }
        : { charge: await askCharge(processor, work, times) };
    } catch (error) {
      const { id: attemptId, kind, paymentId } = work.attempt;
      const about = { err: error, attemptId, kind, paymentId };
      if (error instanceof ProcessorUnavailable)
        logger.warn(about, "the processor does not answer; it is asked again");
      else
        logger.error(about, "the processor can't be asked; it is tried again");
      return { error: error as Error };
    }
  }

  const workAt = async (work: Work) =>
    conclude(database, work, await ask(work), options);

  async function workOf(attempt: Attempt): Promise<Work> {
    const payment = await findPayment(database, attempt.paymentId);
    if (!payment) throw new Error(`There is no payment ${attempt.paymentId}.`);
    const { refundId } = attempt;
    const refund = refundId ? await findRefund(database, refundId) : undefined;
    return { attempt, payment, refund };
  }

  const take = async (attempt: Attempt) => workAt(await workOf(attempt));

  /**
   * Asks what became of an attempt that somebody else may be at. If that is not said now, nothing is: who is at it has its time,
   * and the request its own answer.
   */
  async function look(attempt: Attempt): Promise<void> {
    const work = await workOf(attempt);
    const heard = await ask(work);
    if ("error" in heard) throw heard.error;
    await conclude(database, work, heard, options);
    if (!("refund" in heard) || heard.refund?.status !== "failed") return;
    // Who was at it may have written an older answer down meanwhile, that it succeeded: then it is seen what became of it since.
    const refund = await findRefund(database, attempt.refundId ?? "");
    if (refund?.status === "succeeded") await look(attempt);
  }

  async function performed(
    request: KeyedRequest,
    operation: string,
    begin: (tx: Queries, attempt: NewAttempt) => Promise<Work | Answer>,
  ): Promise<Answered> {
    const id = randomUUID();
    const begun = await database.transaction(async (tx) => {
      const known = await claim(tx, request, { attemptId: id, operation });
      if (known) return { ...known, replayed: true };
      const begun = await begin(tx, { id, lease: times.lease });
      if ("attempt" in begun) return begun;
      await keepAnswer(tx, request, begun);
      return { ...begun, replayed: false };
    });
    if (!("attempt" in begun)) return begun;
    const answer = await workAt(begun);
    if (!answer) throw new Error("The request was claimed, and is gone.");
    return { ...answer, replayed: false };
  }

  return {
    processor,

    async known(request) {
      const answer = await findAnswer(database, request);
      return answer && { ...answer, replayed: true };
    },

    perform: performed,

    once: (request, work) =>
      database.transaction(async (tx) => {
        const known = await claim(tx, request);
        if (known) return { ...known, replayed: true };
        const answer = await work(tx);
        await keepAnswer(tx, request, answer);
        return { ...answer, replayed: false };
      }),

    async recover(limit = 10) {
      const due = await takeDue(database, processor.name, limit, times.lease);
      const taken = await Promise.allSettled(due.map(take));
      const failed = taken.find(({ status }) => status === "rejected");
      if (failed) throw (failed as PromiseRejectedResult).reason;
      return due.length;
    },

    async charged(reference, key) {
      const attempt =
        (await findCharge(database, processor.name, reference)) ??
        (await findAttempt(database, processor.name, "charge", key));
      if (attempt) await look(attempt);
    },

    async refunded(reference, key) {
      const attempt =
        (await findRefunding(database, processor.name, reference)) ??
        (await findAttempt(database, processor.name, "refund", key));
      if (attempt) await look(attempt);
    },
  };
}
