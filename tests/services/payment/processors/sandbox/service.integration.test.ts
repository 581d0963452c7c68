import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { type Database, openDatabase } from "@marquee/service-kit";
import { createPayment } from "../../../../../services/payment/app.ts";
import { sandboxPages } from "../../../../../services/payment/processors/sandbox/page.ts";
import {
  createSandbox,
  type Sandbox,
} from "../../../../../services/payment/processors/sandbox/sandbox.ts";
import {
  get,
  jsonOf,
  keyEncryptionKey,
  operatorKey,
  payment,
  post,
  recoverAll,
  user,
} from "../../../../support/payment/service.ts";
import { useDatabase } from "../../../../support/postgres.ts";

describe("Payment with the sandbox", () => {
  const url = useDatabase();
  const userId = randomUUID();
  let database: Database;
  let sandbox: Sandbox;
  let service: ReturnType<typeof createPayment>;
  before(async () => {
    database = openDatabase({ DATABASE_URL: url() });
    sandbox = createSandbox(database, { settleAfterMs: 0 });
    service = createPayment({
      ...{ database, user, keyEncryptionKey, operatorKey },
      processor: sandbox,
      routes: ({ refreshCharge: charged }) =>
        sandboxPages({ sandbox, onAnswer: charged }),
      times: { pollMs: 3_600_000 },
    });
    await service.start();
  });
  after(async () => {
    await service.shutdown();
    await database.close();
  });

  const app = {
    request: async (path: string, init?: RequestInit) =>
      service.app.request(path, init),
  };
  const pay = (number: string) =>
    post(
      { app },
      "/pay",
      payment(userId, {
        method: {
          type: "card",
          number,
          exp_month: 12,
          exp_year: 2040,
          cvc: "123",
        },
        return_url: "http://localhost/account",
      }),
      userId,
    );
  /** Recovers as often as the card with the most failures needs. */
  async function recoverOften() {
    for (let i = 0; i < 3; i++) await recoverAll({ app, service, database });
  }
  const statusOf = async (id: string) =>
    (await jsonOf(await get({ app }, `/payments/${id}`, userId), 200)).status;

  for (const [answer, end] of [
    ["approve", "succeeded"],
    ["refuse", "declined"],
  ] as const)
    it(`updates the payment before the redirect to the return URL when the answer is "${answer}"`, async () => {
      const { id, next_action } = await jsonOf(
        await pay("4000000000003220"),
        202,
      );
      assert.equal(await statusOf(id), "requires_action");
      const answered = await app.request(next_action?.url as string, {
        method: "POST",
        body: new URLSearchParams({ answer }),
      });
      assert.equal(answered.status, 303);
      assert.equal(
        answered.headers.get("location"),
        "http://localhost/account",
      );
      assert.equal(await statusOf(id), end);
    });

  it("keeps its ledger equal to the sandbox's totals for every kind of card and refund", async () => {
    for (const [number, status] of [
      ["4242424242424242", 200],
      ["4000000000009995", 402],
      ["4000990000000012", 202],
      ["4000990000000038", 202],
      ["4000990000000046", 202],
      ["4000000000007726", 200],
      ["4000000000005126", 200],
      ["4000990000000061", 200],
      ["4000990000000079", 200],
    ] as const) {
      const response = await pay(number);
      assert.equal(response.status, status, number);
      const { id } = (await response.json()) as { id?: string };
      await recoverOften();
      if (status === 402) continue;
      assert.equal(await statusOf(id as string), "succeeded", number);
      await post(
        { app },
        `/payments/${id}/refunds`,
        { amount: 300 },
        "operator",
      );
    }
    await recoverOften();
    const { balanced, balances } = await jsonOf<{
      balanced: boolean;
      balances: { account: string; currency: string; balance: string }[];
    }>(await get({ app }, "/ledger/audit", "operator"), 200);
    assert.equal(balanced, true);
    const held = balances.filter(({ account }) => account.startsWith("proc"));
    const [book, ...others] = await sandbox.totals();
    assert.ok(book && others.length === 0);
    assert.equal(book.charged, 9n * 1299n); // includes the payment approved in the test above
    assert.equal(book.refunded, 4n * 300n + 2n * 300n);
    assert.deepEqual(
      held.map(({ currency, balance }) => [currency, BigInt(balance)]),
      [["EUR", book.charged - book.refunded]],
    );
  });
});
