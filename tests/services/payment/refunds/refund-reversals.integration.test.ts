import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import type { RefundOutcome } from "../../../../services/payment/processors/processor.ts";
import {
  assertInvariants,
  get,
  jsonOf,
  payment,
  post,
  recoverAll,
  usePayments,
} from "../../../support/payment/service.ts";

interface Refund {
  id: string;
  amount: number;
  status: string;
  failure?: { code: string };
}

describe("Succeeded refund", () => {
  const replicas = usePayments();
  let user: string;
  /** The payment's id. */
  let id: string;
  beforeEach(async () => {
    user = randomUUID();
    const body = payment(user, { amount: 1000 });
    id = (await jsonOf(await post(replicas.first, "/pay", body, user), 200)).id;
  });
  afterEach(() => assertInvariants(replicas));

  const refund = (body: unknown = {}, key = randomUUID()) =>
    post(replicas.first, `/payments/${id}/refunds`, body, "operator", key);
  const refunded = async () =>
    (await jsonOf(await get(replicas.second, `/payments/${id}`, user), 200))
      .refunded;
  const refunds = async () => {
    const path = `/payments/${id}/refunds`;
    const response = await get(replicas.second, path, user);
    return (await jsonOf<{ data: Refund[] }>(response, 200)).data;
  };
  const balances = async () => {
    const response = await get(replicas.first, "/ledger/balances", "operator");
    return (await jsonOf<{ data: unknown }>(response, 200)).data;
  };
  const events = () =>
    replicas.first.database.query<{ type: string; refunded: number }>(
      `SELECT type, (data->'payment'->'refunded')::text::int AS refunded FROM events
       WHERE data->'refund'->>'payment_id' = $1 ORDER BY sequence`,
      [id],
    );
  /** The latest refund at the processor, with its key and reference. */
  const last = () => {
    const [key, refund] = [...replicas.processor.refunds].at(-1) ?? [];
    assert.ok(key && refund && refund.outcome.status === "succeeded");
    return { key, refund, reference: refund.outcome.reference };
  };
  const failed: RefundOutcome = {
    status: "failed",
    code: "lost_or_stolen_card",
    message: "The refund failed at the card's bank.",
  };
  const tell = (reference: string, key?: string, replica = replicas.first) =>
    replica.service.payments.refreshRefund(reference, key);

  it("becomes failed on the processor's notification, and is reversed in the payment and the ledger", async () => {
    const before = await balances();
    await jsonOf(await refund({ amount: 400 }), 201);
    const { key, refund: made, reference } = last();
    made.outcome = failed;
    await tell(reference, key);
    assert.equal(await refunded(), 0);
    const [shown] = await refunds();
    assert.equal(shown?.status, "failed");
    assert.equal(shown?.failure?.code, "lost_or_stolen_card");
    const book = await replicas.first.database.query(
      `SELECT t.kind, e.account, e.amount FROM ledger_transactions t JOIN ledger_entries e ON e.transaction_id = t.id
       WHERE t.payment_id = $1 AND t.refund_id IS NOT NULL ORDER BY t.id, e.amount DESC`,
      [id],
    );
    assert.deepEqual(book, [
      { kind: "refund", account: "refunds", amount: 400n },
      { kind: "refund", account: "processor:sandbox", amount: -400n },
      { kind: "refund_reversal", account: "processor:sandbox", amount: 400n },
      { kind: "refund_reversal", account: "refunds", amount: -400n },
    ]);
    const zero = (all: unknown) =>
      (all as { balance: string }[]).filter(({ balance }) => balance !== "0");
    assert.deepEqual(zero(await balances()), zero(before));
    assert.deepEqual(await events(), [
      { type: "refund.succeeded", refunded: 400 },
      { type: "refund.failed", refunded: 0 },
    ]);
  });

  it("fails once for repeated and concurrent notifications of the failure", async () => {
    await jsonOf(await refund({ amount: 400 }), 201);
    const { refund: made, reference } = last();
    made.outcome = failed;
    const { first, second } = replicas;
    await Promise.all(
      [first, second, first, second].map((one) =>
        tell(reference, undefined, one),
      ),
    );
    await tell(reference);
    assert.equal(await refunded(), 0);
    assert.equal((await events()).length, 2);
  });

  it("reverses only its own amount when it fails, which can then be refunded again", async () => {
    await jsonOf(await refund({ amount: 300 }), 201);
    await jsonOf(await refund({ amount: 700 }), 201);
    const { refund: made, reference } = last();
    made.outcome = failed;
    await tell(reference);
    assert.equal(await refunded(), 300);
    assert.equal((await refund({ amount: 701 })).status, 422);
    await jsonOf(await refund(), 201);
    assert.equal(await refunded(), 1000);
    assert.deepEqual(
      (await refunds()).map(({ amount, status }) => `${amount} ${status}`),
      ["300 succeeded", "700 failed", "700 succeeded"],
    );
  });

  it("replays its first response under the same key after it failed", async () => {
    const key = randomUUID();
    const first = await (await refund({}, key)).text();
    const { refund: made, reference } = last();
    made.outcome = failed;
    await tell(reference);
    const again = await refund({}, key);
    assert.equal(again.status, 201);
    assert.equal(await again.text(), first);
  });

  it("is only looked up on a notification, and stays unchanged if it has not failed", async () => {
    await jsonOf(await refund(), 201);
    const { key, reference } = last();
    replicas.processor.requests.length = 0;
    await tell(reference, key);
    assert.deepEqual(replicas.processor.requests, ["findRefund"]);
    assert.equal(await refunded(), 1000);
    assert.equal((await events()).length, 1);
  });

  it("is not repeated when the processor no longer knows it", async () => {
    await jsonOf(await refund(), 201);
    const { key, refund: made, reference } = last();
    replicas.processor.refunds.delete(key);
    await assert.rejects(tell(reference), /no longer knows re_\d+/);
    assert.equal(replicas.processor.refunds.has(key), false);
    assert.equal(await refunded(), 1000);
    replicas.processor.refunds.set(key, made);
  });

  it("stays succeeded when an older answer says that it failed", async () => {
    const { processor } = replicas;
    const well = processor.refund;
    let late = () => {};
    const waiting = new Promise<void>((resolve) => {
      late = resolve;
    });
    let onRequest = () => {};
    const asking = new Promise<void>((resolve) => {
      onRequest = resolve;
    });
    processor.refund = async () => {
      onRequest();
      await waiting;
      return failed;
    };
    const first = refund();
    await asking;
    processor.refund = well;
    await recoverAll(replicas.second);
    assert.equal(await refunded(), 1000);
    late();
    await jsonOf(await first, 201);
    assert.equal(await refunded(), 1000);
    assert.equal((await refunds())[0]?.status, "succeeded");
  });

  it("fails even when its success is recorded while the processor is asked about it", async () => {
    const { processor } = replicas;
    const well = processor.refund;
    processor.refund = async (request) => ({
      ...(await well(request)),
      ...{ status: "pending", reference: "re_slow" },
    });
    await jsonOf(await refund(), 202);
    processor.refund = well;
    const { key, refund: made } = last();
    made.outcome = { status: "succeeded", reference: "re_slow" };
    const find = processor.findRefund;
    processor.findRefund = async () => {
      processor.findRefund = find;
      await recoverAll(replicas.second);
      made.outcome = failed;
      return failed;
    };
    await tell("re_slow", key);
    assert.equal(await refunded(), 0);
    assert.equal((await refunds())[0]?.status, "failed");
    assert.deepEqual(
      (await events()).map(({ type }) => type),
      ["refund.succeeded", "refund.failed"],
    );
  });

  it("can't get a second ledger transaction, nor a second one for its reversal", async () => {
    await jsonOf(await refund(), 201);
    const { refund: made, reference } = last();
    made.outcome = failed;
    await tell(reference);
    for (const kind of ["refund", "refund_reversal"])
      await assert.rejects(
        replicas.first.database.query(
          `INSERT INTO ledger_transactions (id, kind, payment_id, refund_id)
           SELECT gen_random_uuid(), $2, payment_id, id FROM refunds WHERE payment_id = $1`,
          [id, kind],
        ),
        /ledger_transactions_refund/,
      );
    await assert.rejects(
      replicas.first.database.query(
        "INSERT INTO ledger_transactions (id, kind, payment_id) VALUES (gen_random_uuid(), 'refund_reversal', $1)",
        [id],
      ),
      /ledger_transactions_check/,
    );
  });
});
