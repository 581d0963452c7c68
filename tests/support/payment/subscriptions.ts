import { randomUUID } from "node:crypto";
import { type Database, openDatabase } from "@marquee/runtime";
import { createPayment } from "../../../services/payment/app.ts";
import type { Processor } from "../../../services/payment/processors/processor.ts";
import { createRenewals } from "../../../services/payment/subscriptions/renewals.ts";
import type { SubscriptionTimes } from "../../../services/payment/subscriptions/times.ts";
import { conforming } from "../openapi.ts";
import { useDatabase } from "../postgres.ts";
import { type MemoryProcessor, memoryProcessor } from "./processor.ts";
import {
  get,
  jsonOf,
  keyEncryptionKey,
  operatorKey,
  post,
  user,
} from "./service.ts";

/** A replica of payment, which has to begin. It recovers and renews only when it is told to. */
export function subscriptionReplica(
  database: Database,
  processor: Processor,
  times: Partial<SubscriptionTimes> = {},
) {
  const service = createPayment({
    ...{ database, processor, user, keyEncryptionKey, operatorKey },
    times: { subscriptions: times, lookEvery: 3_600_000 },
  });
  const { payments, subscriptions } = service;
  return {
    app: conforming(service.app),
    ...{ service, database, payments, subscriptions },
    renewals: createRenewals({ database, subscriptions }),
  };
}

export type SubscriptionReplica = ReturnType<typeof subscriptionReplica>;

export interface TestSubscriptions {
  first: SubscriptionReplica;
  second: SubscriptionReplica;
  processor: MemoryProcessor;
  url: string;
}

/** For the suite that calls it: two replicas on an empty database of their own, with a processor in memory. */
export function useSubscriptions(
  times: Partial<SubscriptionTimes> = {},
): TestSubscriptions {
  const url = useDatabase();
  const replicas = {} as TestSubscriptions;
  before(async () => {
    replicas.url = url();
    replicas.processor = memoryProcessor();
    for (const name of ["first", "second"] as const) {
      const database = openDatabase({
        DATABASE_URL: url(),
        DATABASE_CONNECTIONS: 4,
      });
      const { processor } = replicas;
      replicas[name] = subscriptionReplica(database, processor, times);
      await replicas[name].service.begin();
    }
  });
  after(async () => {
    for (const { service, database } of [replicas.first, replicas.second]) {
      await service.end();
      await database.close();
    }
  });
  return replicas;
}

/** A subscription as the service shows it. */
export interface ShownSubscription {
  id: string;
  plan: string;
  amount: number;
  currency: string;
  interval: string;
  status: string;
  method: { brand: string; last4: string };
  current_period_start?: string;
  current_period_end?: string;
  cancel_at_period_end: boolean;
  latest_payment_id?: string;
  next_action?: { url: string };
  created_at: string;
  ended_at?: string;
}

/** What POST /subscriptions takes. */
export const standard = (more: Record<string, unknown> = {}) => ({
  plan: "standard",
  method: "pm_ok",
  ...more,
});

/** Somebody new who has subscribed. */
export async function subscribed(
  replica: SubscriptionReplica,
  status = 201,
  more: Record<string, unknown> = {},
): Promise<{ by: string; subscription: ShownSubscription }> {
  const by = randomUUID();
  const subscription = await jsonOf<ShownSubscription>(
    await post(replica, "/subscriptions", standard(more), by),
    status,
  );
  return { by, subscription };
}

/** A subscription as its owner or an operator sees it. */
export const shown = async (
  replica: SubscriptionReplica,
  id: string,
  by = "operator",
): Promise<ShownSubscription> =>
  jsonOf<ShownSubscription>(
    await get(replica, `/subscriptions/${id}`, by),
    200,
  );

/** Time goes by for one subscription: all that it has happened so much longer ago. @param duration as PostgreSQL reads it */
export async function later(
  { database }: Pick<SubscriptionReplica, "database">,
  id: string,
  duration: string,
): Promise<void> {
  // What it was created at is agreed on, and need not move.
  await database.query(
    `UPDATE subscriptions SET anchor = anchor - $2::interval, period_start = period_start - $2::interval,
       period_end = period_end - $2::interval, due_at = due_at - $2::interval, ended_at = ended_at - $2::interval
     WHERE id = $1`,
    [id, duration],
  );
}

/** Has a replica finish all that was begun and left, whoever's lease it is. */
export async function recoverAll({
  database,
  payments,
}: Pick<SubscriptionReplica, "database" | "payments">): Promise<void> {
  for (let round = 0; round < 20; round++) {
    // A second: times are rounded to milliseconds, now() itself may be ahead by half of one.
    await database.query(
      "UPDATE attempts SET due_at = now() - interval '1 second' WHERE done_at IS NULL",
    );
    if ((await payments.recover()) === 0) return;
  }
}

/** What is due by now is done by this replica, and what that begins is finished. @returns how many were due */
export async function renewAll(replica: SubscriptionReplica): Promise<number> {
  const count = await replica.renewals.renewDue();
  await recoverAll(replica);
  return count;
}

/** The card with which the next periods of a subscription are paid, whatever it was. */
export async function setToken(
  { database }: Pick<SubscriptionReplica, "database">,
  id: string,
  token: string,
): Promise<void> {
  await database.query("UPDATE subscriptions SET token = $2 WHERE id = $1", [
    id,
    token,
  ]);
}

/** The types of the events about a subscription, the oldest first. */
export async function eventsOf(
  { database }: Pick<SubscriptionReplica, "database">,
  id: string,
): Promise<string[]> {
  const events = await database.query<{ type: string }>(
    "SELECT type FROM events WHERE data->'subscription'->>'id' = $1 ORDER BY sequence",
    [id],
  );
  return events.map(({ type }) => type);
}

/** The tries to pay a subscription: "period.try status", and what was given back. */
export async function triesOf(
  { database }: Pick<SubscriptionReplica, "database">,
  id: string,
): Promise<string[]> {
  const tries = await database.query<{ shown: string }>(
    `SELECT sp.number || '.' || sp.try || ' ' || p.status ||
       CASE WHEN p.refunded + p.refunding > 0 THEN ' refunded' ELSE '' END AS shown
     FROM subscription_periods sp JOIN payments p ON p.id = sp.payment_id
     WHERE sp.subscription_id = $1 ORDER BY sp.number, sp.try`,
    [id],
  );
  return tries.map((row) => row.shown);
}

/** What people do at their bank. @param url where the service sent them */
export async function confirm(
  { first, processor }: TestSubscriptions,
  url: string | undefined,
  declined = false,
): Promise<void> {
  const reference = url?.split("/").at(-1) ?? "";
  processor.act(reference, declined);
  await first.payments.charged(reference);
}
