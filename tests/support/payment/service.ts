import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { type Database, openDatabase } from "@marquee/service-kit";
import type { MiddlewareHandler } from "hono";
import { HTTPException } from "hono/http-exception";
import { createPayment } from "../../../services/payment/app.ts";
import type { User } from "../../../services/payment/dependencies.ts";
import type { PaymentOptions } from "../../../services/payment/options.ts";
import { conforming } from "../openapi.ts";
import { useDatabase } from "../postgres.ts";
import { type MemoryProcessor, memoryProcessor } from "./processor.ts";

export const operatorKey = "the operators' key of the tests, long enough";
export const keyEncryptionKey = "the key encryption key of the tests";

/** Accepts a user's id in place of an access token. */
export const user: MiddlewareHandler<User> = async (c, next) => {
  const userId = /^Bearer (.+)$/.exec(c.req.header("authorization") ?? "")?.[1];
  if (!userId)
    throw new HTTPException(401, {
      message: "Send an access token.",
      res: new Response(null, { headers: { "www-authenticate": "Bearer" } }),
    });
  c.set("user", { userId });
  await next();
};

/** A replica of the service. */
export interface TestPayment {
  /** Checks every response against /openapi.json. */
  app: { request(path: string, init?: RequestInit): Promise<Response> };
  service: Pick<
    ReturnType<typeof createPayment>,
    "app" | "payments" | "start" | "shutdown"
  >;
  database: Database;
}

export interface TestPayments {
  first: TestPayment;
  second: TestPayment;
  processor: MemoryProcessor;
  url: string;
}

/** Creates a replica on an existing database without starting it. */
export function replica(
  url: string,
  processor: MemoryProcessor,
  options: Partial<PaymentOptions> = {},
): TestPayment {
  const database =
    options.database ??
    openDatabase({ DATABASE_URL: url, DATABASE_CONNECTIONS: 4 });
  const service = createPayment({
    ...{ processor, user, keyEncryptionKey, operatorKey },
    ...options,
    database,
  });
  return { app: conforming(service.app), service, database };
}

/**
 * Gives the calling suite two replicas of payment on an empty database, with a processor in memory. They recover
 * unfinished attempts only when told to.
 */
export function usePayments(
  options: Partial<PaymentOptions> = {},
): TestPayments {
  const url = useDatabase();
  const replicas = {} as TestPayments;
  before(async () => {
    replicas.url = url();
    replicas.processor = memoryProcessor();
    for (const name of ["first", "second"] as const) {
      const { processor } = replicas;
      replicas[name] = replica(url(), processor, {
        times: { pollMs: 3_600_000 },
        ...options,
      });
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

export const json = { "content-type": "application/json" };

/** @param by a user's id, or "operator" */
export const post = (
  { app }: Pick<TestPayment, "app">,
  path: string,
  body: unknown,
  by: string,
  key: string | undefined = randomUUID(),
): Promise<Response> =>
  app.request(path, {
    method: "POST",
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    headers: {
      ...(body === undefined ? {} : json),
      authorization: `Bearer ${by === "operator" ? operatorKey : by}`,
      ...(key === undefined ? {} : { "idempotency-key": key }),
    },
  });

export const get = (
  { app }: Pick<TestPayment, "app">,
  path: string,
  by: string,
): Promise<Response> =>
  app.request(path, {
    headers: {
      authorization: `Bearer ${by === "operator" ? operatorKey : by}`,
    },
  });

/** A body for POST /pay. */
export const payment = (
  userId: string,
  more: Record<string, unknown> = {},
) => ({
  user_id: userId,
  amount: 1299,
  currency: "EUR",
  method: "pm_ok",
  ...more,
});

export interface Shown {
  id: string;
  status: string;
  amount: number;
  currency: string;
  refunded: number;
  message?: string;
  next_action?: { type: string; url: string };
}

/** Asserts the response's status, and returns its JSON. */
export async function jsonOf<T = Shown>(
  response: Response,
  status: number,
): Promise<T> {
  const text = await response.text();
  assert.equal(response.status, status, text);
  return JSON.parse(text) as T;
}

/**
 * Asserts what must always hold: the ledger is balanced, and agrees with the payments and with the processor's charges
 * and refunds.
 */
export async function assertInvariants({
  first,
  processor,
}: Pick<TestPayments, "first" | "processor">): Promise<void> {
  const audit = await jsonOf<{
    balanced: boolean;
    balances: { account: string; currency: string; balance: string }[];
  }>(await get(first, "/ledger/audit", "operator"), 200);
  assert.equal(audit.balanced, true, JSON.stringify(audit));
  const held = Object.fromEntries(
    audit.balances
      .filter(
        ({ account, balance }) =>
          account === "processor:sandbox" && balance !== "0",
      )
      .map(({ currency, balance }) => [currency, BigInt(balance)]),
  );
  const expected = Object.fromEntries(
    Object.entries(processor.held()).filter(([, amount]) => amount !== 0n),
  );
  assert.deepEqual(
    held,
    expected,
    "the ledger differs from the processor's balance",
  );
}

/** Makes a replica finish all unfinished attempts, also those leased by another. */
export async function recoverAll({
  service,
  database,
}: TestPayment): Promise<void> {
  for (let round = 0; round < 2; round++) {
    await database.query(
      "UPDATE attempts SET due_at = now() - interval '1 second' WHERE done_at IS NULL",
    );
    await service.payments.recover(10_000);
  }
}
