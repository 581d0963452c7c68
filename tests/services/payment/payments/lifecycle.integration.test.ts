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

describe("payments, from agreement to end", () => {
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

  it("charge nothing until they are confirmed", async () => {
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

  it("are confirmed once, however many ask at once with keys of their own", async () => {
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

  it("can be declined when they are confirmed", async () => {
    const { id } = await agree("pm_declined");
    await jsonOf(
      await post(replicas.first, `/payments/${id}/confirm`, undefined, user),
      402,
    );
    assert.equal(await statusOf(id), "declined");
  });

  it("can be canceled before they are confirmed, and then are not charged", async () => {
    const before = replicas.processor.asked.length;
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
      "The payment is canceled: only one that is requires_confirmation can be confirmed.",
    );
    assert.equal(replicas.processor.asked.length, before);
  });

  it("can be canceled while they wait for an action, at the processor, too", async () => {
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

  it("are succeeded where the action was taken before the cancellation came", async () => {
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

  it("can't be canceled when they are paid", async () => {
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

  it("are canceled when nobody took the action for an hour", async () => {
    const { id } = await agree("pm_action");
    await post(replicas.first, `/payments/${id}/confirm`, undefined, user);
    await replicas.first.database.query(
      "UPDATE attempts SET created_at = now() - interval '61 minutes' WHERE payment_id = $1",
      [id],
    );
    await recoverAll(replicas.second);
    assert.equal(await statusOf(id), "canceled");
  });

  it("are looked up before they are charged again after so long that the processor may have forgotten the key", async () => {
    replicas.processor.next.push("answer lost");
    const { id } = await jsonOf(
      await post(replicas.first, "/pay", payment(user), user),
      202,
    );
    await replicas.first.database.query(
      "UPDATE attempts SET created_at = now() - interval '21 hours' WHERE payment_id = $1",
      [id],
    );
    const { asked } = replicas.processor;
    const before = asked.length;
    await recoverAll(replicas.second);
    assert.deepEqual(asked.slice(before), ["find"]);
    assert.equal(await statusOf(id), "succeeded");
  });

  describe("of others", () => {
    for (const [method, path] of [
      ["GET", ""],
      ["GET", "/refunds"],
      ["POST", "/confirm"],
      ["POST", "/cancel"],
    ])
      it(`are as if they were not there: ${method} /payments/{id}${path}`, async () => {
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

    it("are seen by operators", async () => {
      const { id } = await agree();
      const path = `/payments/${id}`;
      await jsonOf(await get(replicas.first, path, "operator"), 200);
    });
  });

  describe("listed", () => {
    it("are one's own, the newest first, page by page", async () => {
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
      it(`refuse ?${query}`, async () => {
        await jsonOf(
          await get(replicas.first, `/payments?${query}`, user),
          422,
        );
      });
  });
});
