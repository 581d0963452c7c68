import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import {
  assertInvariants,
  get,
  jsonOf,
  payment,
  post,
  recoverAll,
  type Shown,
  usePayments,
} from "../../../support/payment/service.ts";

const nobodys = "0198c0de-0000-7000-8000-000000000000";

describe("Payment lifecycle", () => {
  const replicas = usePayments();
  let user: string;
  beforeEach(() => {
    user = randomUUID();
    replicas.processor.next.length = 0;
  });
  afterEach(() => assertInvariants(replicas));

  const agree = async (method = "pm_ok") => {
    const { user_id, ...body } = payment(user, { method });
    return jsonOf(await post(replicas.first, "/payments", body, user), 201);
  };
  const statusOf = async (id: string) =>
    (await jsonOf(await get(replicas.second, `/payments/${id}`, user), 200))
      .status;

  it("charges nothing before the payment is confirmed", async () => {
    const before = replicas.processor.charges.size;
    const { id, status } = await agree();
    assert.equal(status, "requires_confirmation");
    assert.equal(replicas.processor.charges.size, before);
    const confirmed = await jsonOf(
      await post(replicas.first, `/payments/${id}/confirm`, undefined, user),
      200,
    );
    assert.equal(confirmed.status, "succeeded");
    assert.equal(replicas.processor.charges.size, before + 1);
  });

  it("charges once for concurrent confirmations with different keys", async () => {
    const before = replicas.processor.charges.size;
    const { id } = await agree();
    const all = await Promise.all(
      Array.from({ length: 12 }, (_, i) =>
        post(
          i % 2 ? replicas.first : replicas.second,
          `/payments/${id}/confirm`,
          undefined,
          user,
        ),
      ),
    );
    const statuses = all.map(({ status }) => status).sort();
    assert.deepEqual(statuses, [200, ...Array(11).fill(409)]);
    assert.equal(replicas.processor.charges.size, before + 1);
  });

  it("declines a payment when the card is declined on confirmation", async () => {
    const { id } = await agree("pm_declined");
    await jsonOf(
      await post(replicas.first, `/payments/${id}/confirm`, undefined, user),
      402,
    );
    assert.equal(await statusOf(id), "declined");
  });

  it("cancels an unconfirmed payment, which then can't be confirmed or charged", async () => {
    const before = replicas.processor.requests.length;
    const { id } = await agree();
    const canceled = await jsonOf(
      await post(replicas.first, `/payments/${id}/cancel`, undefined, user),
      200,
    );
    assert.equal(canceled.status, "canceled");
    const { detail } = await jsonOf<{ detail: string }>(
      await post(replicas.second, `/payments/${id}/confirm`, undefined, user),
      409,
    );
    assert.equal(
      detail,
      "The payment is canceled: only a payment that is requires_confirmation can be confirmed.",
    );
    assert.equal(replicas.processor.requests.length, before);
  });

  it("cancels a payment that requires an action, also at the processor", async () => {
    const { id } = await agree("pm_action");
    const { next_action } = await jsonOf(
      await post(replicas.first, `/payments/${id}/confirm`, undefined, user),
      202,
    );
    assert.equal(next_action?.type, "redirect");
    const canceled = await jsonOf(
      await post(replicas.first, `/payments/${id}/cancel`, undefined, user),
      200,
    );
    assert.equal(canceled.status, "canceled");
    assert.equal(canceled.next_action, undefined);
    const [charge] = [...replicas.processor.charges.values()].slice(-1);
    assert.equal(charge?.outcome.status, "canceled");
    await recoverAll(replicas.first);
    assert.equal(await statusOf(id), "canceled");
  });

  it("returns a succeeded payment when the action was completed before the cancellation", async () => {
    const { id } = await agree("pm_action");
    const { next_action } = await jsonOf(
      await post(replicas.first, `/payments/${id}/confirm`, undefined, user),
      202,
    );
    replicas.processor.act(next_action?.url.split("/").at(-1) as string);
    const canceled = await jsonOf(
      await post(replicas.first, `/payments/${id}/cancel`, undefined, user),
      200,
    );
    assert.equal(canceled.status, "succeeded");
  });

  it("rejects the cancellation of a succeeded payment", async () => {
    const { id } = await jsonOf(
      await post(replicas.first, "/pay", payment(user), user),
      200,
    );
    const { detail } = await jsonOf<{ detail: string }>(
      await post(replicas.first, `/payments/${id}/cancel`, undefined, user),
      409,
    );
    assert.match(detail, /^The payment is succeeded/);
    assert.equal(await statusOf(id), "succeeded");
  });

  it("cancels a payment whose action is not completed within an hour", async () => {
    const { id } = await agree("pm_action");
    await post(replicas.first, `/payments/${id}/confirm`, undefined, user);
    await replicas.first.database.query(
      "UPDATE attempts SET created_at = now() - interval '61 minutes' WHERE payment_id = $1",
      [id],
    );
    await recoverAll(replicas.second);
    assert.equal(await statusOf(id), "canceled");
  });

  it("looks a charge up instead of repeating it once the processor may have forgotten its key", async () => {
    replicas.processor.next.push("answer lost");
    const { id } = await jsonOf(
      await post(replicas.first, "/pay", payment(user), user),
      202,
    );
    await replicas.first.database.query(
      "UPDATE attempts SET created_at = now() - interval '21 hours' WHERE payment_id = $1",
      [id],
    );
    const { requests } = replicas.processor;
    const before = requests.length;
    await recoverAll(replicas.second);
    assert.deepEqual(requests.slice(before), ["find"]);
    assert.equal(await statusOf(id), "succeeded");
  });

  describe("other users' payments", () => {
    for (const [method, path] of [
      ["GET", ""],
      ["GET", "/refunds"],
      ["POST", "/confirm"],
      ["POST", "/cancel"],
    ])
      it(`returns the same 404 as for an unknown payment: ${method} /payments/{id}${path}`, async () => {
        const { id } = await agree();
        const other = randomUUID();
        const ask = (id: string) =>
          method === "GET"
            ? get(replicas.first, `/payments/${id}${path}`, other)
            : post(replicas.first, `/payments/${id}${path}`, undefined, other);
        const theirs = await jsonOf<{ detail: string }>(await ask(id), 404);
        const none = await jsonOf<{ detail: string }>(await ask(nobodys), 404);
        assert.equal(
          theirs.detail.replace(id, ""),
          none.detail.replace(nobodys, ""),
        );
        assert.equal(await statusOf(id), "requires_confirmation");
      });

    it("returns any user's payment to operators", async () => {
      const { id } = await agree();
      const path = `/payments/${id}`;
      await jsonOf(await get(replicas.first, path, "operator"), 200);
    });
  });

  describe("GET /payments", () => {
    it("lists the caller's own payments, newest first, in pages", async () => {
      const ids: string[] = [];
      for (let i = 0; i < 5; i++) ids.unshift((await agree()).id);
      const seen: string[] = [];
      let before = "";
      for (;;) {
        const page = await jsonOf<{ data: Shown[]; has_more: boolean }>(
          await get(replicas.first, `/payments?limit=2${before}`, user),
          200,
        );
        seen.push(...page.data.map(({ id }) => id));
        if (!page.has_more) break;
        before = `&before=${seen.at(-1)}`;
      }
      assert.deepEqual(seen, ids);
    });

    for (const query of ["limit=0", "limit=101", "limit=x", "before=x", "a=b"])
      it(`rejects ?${query}`, async () => {
        await jsonOf(
          await get(replicas.first, `/payments?${query}`, user),
          422,
        );
      });
  });
});
