import assert from "node:assert/strict";
import { startRecoveryWorker } from "../../../../services/payment/payments/recovery-worker.ts";
import { createRenewalWorker } from "../../../../services/payment/subscriptions/renewal-worker.ts";
import { assertInvariants } from "../../../support/payment/service.ts";
import {
  type ShownSubscription,
  setToken,
  shown,
  subscribed,
  triesOf,
  useSubscriptions,
} from "../../../support/payment/subscriptions.ts";
import { until } from "../../../support/until.ts";

describe("Subscription renewals with a period of a second", () => {
  const replicas = useSubscriptions({ period: "PT1S", gracePeriod: "PT1S" });

  it("renews automatically with two replicas until a renewal is not paid", async () => {
    const { first, second } = replicas;
    const { subscription } = await subscribed(first);
    const stops = [first, second].flatMap(({ database, payments, ...own }) => [
      createRenewalWorker({
        database,
        subscriptions: own.subscriptions,
        pollMs: 100,
      }).start(),
      startRecoveryWorker(payments, 100),
    ]);
    const current = () => shown(first, subscription.id);
    const untilIt = (reached: (now: ShownSubscription) => boolean) =>
      until(
        async () => reached(await current()),
        async () => `the renewal of ${JSON.stringify(await current())}`,
      );
    try {
      const { current_period_end: end = "" } = subscription;
      const third = new Date(Date.parse(end) + 2000).toISOString();
      await untilIt((now) => (now.current_period_end ?? "") >= third);
      await setToken(first, subscription.id, "pm_declined");
      await untilIt(({ status }) => status === "expired");
    } finally {
      await Promise.all(stops.map((stop) => stop()));
    }
    const tries = await triesOf(first, subscription.id);
    assert.deepEqual(tries.slice(0, 3), [
      "1.1 succeeded",
      "2.1 succeeded",
      "3.1 succeeded",
    ]);
    await assertInvariants(replicas);
  });
});
