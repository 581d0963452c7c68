import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { type Database, openDatabase } from "@marquee/service-kit";
import type {
  Card,
  ChargeOutcome,
  ChargeRequest,
  RefundRequest,
} from "../../../services/payment/processors/processor.ts";
import {
  createSandbox,
  type Sandbox,
  type SandboxOptions,
} from "../../../services/payment/processors/sandbox/sandbox.ts";
import { useDatabase } from "../postgres.ts";

export interface TestSandbox {
  sandbox: Sandbox;
  /** The same sandbox through other connections. */
  second: Sandbox;
  database: Database;
}

/** Opens an unavailable database. The caller closes it. */
export const openUnavailable = (): Database =>
  openDatabase({ DATABASE_URL: "postgres://nobody:none@127.0.0.1:1/none" });

/** Milliseconds. */
const hour = 3_600_000;

const migration = new URL(
  "../../../services/payment/migrations/0002-sandbox.sql",
  import.meta.url,
);

/** Gives the calling suite a sandbox with empty books, opened twice, as by two replicas. */
export function useSandbox(options: SandboxOptions = {}): TestSandbox {
  const url = useDatabase();
  const test = {} as TestSandbox;
  const databases: Database[] = [];
  before(async () => {
    for (const name of ["sandbox", "second"] as const) {
      const database = openDatabase({
        DATABASE_URL: url(),
        DATABASE_CONNECTIONS: 8,
      });
      databases.push(database);
      test[name] = createSandbox(database, { settleAfterMs: hour, ...options });
    }
    test.database = databases[0] as Database;
    await test.database.query(await readFile(migration, "utf8"));
  });
  after(() => Promise.all(databases.map((database) => database.close())));
  return test;
}

/** Settles all pending charges and refunds now. */
export async function settle({ database }: TestSandbox): Promise<void> {
  for (const table of ["sandbox_charges", "sandbox_refunds"])
    await database.query(
      `UPDATE ${table} SET settles_at = now() WHERE settles_at IS NOT NULL`,
    );
}

/** A valid card. */
export const card = (number: string, more: Partial<Card> = {}): Card => ({
  number,
  expMonth: 12,
  expYear: 2040,
  cvc: /^3[47]/.test(number) ? "1234" : "123",
  ...more,
});

export const request = (more: Partial<ChargeRequest> = {}): ChargeRequest => ({
  key: randomUUID(),
  paymentId: randomUUID(),
  amount: 799n,
  currency: "EUR",
  token: "pm_card_visa",
  ...more,
});

/** Tokenizes and charges a card, and returns the request with the outcome. */
export async function pay(
  { sandbox }: Pick<TestSandbox, "sandbox">,
  number: string,
  more: Partial<ChargeRequest> = {},
): Promise<{ sentRequest: ChargeRequest; outcome: ChargeOutcome }> {
  const { token } = await sandbox.tokenize(card(number));
  const sentRequest = request({ token, ...more });
  return { sentRequest, outcome: await sandbox.charge(sentRequest) };
}

/** The code of a declined charge or failed refund, otherwise undefined. */
export const codeOf = (outcome: object | undefined): unknown =>
  outcome && "code" in outcome ? outcome.code : undefined;

/** Makes a charge that succeeds, and returns its reference. */
export async function charged(
  test: Pick<TestSandbox, "sandbox">,
  more: Partial<ChargeRequest> = {},
): Promise<string> {
  const outcome = await test.sandbox.charge(request(more));
  assert.equal(outcome.status, "succeeded");
  return referenceOf(outcome);
}

export const refund = (
  reference: string,
  more: Partial<RefundRequest> = {},
): RefundRequest => ({
  key: randomUUID(),
  reference,
  amount: 799n,
  currency: "EUR",
  ...more,
});

export function referenceOf(outcome: object | undefined): string {
  assert.ok(outcome && "reference" in outcome, JSON.stringify(outcome));
  return outcome.reference as string;
}
