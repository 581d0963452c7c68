import assert from "node:assert/strict";
import {
  shown,
  subscribed,
  useSubscriptions,
} from "../../../support/payment/subscriptions.ts";

describe("Entitlement query", () => {
  const replicas = useSubscriptions();

  it("reads through an index with 20,000 other subscriptions", async () => {
    const { first } = replicas;
    const { by, subscription } = await subscribed(first);
    await shown(first, subscription.id);
    const plan = await first.database.transaction(async (tx) => {
      await tx.query(
        `INSERT INTO subscriptions (id, user_id, plan, amount, currency, period, status, processor, token, brand, last4, ended_at)
         SELECT gen_random_uuid(), gen_random_uuid(), plan, amount, currency, period, 'expired', processor, token, brand, last4, now()
         FROM subscriptions, generate_series(1, 20000) WHERE id = $1`,
        [subscription.id],
      );
      await tx.query("ANALYZE subscriptions");
      let explained: unknown[] = [];
      await first.subscriptions.findEntitlement(
        {
          async query<Row>(text: string, values?: readonly unknown[]) {
            explained = await tx.query(`EXPLAIN ${text}`, values);
            return [] as Row[];
          },
        },
        by,
      );
      return JSON.stringify(explained);
    });
    assert.match(plan, /Index Scan using subscriptions_entitlement/);
    assert.doesNotMatch(plan, /Seq Scan|Sort/);
  });
});
