import assert from "node:assert/strict";
import {
  assertInvariants,
  jsonOf,
  post,
} from "../../../support/payment/service.ts";
import {
  confirm,
  eventsOf,
  later,
  recoverAll,
  renewAll,
  type ShownSubscription,
  setToken,
  shown,
  standard,
  subscribed,
  triesOf,
  useSubscriptions,
} from "../../../support/payment/subscriptions.ts";

describe("Subscription with an unpaid or refunded payment", () => {
  const replicas = useSubscriptions();
  let by: string;
  let id: string;
  beforeEach(async () => {
    const one = await subscribed(replicas.first);
    by = one.by;
    id = one.subscription.id;
  });
  afterEach(() => assertInvariants(replicas));

  /** Moves the period's end to just now, and renews with this card. */
  async function renewWith(token: string) {
    await setToken(replicas.first, id, token);
    await replicas.first.database.query(
      `UPDATE subscriptions SET anchor = anchor - d, period_start = period_start - d, period_end = period_end - d, due_at = due_at - d
       FROM (SELECT period_end - now() + interval '1 minute' AS d FROM subscriptions WHERE id = $1) t WHERE id = $1`,
      [id],
    );
    await renewAll(replicas.first);
  }
  const status = async () => (await shown(replicas.second, id)).status;
  const tries = () => triesOf(replicas.first, id);

  it("becomes past due, is retried after 1, 3 and 5 days, and expires after 7", async () => {
    await renewWith("pm_declined");
    assert.equal(await status(), "past_due");
    for (const [wait, count] of [
      ["23 hours", 2],
      ["1 hour", 3],
      ["47 hours", 3],
      ["1 hour", 4],
      ["47 hours", 4],
      ["1 hour", 5],
      ["47 hours", 5],
    ] as const) {
      await later(replicas.first, id, wait);
      await renewAll(replicas.second);
      assert.equal((await tries()).length, count, wait);
      assert.equal(await status(), "past_due");
    }
    await later(replicas.first, id, "1 hour");
    await renewAll(replicas.first);
    assert.equal(await status(), "expired");
    await later(replicas.first, id, "30 days");
    assert.equal(await renewAll(replicas.first), 0);
    assert.deepEqual(await tries(), [
      "1.1 succeeded",
      "2.1 declined",
      "2.2 declined",
      "2.3 declined",
      "2.4 declined",
    ]);
    assert.deepEqual(await eventsOf(replicas.first, id), [
      "subscription.created",
      "subscription.past_due",
      "subscription.expired",
    ]);
    const again = await post(replicas.first, "/subscriptions", standard(), by);
    assert.equal(again.status, 201);
  });

  it("continues where the last period ended once a retry succeeds", async () => {
    await renewWith("pm_declined");
    await setToken(replicas.first, id, "pm_ok");
    await later(replicas.first, id, "1 day");
    const { current_period_end } = await shown(replicas.first, id);
    await renewAll(replicas.first);
    const renewed = await shown(replicas.first, id);
    assert.equal(renewed.status, "active");
    assert.equal(renewed.current_period_start, current_period_end);
    assert.deepEqual(await tries(), [
      "1.1 succeeded",
      "2.1 declined",
      "2.2 succeeded",
    ]);
    assert.deepEqual(await eventsOf(replicas.first, id), [
      "subscription.created",
      "subscription.past_due",
      "subscription.renewed",
    ]);
  });

  it("expires after one try when no replica ran until the grace period was over", async () => {
    await later(replicas.first, id, "50 days");
    await setToken(replicas.first, id, "pm_declined");
    await renewAll(replicas.first);
    await renewAll(replicas.first);
    assert.equal(await status(), "expired");
    assert.deepEqual(await tries(), ["1.1 succeeded", "2.1 declined"]);
  });

  describe("when the bank requires authentication", () => {
    it("becomes past due with the bank's URL, and active after authentication", async () => {
      await renewWith("pm_action");
      const { next_action, status: waiting } = await shown(
        replicas.first,
        id,
        by,
      );
      assert.equal(waiting, "past_due");
      await confirm(replicas, next_action?.url);
      assert.equal(await status(), "active");
      assert.deepEqual(await eventsOf(replicas.first, id), [
        "subscription.created",
        "subscription.past_due",
        "subscription.renewed",
      ]);
    });

    it("is not charged again while authentication is pending", async () => {
      await renewWith("pm_action");
      await later(replicas.first, id, "6 days");
      assert.equal(await renewAll(replicas.first), 0);
      assert.deepEqual(await tries(), ["1.1 succeeded", "2.1 requires_action"]);
    });

    it("is retried after declined authentication", async () => {
      await renewWith("pm_action");
      const { next_action } = await shown(replicas.first, id, by);
      await confirm(replicas, next_action?.url, true);
      assert.equal(await status(), "past_due");
      await later(replicas.first, id, "1 day");
      await renewAll(replicas.first);
      assert.deepEqual(await tries(), [
        "1.1 succeeded",
        "2.1 declined",
        "2.2 requires_action",
      ]);
    });

    it("expires without authentication, and its payment is canceled", async () => {
      await renewWith("pm_action");
      await later(replicas.first, id, "7 days");
      await renewAll(replicas.first);
      const { status, next_action } = await shown(replicas.first, id);
      assert.equal(status, "expired");
      assert.equal(next_action, undefined);
      assert.deepEqual(await tries(), ["1.1 succeeded", "2.1 canceled"]);
    });
  });

  describe("when paid after it expired", () => {
    /** The subscription expires during authentication, which succeeds before the charge is canceled at the bank. */
    async function payLate() {
      await renewWith("pm_action");
      const { next_action } = await shown(replicas.first, id, by);
      await later(replicas.first, id, "7 days");
      assert.equal(await replicas.first.renewals.renewDue(), 1);
      assert.equal(await status(), "expired");
      replicas.processor.act(next_action?.url.split("/").at(-1) as string);
    }

    it("becomes active again, with a period that begins then", async () => {
      await payLate();
      await recoverAll(replicas.second);
      const { status, current_period_start, ended_at } = await shown(
        replicas.first,
        id,
      );
      assert.equal(status, "active");
      assert.equal(ended_at, undefined);
      const since = Date.now() - Date.parse(current_period_start ?? "");
      assert.ok(since < 60_000, current_period_start);
      assert.deepEqual(await eventsOf(replicas.first, id), [
        "subscription.created",
        "subscription.past_due",
        "subscription.expired",
        "subscription.renewed",
      ]);
    });

    it("stays expired and refunds the payment if the user has another subscription", async () => {
      await payLate();
      const other = await jsonOf<ShownSubscription>(
        await post(replicas.first, "/subscriptions", standard(), by),
        201,
      );
      await recoverAll(replicas.second);
      assert.equal(await status(), "expired");
      assert.deepEqual(await tries(), [
        "1.1 succeeded",
        "2.1 succeeded refunded",
      ]);
      assert.equal((await shown(replicas.first, other.id)).status, "active");
    });
  });

  it("stays active and renews when one of its payments is refunded", async () => {
    const { latest_payment_id } = await shown(replicas.first, id);
    const path = `/payments/${latest_payment_id}/refunds`;
    assert.equal(
      (await post(replicas.first, path, {}, "operator")).status,
      201,
    );
    assert.equal(await status(), "active");
    await renewWith("pm_ok");
    assert.deepEqual(await tries(), [
      "1.1 succeeded refunded",
      "2.1 succeeded",
    ]);
  });
});
