import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import {
  crashingDatabase,
  crashingProcessor,
  StepBudget,
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

describe("Subscription's first payment", () => {
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

  describe("when the bank requires authentication", () => {
    const waiting = async () =>
      jsonOf<ShownSubscription>(
        await subscribe(standard({ method: "pm_action" })),
        202,
      );

    it("returns the bank's URL, and activates the subscription after authentication", async () => {
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

    it("expires the subscription after declined authentication", async () => {
      const { id, next_action } = await waiting();
      await confirm(replicas, next_action?.url, true);
      assert.equal((await shown(replicas.first, id)).status, "expired");
    });

    it("returns 409 with the bank's URL to another subscription request", async () => {
      const { id, next_action } = await waiting();
      const { detail } = await problemOf(await subscribe(standard()), 409);
      assert.match(detail, /waits for you to confirm/);
      assert.ok(detail.includes(next_action?.url as string));
      assert.ok(detail.includes(`POST /subscriptions/${id}/cancel`));
    });

    it("expires the subscription without authentication within an hour", async () => {
      const { id } = await waiting();
      await replicas.first.database.query(
        `UPDATE attempts SET created_at = created_at - interval '1 hour' WHERE done_at IS NULL`,
      );
      await recoverAll(replicas.second);
      assert.equal((await shown(replicas.first, id)).status, "expired");
      assert.deepEqual(await triesOf(replicas.first, id), ["1.1 canceled"]);
      assert.equal((await subscribe(standard())).status, 201);
    });

    it("cancels an incomplete subscription, and allows a new one at once", async () => {
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

    it("refunds a payment that succeeded at the bank before the subscription was canceled", async () => {
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
    it(`charges once and activates the subscription when the processor${behaviour === "unreachable" ? " is unreachable" : "'s answer is lost"}`, async () => {
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

  it("charges once and activates the subscription, at whichever step the replica crashes", async () => {
    const { first, second, processor } = replicas;
    /** Sends the request to a replica that crashes after this many steps. */
    const sendToCrashing = async (steps: number, key: string) => {
      const budget = new StepBudget();
      const database = crashingDatabase(second.database, budget);
      const crashing = subscriptionReplica(
        database,
        crashingProcessor(processor, budget),
      );
      await crashing.service.start();
      budget.end(steps);
      await subscribe(standard(), key, crashing);
      await crashing.service.shutdown().catch(() => {});
      return budget.steps;
    };
    const unlimited = await sendToCrashing(Infinity, randomUUID());
    assert.ok(unlimited > 20, `${unlimited} steps`);
    for (let step = 0; step < unlimited; step++) {
      by = randomUUID();
      const charges = processor.charges.size;
      const key = randomUUID();
      await sendToCrashing(step, key);
      await recoverAll(first);
      const when = `crashed at step ${step} of ${unlimited}`;
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
