import assert from "node:assert/strict";
import {
  assertInvariants,
  get,
  jsonOf,
  post,
} from "../../../support/payment/service.ts";
import {
  later,
  recoverAll,
  renewAll,
  type ShownSubscription,
  shown,
  subscribed,
  triesOf,
  useSubscriptions,
} from "../../../support/payment/subscriptions.ts";
import { until } from "../../../support/until.ts";

const seconds = 1_000;
const hours = 3_600 * seconds;

describe("Subscription at its period's end", () => {
  const replicas = useSubscriptions();
  afterEach(() => assertInvariants(replicas));

  /** Subscribes a new user, and moves the period's end. @param ms returns the time until the end, negative if past */
  async function endingIn(ms: (periodEnd: number) => number) {
    const { by, subscription } = await subscribed(replicas.first);
    const { id, current_period_end: end = "" } = subscription;
    const by_ms = Date.parse(end) - Date.now() - ms(Date.parse(end));
    await later(replicas.first, id, `${by_ms} milliseconds`);
    return { by, id };
  }
  /** The length in milliseconds of the month after a period's end. */
  const month = (end: number) =>
    new Date(end).setUTCMonth(new Date(end).getUTCMonth() + 1) - end;
  const begin = async (id: string) =>
    Date.parse((await shown(replicas.first, id)).current_period_start ?? "");

  it("renews once, from now on, if no replica renewed it before its owner lost access", async () => {
    // The next period, which nothing renewed, has an hour left.
    const { by, id } = await endingIn((end) => hours - month(end));
    const { entitled } = await jsonOf<{ entitled: boolean }>(
      await get(replicas.first, `/entitlements/${by}`, by),
      200,
    );
    assert.equal(entitled, false);
    await renewAll(replicas.first);
    assert.ok(Math.abs((await begin(id)) - Date.now()) < 60 * seconds);
    await later(replicas.first, id, "2 hours");
    await renewAll(replicas.first);
    assert.deepEqual(await triesOf(replicas.first, id), [
      "1.1 succeeded",
      "2.1 succeeded",
    ]);
  });

  it("renews from the period's end on if its owner never lost access", async () => {
    const { id } = await endingIn(() => -6.9 * 24 * hours);
    await renewAll(replicas.first);
    const age = Date.now() - (await begin(id));
    assert.ok(Math.abs(age - 6.9 * 24 * hours) < 60 * seconds);
  });

  it("is canceled, and the renewal refunded, when the cancellation comes as the renewal begins", async () => {
    const { by, id } = await endingIn(() => hours);
    const { first, second } = replicas;
    let canceling: Promise<Response> | undefined;
    await second.database.transaction(async (tx) => {
      await tx.query(
        "SELECT FROM subscriptions WHERE id = $1 FOR NO KEY UPDATE",
        [id],
      );
      // The request begins before the period's end, and waits for the row lock.
      canceling = post(first, `/subscriptions/${id}/cancel`, {}, by);
      await until(async () => {
        const waiting = await tx.query(
          "SELECT FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE NOT l.granted AND a.datname = current_database()",
        );
        return waiting.length > 0;
      });
      // The period ends now, after the cancellation began.
      await tx.query(
        `UPDATE subscriptions SET anchor = anchor - d, period_start = period_start - d, period_end = period_end - d, due_at = due_at - d
         FROM (SELECT period_end - clock_timestamp() AS d FROM subscriptions WHERE id = $1) t WHERE id = $1`,
        [id],
      );
      await second.subscriptions.processDue(tx, { id, graceOver: false });
    });
    assert.ok(canceling);
    const canceled = await jsonOf<ShownSubscription>(await canceling, 200);
    assert.equal(canceled.status, "canceled");
    await recoverAll(first);
    assert.equal((await shown(first, id)).status, "canceled");
    assert.deepEqual(await triesOf(first, id), [
      "1.1 succeeded",
      "2.1 succeeded refunded",
    ]);
  });
});
