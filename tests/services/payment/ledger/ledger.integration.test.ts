import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import pg from "pg";
import {
  assertInvariants,
  get,
  jsonOf,
  payment,
  post,
  usePayments,
} from "../../../support/payment/service.ts";

interface Audit {
  balanced: boolean;
  transactions: number;
  uneven_transactions: string[];
  disagreements: { payment_id: string; payment: string; ledger: string }[];
  balances: { account: string; currency: string; balance: string }[];
}

describe("Payment's ledger", () => {
  const replicas = usePayments();
  let database: pg.Client;
  let user: string;
  let id: string;
  before(async () => {
    database = new pg.Client(replicas.url);
    await database.connect();
  });
  after(() => database.end());
  beforeEach(async () => {
    user = randomUUID();
    const body = payment(user, { amount: 500 });
    const paid = await post(replicas.first, "/pay", body, user);
    id = (await jsonOf(paid, 200)).id;
  });

  const audit = async () =>
    jsonOf<Audit>(await get(replicas.first, "/ledger/audit", "operator"), 200);

  /** Runs the statements in one transaction; rejects if the commit fails. */
  async function commit(...statements: string[]) {
    await database.query("BEGIN");
    try {
      for (const statement of statements) await database.query(statement);
      await database.query("COMMIT");
    } catch (error) {
      await database.query("ROLLBACK");
      throw error;
    }
  }
  const transaction = "0198c0de-0000-7000-8000-00000000000a";
  const another = () =>
    `INSERT INTO refunds (id, payment_id, amount, status, reference) VALUES ('${transaction}', '${id}', 5, 'succeeded', 're');
     INSERT INTO ledger_transactions (id, kind, payment_id, refund_id) VALUES ('${transaction}', 'refund', '${id}', '${transaction}')`;
  const entry = (account: string, amount: number, currency = "EUR") =>
    `INSERT INTO ledger_entries VALUES ('${transaction}', '${account}', '${currency}', ${amount})`;

  const uneven: [what: string, statements: () => string[], says: RegExp][] = [
    [
      "a transaction that does not sum to zero",
      () => [another(), entry("sales", -5), entry("refunds", 4)],
      /is off by EUR -1/,
    ],
    [
      "a transaction that sums to zero only across two currencies",
      () => [another(), entry("sales", -5), entry("refunds", 5, "USD")],
      /is off by EUR -5, USD 5/,
    ],
    [
      "a transaction with a single entry",
      () => [another(), entry("sales", -5)],
      /has 1 entries/,
    ],
    ["a transaction without entries", () => [another()], /has no entries/],
    [
      "another entry in an old transaction",
      () => [
        `INSERT INTO ledger_entries SELECT id, 'sales:more', 'EUR', 1 FROM ledger_transactions LIMIT 1`,
      ],
      /is off by EUR 1/,
    ],
  ];
  for (const [what, statements, says] of uneven)
    it(`rejects ${what}`, async () => {
      await assert.rejects(commit(...statements()), says);
      assert.equal((await audit()).balanced, true);
    });

  for (const table of ["ledger_entries", "ledger_transactions"])
    for (const change of [
      `UPDATE ${table} SET ${table === "ledger_entries" ? "amount = amount * 2" : "created_at = now()"}`,
      `DELETE FROM ${table}`,
      `TRUNCATE ${table} CASCADE`,
    ])
      it(`rejects ${change.split(" SET ")[0]} on the append-only ledger`, async () => {
        await assert.rejects(commit(change), /is only added to/);
      });

  it("rejects a second transaction for the same payment", async () => {
    await assert.rejects(
      commit(
        `INSERT INTO ledger_transactions (id, kind, payment_id) VALUES ('${transaction}', 'payment', '${id}')`,
        entry("sales", -5),
        entry("processor:sandbox", 5),
      ),
      /ledger_transactions_payment/,
    );
  });

  const states: [what: string, change: string, says: RegExp][] = [
    [
      "returns a succeeded payment to processing",
      "status = 'processing'",
      /processing does not follow succeeded/,
    ],
    [
      "cancels a succeeded payment",
      "status = 'canceled'",
      /does not follow succeeded/,
    ],
    ["changes a payment's amount", "amount = 1", /does not change/],
    [
      "changes a payment's user",
      `user_id = gen_random_uuid()`,
      /does not change/,
    ],
    ["refunds more than was paid", "refunded = 501", /never_more_than_paid/],
    [
      "refunds more than was paid, including pending refunds",
      "refunded = 300, refunding = 201",
      /never_more_than_paid/,
    ],
  ];
  for (const [what, change, says] of states)
    it(`rejects an UPDATE that ${what}`, async () => {
      await assert.rejects(
        commit(`UPDATE payments SET ${change} WHERE id = '${id}'`),
        says,
      );
    });

  it("reports balances by currency after a payment and a refund", async () => {
    const user = randomUUID();
    const of = async (currency: string) => {
      const { balances } = await audit();
      return balances
        .filter((balance) => balance.currency === currency)
        .map(({ account, balance }) => `${account} ${balance}`);
    };
    const body = payment(user, { amount: 700, currency: "JPY" });
    const { id } = await jsonOf(
      await post(replicas.first, "/pay", body, user),
      200,
    );
    assert.deepEqual(await of("JPY"), ["processor:sandbox 700", "sales -700"]);
    const refund = { amount: 200 };
    await post(replicas.first, `/payments/${id}/refunds`, refund, "operator");
    assert.deepEqual(await of("JPY"), [
      "processor:sandbox 500",
      "refunds 200",
      "sales -700",
    ]);
    await assertInvariants(replicas);
  });

  it("reports in the audit a payment whose amount differs from the ledger's", async () => {
    // Only the table's owner can disable the trigger that rejects changes.
    await commit(
      "ALTER TABLE ledger_entries DISABLE TRIGGER USER",
      `UPDATE ledger_entries SET amount = amount + sign(amount) WHERE transaction_id = (SELECT id FROM ledger_transactions WHERE payment_id = '${id}')`,
      "ALTER TABLE ledger_entries ENABLE TRIGGER USER",
    );
    const found = await audit();
    assert.equal(found.balanced, false);
    assert.deepEqual(found.uneven_transactions, []);
    assert.deepEqual(
      found.disagreements.map(({ payment_id, payment, ledger }) => [
        payment_id,
        payment,
        ledger,
      ]),
      [[id, "500", "501"]],
    );
  });

  it("reports in the audit a transaction that does not sum to zero", async () => {
    await commit(
      "ALTER TABLE ledger_entries DISABLE TRIGGER USER",
      `DELETE FROM ledger_entries WHERE account = 'sales' AND transaction_id = (SELECT id FROM ledger_transactions WHERE payment_id = '${id}')`,
      "ALTER TABLE ledger_entries ENABLE TRIGGER USER",
    );
    const found = await audit();
    assert.equal(found.balanced, false);
    assert.equal(found.uneven_transactions.length, 1);
  });
});
