import assert from "node:assert/strict";
import { type Database, openDatabase } from "@marquee/service-kit";
import { createSecretEncryption } from "../../../services/payment/outbox/secret-encryption.ts";
import { useDatabase } from "../postgres.ts";
import { until } from "../until.ts";
import { isSignedBy, quick, type Receiver, rules } from "./outbox.ts";
import { memoryProcessor } from "./processor.ts";
import { jsonOf, post, replica, type TestPayment } from "./service.ts";

export const former = "the former key".padEnd(32, ".");
export const other = "another key".padEnd(32, ".");
export const formerId = createSecretEncryption(former).id;
export const otherId = createSecretEncryption(other).id;

/** The advice at the end of both errors. */
const remedy = (statement: string) =>
  `Set the former key again: \`pulumi config set --secret --path 'marquee:secrets.payment.KEY_ENCRYPTION_KEY'\`. If it is lost for good, run \`${statement}\` in this database with psql. Each webhook endpoint then needs a new secret (POST /webhook-endpoints/{id}/rotate), and requests made before are refused if they are sent again.`;

/** The statements that let payment start with the other key. */
export const update = (id = otherId) =>
  `UPDATE encryption_key SET id = '${id}'`;
export const insert = `INSERT INTO encryption_key (id) VALUES ('${otherId}')`;

export const refusal = (recorded = formerId, given = otherId) =>
  `The data in this database is encrypted with the KEY_ENCRYPTION_KEY whose id is ${recorded}, and this program was given the one whose id is ${given}. ${remedy(update(given))}`;

/** The error after an upgrade from a version that recorded no id. */
export const earlierRefusal = (unreadable: number, all: number) =>
  `${unreadable} of the ${all} webhook endpoints in this database have a secret that is encrypted with another KEY_ENCRYPTION_KEY than the one this program was given, whose id is ${otherId}. ${remedy(insert)}`;

/** Gives the calling suite a payment database, and functions that start replicas on it with either key. */
export function useKeys() {
  const url = useDatabase();
  const processor = memoryProcessor();
  const started: TestPayment[] = [];
  let database: Database;

  async function stop() {
    for (const { service, database } of started.splice(0)) {
      await service.shutdown();
      await database.close();
    }
  }

  /** Creates a replica without starting it. */
  function withKey(keyEncryptionKey: string, given?: Database): TestPayment {
    const made = replica(url(), processor, {
      keyEncryptionKey,
      webhooks: rules,
      times: {
        pollMs: 3_600_000,
        outbox: { ...quick, retryDelaysMs: Array(100).fill(100) },
      },
      ...(given && { database: given }),
    });
    started.push(made);
    return made;
  }

  async function begun(keyEncryptionKey: string): Promise<TestPayment> {
    const made = withKey(keyEncryptionKey);
    await made.service.start();
    return made;
  }

  before(async () => {
    database = openDatabase({ DATABASE_URL: url() });
    await begun(former);
    await stop();
  });
  beforeEach(() =>
    database.query(
      "TRUNCATE encryption_key, events, webhook_endpoints, idempotency_keys CASCADE",
    ),
  );
  afterEach(stop);
  after(() => database.close());

  return {
    url,
    stop,
    withKey,
    begun,
    query: <Row>(text: string) => database.query<Row>(text),
    transaction: (work: Parameters<Database["transaction"]>[0]) =>
      database.transaction(work),

    /** Asserts that a replica with this key fails to start. */
    async refuses(keyEncryptionKey: string, message: string) {
      const made = withKey(keyEncryptionKey);
      await assert.rejects(made.service.start(), {
        name: "EncryptionKeyError",
        message,
      });
      return made;
    },

    /** Adds an endpoint whose secret is encrypted with this key. */
    async endpoint(keyEncryptionKey: string, at: Receiver) {
      const added = await post(
        await begun(keyEncryptionKey),
        "/webhook-endpoints",
        { url: at.url },
        "operator",
      );
      await stop();
      return jsonOf<{ id: string; secret: string }>(added, 201);
    },

    /** The recorded ids. */
    async recorded(): Promise<string[]> {
      const rows = await database.query<{ id: string }>("TABLE encryption_key");
      return rows.map(({ id }) => id);
    },

    /** Restores the state of a version that recorded no id. */
    forgetId: () => database.query("DELETE FROM encryption_key"),

    /** All rows of all tables. */
    async contents(): Promise<string> {
      const tables = await database.query<{ name: string }>(
        "SELECT relname AS name FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1",
      );
      assert.ok(tables.length > 10);
      let rows = "";
      for (const { name } of tables)
        for (const { row } of await database.query<{ row: string }>(
          `SELECT t::text AS row FROM "${name}" t ORDER BY 1`,
        ))
          rows += `${name} ${row}\n`;
      return rows;
    },

    /** Asserts that a delivery fails with advice, and arrives once the endpoint's secret is rotated. */
    async assertRecovers(payment: TestPayment, id: string, at: Receiver) {
      const path = `/webhook-endpoints/${id}`;
      await post(payment, `${path}/test`, undefined, "operator");
      await until(async () => {
        const [row] = await database.query<{ last_error: string | null }>(
          "SELECT last_error FROM webhook_deliveries WHERE state = 'pending'",
        );
        return /rotate the endpoint's secret$/.test(row?.last_error ?? "");
      });
      assert.equal(at.received.length, 0);
      const rotated = await post(payment, `${path}/rotate`, {}, "operator");
      const { secret } = await jsonOf<{ secret: string }>(rotated, 200);
      await at.until(1);
      const [request] = at.received;
      assert.ok(request && isSignedBy(request, secret));
    },
  };
}
