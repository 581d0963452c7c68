import { setTimeout as sleep } from "node:timers/promises";
import { type Database, DatabaseUnavailableError } from "@marquee/service-kit";
import {
  type ChargeOutcome,
  type Processor,
  ProcessorUnavailableError,
} from "../processor.ts";
import { type Action, findAction } from "./actions.ts";
import {
  addCharge,
  declinedWith,
  endAction,
  findCharge,
  outcomeOf,
} from "./charges.ts";
import {
  addMethod,
  findMethod,
  type SandboxMethod,
} from "./payment-methods.ts";
import { addRefund, findRefund, refundOutcomeOf } from "./refunds.ts";
import { type CurrencyTotals, readTotals } from "./totals.ts";

export interface SandboxOptions {
  /** Base URL of actions in browsers: an origin, or an origin and a path. @default "" */
  url?: string;
  /** Current time, for the expiry of cards. @default the system clock */
  clock?: () => Date;
  /** Simulated network latency. @default 0 */
  latencyMs?: number;
  /** How long charges stay processing and refunds pending, with test cards for that. @default 2000 */
  settleAfterMs?: number;
}

/** A processor that moves no money. */
export interface Sandbox extends Processor {
  readonly name: "sandbox";
  /** Finds an authentication that waits for an answer. @throws ProcessorUnavailableError */
  pendingAction(reference: string): Promise<Action | undefined>;
  /** Like pendingAction, including answered ones. @throws ProcessorUnavailableError */
  findAction(reference: string): Promise<Action | undefined>;
  /**
   * Answers an authentication. Only the first answer counts.
   * @returns the charge's outcome; undefined if the reference is unknown
   * @throws ProcessorUnavailableError
   */
  authenticate(
    reference: string,
    approve: boolean,
  ): Promise<ChargeOutcome | undefined>;
  /** Totals charged and refunded, by currency. @throws ProcessorUnavailableError */
  totals(): Promise<CurrencyTotals[]>;
}

/**
 * A payment processor with Stripe's test cards and some of our own (cards.ts). It acts like another company that
 * happens to store its data in our database: it has its own tables, and each call is its own transaction, as over a
 * network. Card numbers and security codes are checked and never stored.
 */
export function createSandbox(
  database: Database,
  options: SandboxOptions = {},
): Sandbox {
  const { url = "", latencyMs = 0, settleAfterMs = 2_000 } = options;
  const { clock = () => new Date() } = options;

  /** Simulates a network call: it takes time, and may fail. */
  async function overNetwork<T>(work: () => Promise<T>): Promise<T> {
    if (latencyMs > 0) await sleep(latencyMs);
    try {
      return await work();
    } catch (error) {
      if (error instanceof DatabaseUnavailableError)
        throw new ProcessorUnavailableError("The sandbox is unavailable.", {
          cause: error,
        });
      throw error;
    }
  }

  return {
    name: "sandbox",
    tokenize: (card) =>
      overNetwork(async () =>
        summary(await addMethod(database, card, clock())),
      ),
    describe: (token) =>
      overNetwork(async () => {
        const method = await findMethod(database, token);
        return method && summary(method);
      }),
    charge: (request) =>
      overNetwork(async () => {
        const charge = await addCharge(database, request, settleAfterMs);
        return charge
          ? outcomeOf(charge, url)
          : declinedWith("resource_missing");
      }),
    find: (key) =>
      overNetwork(async () => {
        const charge = await findCharge(database, key);
        return charge && outcomeOf(charge, url);
      }),
    cancel: (reference) =>
      overNetwork(async () => {
        const charge = await endAction(database, reference, "canceled");
        if (!charge) throw new Error(`There is no charge ${reference}.`);
        return outcomeOf(charge, url);
      }),
    refund: (request) =>
      overNetwork(async () =>
        refundOutcomeOf(await addRefund(database, request, settleAfterMs)),
      ),
    findRefund: (key) =>
      overNetwork(async () => {
        const refund = await findRefund(database, key);
        return refund && refundOutcomeOf(refund);
      }),
    findAction: (reference) =>
      overNetwork(() => findAction(database, reference)),
    pendingAction: (reference) =>
      overNetwork(async () => {
        const action = await findAction(database, reference);
        return action?.answer === undefined ? action : undefined;
      }),
    authenticate: (reference, approve) =>
      overNetwork(async () => {
        const end = approve ? "approved" : "refused";
        const charge = await endAction(database, reference, end);
        return charge && outcomeOf(charge, url);
      }),
    totals: () => overNetwork(() => readTotals(database)),
  };
}

const summary = ({ token, brand, last4 }: SandboxMethod) => ({
  token,
  brand,
  last4,
});
