import { setTimeout as sleep } from "node:timers/promises";
import { type Database, DatabaseUnavailableError } from "@marquee/service-kit";
import {
  type ChargeOutcome,
  type Processor,
  ProcessorUnavailable,
} from "../processor.ts";
import { type Action, findAction } from "./actions.ts";
import {
  addCharge,
  declinedWith,
  endAction,
  findCharge,
  outcomeOf,
} from "./charges.ts";
import { addMethod, findMethod, type Method } from "./payment-methods.ts";
import { addRefund, findRefund, refundOutcomeOf } from "./refunds.ts";
import { type Book, readBooks } from "./totals.ts";

export interface SandboxOptions {
  /** What the URLs of actions begin with, as people's browsers reach it: an origin, or an origin and a path. @default "" */
  url?: string;
  /** What time it is, for the dates on cards. @default the computer's clock */
  clock?: () => Date;
  /** Milliseconds that each answer takes longer, as over a network. @default 0 */
  latency?: number;
  /** Milliseconds that charges are processing, and refunds pending, with cards for that. @default 2000 */
  settleAfter?: number;
}

/** A processor that moves no money, and behaves as those do that move some. */
export interface Sandbox extends Processor {
  readonly name: "sandbox";
  /** What a bank asks about a charge, as long as it is not answered. @throws ProcessorUnavailable */
  pendingAction(reference: string): Promise<Action | undefined>;
  /** As pendingAction, and what was answered. @throws ProcessorUnavailable */
  findAction(reference: string): Promise<Action | undefined>;
  /**
   * Answers what the bank asks. The first answer stands: another one changes nothing.
   * @returns what became of the charge; undefined if there is none
   * @throws ProcessorUnavailable
   */
  authenticate(
    reference: string,
    approve: boolean,
  ): Promise<ChargeOutcome | undefined>;
  /** What was charged and given back, by currency. @throws ProcessorUnavailable */
  books(): Promise<Book[]>;
}

/**
 * The sandbox: a payment processor with Stripe's test cards (cards.ts lists them, and those of our own). It is another company
 * that happens to have its books in our database: its tables are its own, and each call is one of its own transactions, as if
 * there were a network between. A card's number and its code are looked at, and go nowhere.
 */
export function createSandbox(
  database: Database,
  options: SandboxOptions = {},
): Sandbox {
  const { url = "", latency = 0, settleAfter = 2_000 } = options;
  const { clock = () => new Date() } = options;

  /** As over a network: it takes time, and may not come through. */
  async function over<T>(work: () => Promise<T>): Promise<T> {
    if (latency > 0) await sleep(latency);
    try {
      return await work();
    } catch (error) {
      if (error instanceof DatabaseUnavailableError)
        throw new ProcessorUnavailable("The sandbox does not answer.", {
          cause: error,
        });
      throw error;
    }
  }

  return {
    name: "sandbox",
    tokenize: (card) =>
      over(async () => summary(await addMethod(database, card, clock()))),
    describe: (token) =>
      over(async () => {
        const method = await findMethod(database, token);
        return method && summary(method);
      }),
    charge: (request) =>
      over(async () => {
        const charge = await addCharge(database, request, settleAfter);
        return charge
          ? outcomeOf(charge, url)
          : declinedWith("resource_missing");
      }),
    find: (key) =>
      over(async () => {
        const charge = await findCharge(database, key);
        return charge && outcomeOf(charge, url);
      }),
    cancel: (reference) =>
      over(async () => {
        const charge = await endAction(database, reference, "canceled");
        if (!charge) throw new Error(`There is no charge ${reference}.`);
        return outcomeOf(charge, url);
      }),
    refund: (request) =>
      over(async () =>
        refundOutcomeOf(await addRefund(database, request, settleAfter)),
      ),
    findRefund: (key) =>
      over(async () => {
        const refund = await findRefund(database, key);
        return refund && refundOutcomeOf(refund);
      }),
    findAction: (reference) => over(() => findAction(database, reference)),
    pendingAction: (reference) =>
      over(async () => {
        const action = await findAction(database, reference);
        return action?.answer === undefined ? action : undefined;
      }),
    authenticate: (reference, approve) =>
      over(async () => {
        const end = approve ? "approved" : "refused";
        const charge = await endAction(database, reference, end);
        return charge && outcomeOf(charge, url);
      }),
    books: () => over(() => readBooks(database)),
  };
}

const summary = ({ token, brand, last4 }: Method) => ({ token, brand, last4 });
