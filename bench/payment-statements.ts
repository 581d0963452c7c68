import { randomBytes, randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type pg from "pg";
import {
  type Database,
  openDatabase,
  type Queries,
} from "../packages/service-kit/index.ts";
import { createPayment } from "../services/payment/app.ts";
import { createSandbox } from "../services/payment/processors/sandbox/sandbox.ts";

export interface Statement {
  text: string;
  values: unknown[];
}

/**
 * The statements of one payment, as the service sends them.
 * @param user the id of the user who pays
 * @param body of the request
 * @param secret the service's keys
 */
export async function recordStatements(
  DATABASE_URL: string,
  user: string,
  body: string,
  secret: string,
): Promise<Statement[]> {
  const statements: Statement[] = [];
  const database = openDatabase({ DATABASE_URL, DATABASE_CONNECTIONS: 1 });
  let recording = false;
  const record = (text: string, values: readonly unknown[] = []) => {
    if (recording) statements.push({ text, values: [...values] });
  };
  const recorded = (queries: Queries): Queries => ({
    query(text, values) {
      record(text, values);
      return queries.query(text, values);
    },
  });
  const recorder: Database = {
    ...recorded(database),
    async transaction(work, options) {
      record("BEGIN");
      const result = await database.transaction(
        (tx) => work(recorded(tx)),
        options,
      );
      record("COMMIT");
      return result;
    },
    close: () => database.close(),
  };
  const { app, start, shutdown } = createPayment({
    database: recorder,
    processor: createSandbox(recorder),
    user: async (c, next) => {
      c.set("user", { userId: user });
      await next();
    },
    keyEncryptionKey: secret,
    operatorKey: secret,
    times: { pollMs: 3_600_000, outbox: { pollMs: 3_600_000 } },
  });
  await start();
  await sleep(1000); // the workers' first statements are not part of the payment
  recording = true;
  const response = await app.request("/pay", {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "idempotency-key": randomUUID(),
    },
    body,
  });
  recording = false;
  if (response.status !== 200) throw new Error(await response.text());
  await shutdown();
  await database.close();
  return statements;
}

/** Returns a function that runs the statements of a payment with ids of its own, on one connection of the pool. */
export function createReplay(
  pool: pg.Pool,
  statements: readonly Statement[],
  user: string,
): (prepared: boolean) => Promise<void> {
  return async (prepared) => {
    const client = await pool.connect();
    try {
      for (const [i, { text, values }] of withNewIds(
        statements,
        user,
      ).entries())
        await client.query({
          text,
          values,
          ...(prepared && values.length > 0 && { name: `step ${i}` }),
        });
    } finally {
      client.release();
    }
  };
}

const randomValue = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\w{20,}/g;

/** Replaces each random value by another one, except the user's id; equal values by equal ones. */
function withNewIds(
  statements: readonly Statement[],
  user: string,
): Statement[] {
  const replacements = new Map<string, string>();
  const replacement = (text: string) => {
    if (text === user || /^[A-Za-z_]+$/.test(text)) return text;
    const known = replacements.get(text);
    if (known) return known;
    const made = text.includes("-")
      ? randomUUID()
      : `${text.match(/^[a-z]+_/)?.[0] ?? ""}${randomBytes(16).toString("hex")}`;
    replacements.set(text, made);
    return made;
  };
  return statements.map(({ text, values }) => ({
    text,
    values: values.map((value) =>
      typeof value === "string" && !value.startsWith("{")
        ? value.replace(randomValue, replacement)
        : value,
    ),
  }));
}
