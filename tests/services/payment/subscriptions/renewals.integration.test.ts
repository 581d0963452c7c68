import assert from "node:assert/strict";
import { plans } from "../../../../services/payment/subscriptions/plans.ts";
import { createRenewalWorker } from "../../../../services/payment/subscriptions/renewal-worker.ts";
import {
  crashingDatabase,
  StepBudget,
} from "../../../support/payment/crash.ts";
import { assertInvariants } from "../../../support/payment/service.ts";
import {
  eventsOf,
  later,
  recoverAll,
  renewAll,
  shown,
  subscribed,
  subscriptionReplica,
  triesOf,
  useSubscriptions,
} from "../../../support/payment/subscriptions.ts";

/** Longer than any month. */
const aMonth = "32 days";

describe("Subscription renewals", () => {
  const replicas = useSubscriptions();
  beforeEach(() => replicas.processor.next.splice(0));
  afterEach(() => assertInvariants(replicas));

  it("leaves a subscription alone during its paid period", async () => {
    const { subscription } = await subscribed(replicas.first);
    await later(replicas.first, subscription.id, "20 days");
    assert.equal(await renewAll(replicas.first), 0);
    assert.deepEqual(await triesOf(replicas.first, subscription.id), [
      "1.1 succeeded",
    ]);
  });

  it("charges the next period, which begins where the last one ended", async () => {
    const { subscription } = await subscribed(replicas.first);
    await later(replicas.first, subscription.id, aMonth);
    const before = await shown(replicas.first, subscription.id);
    assert.equal(await renewAll(replicas.first), 1);
    const renewed = await shown(replicas.first, subscription.id);
    assert.equal(renewed.status, "active");
    assert.equal(renewed.current_period_start, before.current_period_end);
    assert.ok((renewed.current_period_end ?? "") > new Date().toISOString());
    assert.deepEqual(await triesOf(replicas.first, subscription.id), [
      "1.1 succeeded",
      "2.1 succeeded",
    ]);
    assert.deepEqual(await eventsOf(replicas.first, subscription.id), [
      "subscription.created",
      "subscription.renewed",
    ]);
    assert.equal(await renewAll(replicas.second), 0);
  });

  it("charges the agreed price and period after the plan's price and the period changed", async () => {
    const { subscription } = await subscribed(replicas.first);
    const plan = plans[1] as { amount: bigint };
    const { amount } = plan;
    const { processor, second } = replicas;
    const yearly = subscriptionReplica(second.database, processor, {
      period: "P1Y",
    });
    try {
      plan.amount = 99_999n;
      await later(second, subscription.id, aMonth);
      await renewAll(yearly);
    } finally {
      plan.amount = amount;
    }
    const charge = [...processor.charges.values()].at(-1);
    assert.equal(charge?.request.amount, 1299n);
    const { interval, current_period_end } = await shown(
      replicas.first,
      subscription.id,
    );
    assert.equal(interval, "P1M");
    assert.ok(Date.parse(current_period_end ?? "") < Date.now() + 31 * 864e5);
  });

  it("charges each period once when two replicas renew and recover concurrently", async () => {
    const ids: string[] = [];
    for (let i = 0; i < 8; i++) {
      const { subscription } = await subscribed(replicas.first);
      await later(replicas.first, subscription.id, aMonth);
      ids.push(subscription.id);
    }
    const charges = replicas.processor.charges.size;
    const { first, second } = replicas;
    const found = await Promise.all(
      [first, second, first, second].map(({ renewals }) => renewals.renewDue()),
    );
    assert.equal(
      found.reduce((sum, each) => sum + each, 0),
      8,
    );
    await Promise.all([recoverAll(first), recoverAll(second)]);
    await Promise.all([recoverAll(first), recoverAll(second)]);
    for (const id of ids)
      assert.deepEqual(await triesOf(first, id), [
        "1.1 succeeded",
        "2.1 succeeded",
      ]);
    assert.equal(replicas.processor.charges.size, charges + 8);
  });

  it("charges once, at whichever step the renewing replica crashes", async () => {
    const { first, second, processor } = replicas;
    const due = async () => {
      const { subscription } = await subscribed(first);
      await later(first, subscription.id, aMonth);
      return subscription.id;
    };
    const renewWith = async (budget: StepBudget) => {
      const database = crashingDatabase(second.database, budget);
      const crashing = subscriptionReplica(database, processor);
      await crashing.renewals.renewDue().catch(() => {});
      await crashing.payments.recover().catch(() => {});
    };
    await due();
    const unlimited = new StepBudget();
    await renewWith(unlimited);
    assert.ok(unlimited.steps > 20, `${unlimited.steps} steps`);
    for (let step = 0; step < unlimited.steps; step++) {
      const id = await due();
      await renewWith(new StepBudget(step));
      await renewAll(first);
      assert.deepEqual(
        await triesOf(first, id),
        ["1.1 succeeded", "2.1 succeeded"],
        `crashed at step ${step} of ${unlimited.steps}`,
      );
    }
  });

  it("charges once when the processor's answer is lost", async () => {
    const { subscription } = await subscribed(replicas.first);
    await later(replicas.first, subscription.id, aMonth);
    const charges = replicas.processor.charges.size;
    replicas.processor.next.push("answer lost", "unreachable");
    await renewAll(replicas.first);
    assert.equal(replicas.processor.charges.size, charges + 1);
    assert.deepEqual(await triesOf(replicas.first, subscription.id), [
      "1.1 succeeded",
      "2.1 succeeded",
    ]);
  });

  it("charges one period, from now on, after no replica renewed for three periods", async () => {
    const { subscription } = await subscribed(replicas.first);
    await later(replicas.first, subscription.id, "100 days");
    await renewAll(replicas.first);
    await renewAll(replicas.first);
    const { current_period_start, status } = await shown(
      replicas.first,
      subscription.id,
    );
    assert.equal(status, "active");
    assert.ok(
      Math.abs(Date.parse(current_period_start ?? "") - Date.now()) < 60_000,
    );
    assert.deepEqual(await triesOf(replicas.first, subscription.id), [
      "1.1 succeeded",
      "2.1 succeeded",
    ]);
  });

  it("renews other subscriptions when one fails, and retries that one after a minute", async () => {
    const ids: string[] = [];
    for (let i = 0; i < 2; i++) {
      const { subscription } = await subscribed(replicas.first);
      await later(replicas.first, subscription.id, `${40 - i} days`);
      ids.push(subscription.id);
    }
    const { database, subscriptions } = replicas.first;
    const failing = createRenewalWorker({
      database,
      subscriptions: {
        claimDue: subscriptions.claimDue,
        async processDue(tx, due) {
          await subscriptions.processDue(tx, due);
          if (due.id === ids[0]) throw new Error("fails for this test");
        },
      },
    });
    assert.equal(await failing.renewDue(), 2);
    await recoverAll(replicas.first);
    const [bad, good] = ids as [string, string];
    assert.deepEqual(await triesOf(replicas.first, bad), ["1.1 succeeded"]);
    assert.equal((await triesOf(replicas.first, good)).length, 2);
    assert.equal(await renewAll(replicas.first), 0);
    await later(replicas.first, bad, "1 minute");
    assert.equal(await renewAll(replicas.first), 1);
    assert.equal((await triesOf(replicas.first, bad)).length, 2);
  });

  it("makes a subscription past due without a charge, and later expired, when its card belongs to another processor", async () => {
    const { subscription } = await subscribed(replicas.first);
    await later(replicas.first, subscription.id, aMonth);
    const charges = replicas.processor.charges.size;
    const stripe = { ...replicas.processor, name: "stripe" as const };
    const moved = subscriptionReplica(replicas.second.database, stripe);
    await renewAll(moved);
    const { status } = await shown(replicas.first, subscription.id);
    assert.equal(status, "past_due");
    assert.equal(replicas.processor.charges.size, charges);
    await later(replicas.first, subscription.id, "7 days");
    await renewAll(moved);
    assert.equal(
      (await shown(replicas.first, subscription.id)).status,
      "expired",
    );
  });
});
