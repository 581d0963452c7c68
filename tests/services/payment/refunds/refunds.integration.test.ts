import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import fc from "fast-check";
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
  currency: string;
}

describe("Refunds", () => {
  const replicas = usePayments();
  let user: string;
  beforeEach(() => {
    user = randomUUID();
    replicas.processor.next.length = 0;
  });
  afterEach(() => assertInvariants(replicas));

  const pay = async (amount = 1000, method = "pm_ok") => {
    const body = payment(user, { amount, method });
    return jsonOf(await post(replicas.first, "/pay", body, user), 200);
  };
  const refund = (
    id: string,
    body: unknown,
    replica = replicas.first,
    by = "operator",
  ) => post(replica, `/payments/${id}/refunds`, body, by);
  const refunded = async (id: string) =>
    (await jsonOf(await get(replicas.second, `/payments/${id}`, user), 200))
      .refunded;

  it("returns 401 to users, and refunds nothing", async () => {
    const { id } = await pay();
    const response = await refund(id, {}, replicas.first, user);
    assert.equal(response.status, 401);
    assert.equal(await refunded(id), 0);
  });

  const bad: [what: string, body: unknown, pointer: string][] = [
    ["an amount of zero", { amount: 0 }, "/amount"],
    ["a negative amount", { amount: -1 }, "/amount"],
    ["a fractional amount", { amount: 0.5 }, "/amount"],
    ["more than was paid", { amount: 1001 }, "/amount"],
    ["an amount sent as text", { amount: "5" }, "/amount"],
    ["an empty reason", { reason: " " }, "/reason"],
    ["an unknown field", { currency: "EUR" }, "/currency"],
  ];
  for (const [what, body, pointer] of bad)
    it(`rejects ${what}, and refunds nothing`, async () => {
      const { id } = await pay();
      const { errors } = await jsonOf<{ errors: { pointer: string }[] }>(
        await refund(id, body),
        422,
      );
      assert.deepEqual(
        errors.map((error) => error.pointer),
        [pointer],
      );
      assert.equal(await refunded(id), 0);
    });

  it("states what is left when a refund exceeds it", async () => {
    const { id } = await pay();
    await jsonOf(await refund(id, { amount: 400 }), 201);
    const { detail } = await jsonOf<{ detail: string }>(
      await refund(id, { amount: 601 }),
      422,
    );
    assert.match(detail, /exceeds the 600 left of the 1000/);
  });

  it("returns 404 for an unknown payment", async () => {
    const id = "0198c0de-0000-7000-8000-000000000000";
    assert.equal((await refund(id, {})).status, 404);
    assert.equal((await refund("x", {})).status, 404);
  });

  it("returns 409 for a declined payment", async () => {
    const body = payment(user, { method: "pm_declined" });
    const declined = await jsonOf<{ payment: { id: string } }>(
      await post(replicas.first, "/pay", body, user),
      402,
    );
    const { detail } = await jsonOf<{ detail: string }>(
      await refund(declined.payment.id, {}),
      409,
    );
    assert.match(detail, /^The payment is declined/);
  });

  it("refunds the whole payment without an amount, and returns 409 to another refund", async () => {
    const { id } = await pay();
    const fullRefund = await jsonOf<Refund>(await refund(id, {}), 201);
    assert.equal(fullRefund.amount, 1000);
    assert.equal(fullRefund.currency, "EUR");
    assert.equal(await refunded(id), 1000);
    const { detail } = await jsonOf<{ detail: string }>(
      await refund(id, {}),
      409,
    );
    assert.equal(detail, "The payment is fully refunded already.");
  });

  it("refunds parts until nothing is left", async () => {
    const { id } = await pay();
    for (const amount of [1, 299, 700])
      await jsonOf(await refund(id, { amount, reason: "late" }), 201);
    assert.equal(await refunded(id), 1000);
    const { data } = await jsonOf<{ data: Refund[] }>(
      await get(replicas.first, `/payments/${id}/refunds`, user),
      200,
    );
    assert.deepEqual(
      data.map(({ amount }) => amount),
      [1, 299, 700],
    );
  });

  it("refunds nothing when the refund fails at the processor", async () => {
    const { id } = await pay(1000, "pm_refundless");
    const failed = await jsonOf<{ code: string; refund: Refund }>(
      await refund(id, {}),
      402,
    );
    assert.equal(failed.code, "expired_or_canceled_card");
    assert.equal(failed.refund.status, "failed");
    assert.equal(await refunded(id), 0);
  });

  for (const behaviour of ["answer lost", "unreachable"] as const)
    it(`refunds once when the processor${behaviour === "unreachable" ? " is unreachable" : "'s answer is lost"}`, async () => {
      const { id } = await pay();
      const before = replicas.processor.refunds.size;
      replicas.processor.next.push(behaviour);
      await jsonOf(await refund(id, { amount: 400 }), 202);
      // Another request can't refund the pending amount.
      assert.equal((await refund(id, { amount: 601 })).status, 422);
      await recoverAll(replicas.second);
      assert.equal(await refunded(id), 400);
      assert.equal(replicas.processor.refunds.size, before + 1);
    });

  it("never refunds more than was paid for concurrent requests", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 1000 }),
        fc.array(
          fc.record({
            amount: fc.option(fc.integer({ min: 1, max: 600 }), {
              nil: undefined,
            }),
            second: fc.boolean(),
            behaviour: fc.constantFrom(
              ...(["well", "well", "answer lost", "unreachable"] as const),
            ),
          }),
          { minLength: 2, maxLength: 8 },
        ),
        async (amount, requests) => {
          const { id } = await pay(amount);
          replicas.processor.next.push(
            ...requests.map(({ behaviour }) => behaviour),
          );
          const responses = await Promise.all(
            requests.map(({ amount, second }) =>
              refund(id, { amount }, second ? replicas.second : replicas.first),
            ),
          );
          replicas.processor.next.length = 0;
          await recoverAll(replicas.first);
          let sum = 0;
          for (const response of responses)
            if (response.status < 300)
              sum += ((await response.json()) as Refund).amount;
            else assert.match(`${response.status}`, /409|422/);
          assert.ok(sum <= amount, `${sum} of ${amount}`);
          assert.equal(await refunded(id), sum);
          await assertInvariants(replicas);
        },
      ),
      { numRuns: 40 },
    );
  });
});
