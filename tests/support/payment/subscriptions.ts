import { randomUUID } from "node:crypto";
import { type Database, openDatabase } from "@marquee/service-kit";
import { createPayment } from "../../../services/payment/app.ts";
import type { Processor } from "../../../services/payment/processors/processor.ts";
import type { BillingSettings } from "../../../services/payment/subscriptions/billing-settings.ts";
import { createRenewalWorker } from "../../../services/payment/subscriptions/renewal-worker.ts";
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

/** Creates a replica of payment without starting it. It recovers and renews only when told to. */
export function subscriptionReplica(
  database: Database,
  processor: Processor,
  times: Partial<BillingSettings> = {},
) {
  const service = createPayment({
    ...{ database, processor, user, keyEncryptionKey, operatorKey },
    times: { subscriptions: times, pollMs: 3_600_000 },
  });
  const { payments, subscriptions } = service;
  return {
    app: conforming(service.app),
    ...{ service, database, payments, subscriptions },
    renewals: createRenewalWorker({ database, subscriptions }),
  };
}

export type SubscriptionReplica = ReturnType<typeof subscriptionReplica>;

export interface TestSubscriptions {
  first: SubscriptionReplica;
  second: SubscriptionReplica;
  processor: MemoryProcessor;
  url: string;
}

/** Gives the calling suite two replicas on an empty database, with a processor in memory. */
export function useSubscriptions(
  times: Partial<BillingSettings> = {},
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
      await replicas[name].service.start();
    }
  });
  after(async () => {
    for (const { service, database } of [replicas.first, replicas.second]) {
      await service.shutdown();
      await database.close();
    }
  });
  return replicas;
}

/** A subscription in the service's responses. */
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

/** A body for POST /subscriptions. */
export const standard = (more: Record<string, unknown> = {}) => ({
  plan: "standard",
  method: "pm_ok",
  ...more,
});

/** Subscribes a new user. */
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

/** Reads a subscription. @param by its owner's id, or "operator" */
export const shown = async (
  replica: SubscriptionReplica,
  id: string,
  by = "operator",
): Promise<ShownSubscription> =>
  jsonOf<ShownSubscription>(
    await get(replica, `/subscriptions/${id}`, by),
    200,
  );

/** Moves a subscription's times into the past, as if time had passed. @param duration an interval of PostgreSQL */
export async function later(
  { database }: Pick<SubscriptionReplica, "database">,
  id: string,
  duration: string,
): Promise<void> {
  // created_at need not move.
  await database.query(
    `UPDATE subscriptions SET anchor = anchor - $2::interval, period_start = period_start - $2::interval,
       period_end = period_end - $2::interval, due_at = due_at - $2::interval, ended_at = ended_at - $2::interval
     WHERE id = $1`,
    [id, duration],
  );
}

/** Makes a replica finish all unfinished attempts, also those leased by another. */
export async function recoverAll({
  database,
  payments,
}: Pick<SubscriptionReplica, "database" | "payments">): Promise<void> {
  for (let round = 0; round < 20; round++) {
    // A second ago: due_at is rounded to milliseconds, and now() could be rounded into the future.
    await database.query(
      "UPDATE attempts SET due_at = now() - interval '1 second' WHERE done_at IS NULL",
    );
    if ((await payments.recover()) === 0) return;
  }
}

/** Renews due subscriptions on this replica, and finishes their charges. @returns the number of due subscriptions */
export async function renewAll(replica: SubscriptionReplica): Promise<number> {
  const count = await replica.renewals.renewDue();
  await recoverAll(replica);
  return count;
}

/** Sets the card for a subscription's next periods. */
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

/** The types of the events about a subscription, oldest first. */
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

/** The tries to pay a subscription: "period.try status", followed by "refunded" for a refund. */
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

/** Authenticates or declines at the bank, and notifies payment. @param url the URL in next_action */
export async function confirm(
  { first, processor }: TestSubscriptions,
  url: string | undefined,
  declined = false,
): Promise<void> {
  const reference = url?.split("/").at(-1) ?? "";
  processor.act(reference, declined);
  await first.payments.refreshCharge(reference);
}
