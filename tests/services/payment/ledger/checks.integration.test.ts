import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import pg from "pg";
import {
  jsonOf,
  payment,
  post,
  usePayments,
} from "../../../support/payment/service.ts";

describe("Ledger balance check", () => {
  const replicas = usePayments();

  it("makes no sequential scan of the entries, even on a connection opened while the table was small", async () => {
    const user = randomUUID();
    const body = payment(user, { amount: 500 });
    const paid = await post(replicas.first, "/pay", body, user);
    const { id } = await jsonOf(paid, 200);
    const database = new pg.Client(replicas.url);
    await database.connect();
    /** The number of sequential scans of the table. */
    const scans = async () => {
      await database.query("SELECT pg_stat_force_next_flush()");
      const { rows } = await database.query(
        "SELECT seq_scan FROM pg_stat_user_tables WHERE relname = 'ledger_entries'",
      );
      return Number(rows[0].seq_scan);
    };
    const before = await scans();
    for (let i = 0; i < 10; i++) {
      const refund = randomUUID();
      await database.query(
        `BEGIN;
         INSERT INTO refunds (id, payment_id, amount, status, reference) VALUES ('${refund}', '${id}', 5, 'succeeded', '${refund}');
         INSERT INTO ledger_transactions (id, kind, payment_id, refund_id) VALUES ('${refund}', 'refund', '${id}', '${refund}');
         INSERT INTO ledger_entries VALUES ('${refund}', 'refunds', 'EUR', 5), ('${refund}', 'processor:sandbox', 'EUR', -5);
         COMMIT`,
      );
    }
    const after = await scans();
    await database.end();
    assert.equal(after, before);
  });
});
