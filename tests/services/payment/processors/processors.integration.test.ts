import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { openDatabase } from "@marquee/service-kit";
import { claimDueRequests } from "../../../../services/payment/payments/processor-requests.ts";
import {
  type MemoryProcessor,
  memoryProcessor,
} from "../../../support/payment/processor.ts";
import {
  assertInvariants,
  get,
  jsonOf,
  payment,
  post,
  recoverAll,
  replica,
  type TestPayment,
  usePayments,
} from "../../../support/payment/service.ts";
import { problemOf } from "../../../support/problem.ts";

describe("Payments of a processor other than the configured one", () => {
  const replicas = usePayments();
  let stripe: MemoryProcessor;
  let moved: TestPayment;
  let user: string;
  before(async () => {
    stripe = { ...memoryProcessor(), name: "stripe" };
    moved = replica(replicas.url, stripe, { times: { pollMs: 3_600_000 } });
    await moved.service.start();
  });
  after(async () => {
    await moved.service.shutdown();
    await moved.database.close();
  });
  beforeEach(() => {
    user = randomUUID();
    replicas.processor.next.length = 0;
    stripe.requests.length = 0;
  });
  afterEach(async () => {
    assert.deepEqual(stripe.requests, []);
    await assertInvariants(replicas);
  });

  const pay = async (status = 200, more = {}) =>
    jsonOf(
      await post(replicas.first, "/pay", payment(user, more), user),
      status,
    );
  const shown = async (id: string) =>
    jsonOf(await get(moved, `/payments/${id}`, user), 200);
  const keyOf = (id: string) =>
    [...replicas.processor.charges].find(
      ([, { request }]) => request.paymentId === id,
    )?.[0];

  it("leaves a charge whose answer was lost to its own processor, which charges once", async () => {
    replicas.processor.next.push("answer lost");
    const { id } = await pay(202);
    const { size } = replicas.processor.charges;
    await recoverAll(moved);
    assert.equal((await shown(id)).status, "processing");
    await recoverAll(replicas.first);
    assert.equal((await shown(id)).status, "succeeded");
    assert.equal(replicas.processor.charges.size, size);
  });

  it("leaves a processing charge to its own processor", async () => {
    const { id } = await pay(202, { method: "pm_slow" });
    await recoverAll(moved);
    assert.equal((await shown(id)).status, "processing");
    const charge = replicas.processor.charges.get(keyOf(id) ?? "")?.outcome;
    assert.ok(charge?.status === "processing");
    replicas.processor.act(charge.reference);
    await recoverAll(replicas.first);
    assert.equal((await shown(id)).status, "succeeded");
  });

  it("leaves an unfinished refund to its own processor", async () => {
    const { id } = await pay();
    replicas.processor.next.push("unreachable");
    const path = `/payments/${id}/refunds`;
    await jsonOf(await post(replicas.first, path, {}, "operator"), 202);
    await recoverAll(moved);
    assert.equal((await shown(id)).refunded, 0);
    await recoverAll(replicas.first);
    assert.equal((await shown(id)).refunded, 1299);
  });

  it("ignores the configured processor's notifications under the keys of another's charge and refund", async () => {
    replicas.processor.next.push("answer lost");
    const { id } = await pay(202);
    await moved.service.payments.refreshCharge("pi_1", keyOf(id));
    await recoverAll(replicas.first);
    const path = `/payments/${id}/refunds`;
    await jsonOf(await post(replicas.first, path, {}, "operator"), 201);
    const refund = [...replicas.processor.refunds.keys()].at(-1);
    await moved.service.payments.refreshRefund("re_none", refund);
  });

  it("rejects the confirmation of an agreed payment, and allows its cancellation", async () => {
    const { user_id, ...agreement } = payment(user);
    const { id } = await jsonOf(
      await post(replicas.first, "/payments", agreement, user),
      201,
    );
    const confirm = () =>
      post(moved, `/payments/${id}/confirm`, undefined, user);
    const { detail } = await problemOf(await confirm(), 409);
    assert.equal(
      detail,
      `The payment was created for sandbox, and cards are now charged by stripe: cancel it with POST /payments/${id}/cancel, and create a new one.`,
    );
    assert.equal((await shown(id)).status, "requires_confirmation");
    const canceled = await post(
      moved,
      `/payments/${id}/cancel`,
      undefined,
      user,
    );
    assert.equal((await jsonOf(canceled, 200)).status, "canceled");
  });

  it("rejects a cancellation that needs the other processor", async () => {
    const { id } = await pay(202, { method: "pm_action" });
    const cancel = (at: TestPayment) =>
      post(at, `/payments/${id}/cancel`, undefined, user);
    const { detail } = await problemOf(await cancel(moved), 409);
    assert.match(
      detail,
      /^The payment was charged by sandbox, and this service now uses stripe: /,
    );
    assert.equal((await shown(id)).status, "requires_action");
    const canceled = await jsonOf(await cancel(replicas.second), 200);
    assert.equal(canceled.status, "canceled");
  });

  it("rejects a refund that needs the other processor", async () => {
    const { id } = await pay();
    const refund = (at: TestPayment) =>
      post(at, `/payments/${id}/refunds`, {}, "operator");
    const { detail } = await problemOf(await refund(moved), 409);
    assert.equal(
      detail,
      "The payment was charged by sandbox, and this service now uses stripe: run it with PROCESSOR=sandbox to change this payment.",
    );
    await jsonOf(await refund(replicas.first), 201);
    assert.equal((await shown(id)).refunded, 1299);
  });
});

describe("Due payment attempts", () => {
  const replicas = usePayments();

  it("takes due attempts through an index, without waiting for another processor's", async () => {
    const database = openDatabase({
      DATABASE_URL: replicas.url,
      DATABASE_CONNECTIONS: 1, // the flush below counts only its own connection's scans
    });
    const add = (processor: string, count: number, done: boolean) =>
      database.query(
        `WITH added AS (
           INSERT INTO payments (id, user_id, purpose, amount, currency, status, processor, token, brand, last4)
           SELECT gen_random_uuid(), gen_random_uuid(), 'purchase', 5, 'EUR', 'processing', $1, 'pm_ok', 'visa', '4242'
           FROM generate_series(1, $2) RETURNING id
         )
         INSERT INTO attempts (id, kind, payment_id, due_at, done_at)
         SELECT gen_random_uuid(), 'charge', id, now() - interval '1 hour', CASE WHEN $3 THEN now() END FROM added`,
        [processor, count, done],
      );
    await add("sandbox", 20_000, true);
    await add("stripe", 50, false);
    await add("sandbox", 5, false);
    await database.query("ANALYZE payments, attempts");
    const scans = async () => {
      await database.query("SELECT pg_stat_force_next_flush()");
      const [row] = await database.query<{ scans: bigint }>(
        "SELECT sum(seq_scan)::bigint AS scans FROM pg_stat_user_tables WHERE relname IN ('payments', 'attempts')",
      );
      return row?.scans;
    };
    const before = await scans();
    const taken: number[] = [];
    for (let i = 0; i < 8; i++)
      taken.push(
        (await claimDueRequests(database, "sandbox", 1, 3_600)).length,
      );
    assert.deepEqual(taken, [1, 1, 1, 1, 1, 0, 0, 0]);
    assert.equal(await scans(), before);
    await database.close();
  });
});

describe("Charges and refunds that the processor no longer knows", () => {
  const replicas = usePayments();

  it("does not repeat an unknown charge", async () => {
    const { first, processor } = replicas;
    const user = randomUUID();
    const body = payment(user, { method: "pm_slow" });
    const { id } = await jsonOf(await post(first, "/pay", body, user), 202);
    processor.charges.clear();
    await recoverAll(first);
    assert.equal(processor.charges.size, 0);
    const { status } = await jsonOf(
      await get(first, `/payments/${id}`, user),
      200,
    );
    assert.equal(status, "processing");
    const [attempt] = await first.database.query<{ error: string }>(
      "SELECT last_error AS error FROM attempts WHERE payment_id = $1",
      [id],
    );
    assert.match(attempt?.error ?? "", /^sandbox no longer knows ch_\d+/);
  });

  it("does not repeat an unknown refund", async () => {
    const { first, processor } = replicas;
    const user = randomUUID();
    const { id } = await jsonOf(
      await post(first, "/pay", payment(user), user),
      200,
    );
    const refund = processor.refund;
    processor.refund = async () => ({ status: "pending", reference: "re_1" });
    const path = `/payments/${id}/refunds`;
    await jsonOf(await post(first, path, {}, "operator"), 202);
    processor.refund = refund;
    await recoverAll(first);
    assert.equal(processor.refunds.size, 0);
    const { data } = await jsonOf<{ data: { status: string }[] }>(
      await get(first, path, user),
      200,
    );
    assert.equal(data[0]?.status, "pending");
  });
});
