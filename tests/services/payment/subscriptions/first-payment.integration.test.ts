import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import {
  Life,
  mortalDatabase,
  mortalProcessor,
} from "../../../support/payment/crash.ts";
import {
  assertInvariants,
  get,
  jsonOf,
  post,
} from "../../../support/payment/service.ts";
import {
  confirm,
  eventsOf,
  recoverAll,
  type ShownSubscription,
  shown,
  standard,
  subscriptionReplica,
  triesOf,
  useSubscriptions,
} from "../../../support/payment/subscriptions.ts";
import { problemOf } from "../../../support/problem.ts";

describe("payment: the first payment of a subscription", () => {
  const replicas = useSubscriptions();
  let by: string;
  beforeEach(() => {
    by = randomUUID();
    replicas.processor.next.length = 0;
  });
  afterEach(() => assertInvariants(replicas));

  const subscribe = (body: unknown, key?: string, replica = replicas.first) =>
    post(replica, "/subscriptions", body, by, key);
  const mine = async () =>
    (
      await jsonOf<{ data: ShownSubscription[] }>(
        await get(replicas.second, "/subscriptions", by),
        200,
      )
    ).data;

  describe("where the bank asks for something first", () => {
    const waiting = async () =>
      jsonOf<ShownSubscription>(
        await subscribe(standard({ method: "pm_action" })),
        202,
      );

    it("says where to go, and begins when that is done", async () => {
      const { id, status, next_action } = await waiting();
      assert.equal(status, "incomplete");
      await confirm(replicas, next_action?.url);
      const subscription = await shown(replicas.second, id, by);
      assert.equal(subscription.status, "active");
      assert.equal(subscription.next_action, undefined);
      assert.deepEqual(await eventsOf(replicas.first, id), [
        "subscription.created",
      ]);
    });

    it("is over where it is declined there", async () => {
      const { id, next_action } = await waiting();
      await confirm(replicas, next_action?.url, true);
      assert.equal((await shown(replicas.first, id)).status, "expired");
    });

    it("says so to who subscribes again meanwhile", async () => {
      const { id, next_action } = await waiting();
      const { detail } = await problemOf(await subscribe(standard()), 409);
      assert.match(detail, /waits for you to confirm/);
      assert.ok(detail.includes(next_action?.url as string));
      assert.ok(detail.includes(`POST /subscriptions/${id}/cancel`));
    });

    it("is over when nobody does it within an hour", async () => {
      const { id } = await waiting();
      await replicas.first.database.query(
        `UPDATE attempts SET created_at = created_at - interval '1 hour' WHERE done_at IS NULL`,
      );
      await recoverAll(replicas.second);
      assert.equal((await shown(replicas.first, id)).status, "expired");
      assert.deepEqual(await triesOf(replicas.first, id), ["1.1 canceled"]);
      assert.equal((await subscribe(standard())).status, 201);
    });

    it("can be canceled, after which one can subscribe at once", async () => {
      const { id } = await waiting();
      const path = `/subscriptions/${id}/cancel`;
      const { status } = await jsonOf<ShownSubscription>(
        await post(replicas.second, path, {}, by),
        200,
      );
      assert.equal(status, "canceled");
      assert.equal((await subscribe(standard())).status, 201);
      await recoverAll(replicas.first);
      assert.deepEqual(await triesOf(replicas.first, id), ["1.1 canceled"]);
      assert.equal((await shown(replicas.first, id)).next_action, undefined);
    });

    it("gives the money back where it is paid after it was canceled", async () => {
      const { id, next_action } = await waiting();
      replicas.processor.act(next_action?.url.split("/").at(-1) as string);
      await jsonOf(
        await post(replicas.first, `/subscriptions/${id}/cancel`, {}, by),
        200,
      );
      await recoverAll(replicas.first);
      assert.equal((await shown(replicas.first, id)).status, "canceled");
      assert.deepEqual(await triesOf(replicas.first, id), [
        "1.1 succeeded refunded",
      ]);
    });
  });

  for (const behaviour of ["answer lost", "unreachable"] as const)
    it(`charges once and begins where the processor's ${behaviour === "unreachable" ? "way is broken" : "answer is lost"}`, async () => {
      const charges = replicas.processor.charges.size;
      replicas.processor.next.push(behaviour);
      const { id, status } = await jsonOf<ShownSubscription>(
        await subscribe(standard()),
        202,
      );
      assert.equal(status, "incomplete");
      const { detail } = await problemOf(await subscribe(standard()), 409);
      assert.match(detail, /is being processed/);
      await recoverAll(replicas.second);
      assert.equal((await shown(replicas.first, id)).status, "active");
      assert.equal(replicas.processor.charges.size, charges + 1);
    });

  it("charges once and begins, wherever the replica that is asked crashes", async () => {
    const { first, second, processor } = replicas;
    /** The same request, to a replica that has only so much of its life left after it has begun. */
    const sendToMortal = async (steps: number, key: string) => {
      const life = new Life();
      const database = mortalDatabase(second.database, life);
      const mortal = subscriptionReplica(
        database,
        mortalProcessor(processor, life),
      );
      await mortal.service.begin();
      life.end(steps);
      await subscribe(standard(), key, mortal);
      await mortal.service.end().catch(() => {});
      return life.steps;
    };
    const whole = await sendToMortal(Infinity, randomUUID());
    assert.ok(whole > 20, `${whole} steps`);
    for (let step = 0; step < whole; step++) {
      by = randomUUID();
      const charges = processor.charges.size;
      const key = randomUUID();
      await sendToMortal(step, key);
      await recoverAll(first);
      const when = `crashed at step ${step} of ${whole}`;
      const { status } = await subscribe(standard(), key);
      assert.equal(status, 201, when);
      assert.equal(processor.charges.size, charges + 1, when);
      assert.deepEqual(
        (await mine()).map((one) => one.status),
        ["active"],
        when,
      );
    }
  });
});
