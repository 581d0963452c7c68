import assert from "node:assert/strict";
import { openDatabase } from "@marquee/service-kit";
import {
  renewAll,
  shown,
  subscribed,
  subscriptionReplica,
  useSubscriptions,
} from "../../../support/payment/subscriptions.ts";

describe("Monthly subscription periods", () => {
  const replicas = useSubscriptions();
  before(async () => {
    // A time zone whose date can differ from UTC's, and that has daylight saving time.
    await replicas.first.database.query(
      "ALTER ROLE CURRENT_USER SET timezone = 'America/New_York'",
    );
    // Existing connections keep their time zone.
    for (const name of ["first", "second"] as const) {
      await replicas[name].service.shutdown();
      await replicas[name].database.close();
      replicas[name] = subscriptionReplica(
        openDatabase({ DATABASE_URL: replicas.url }),
        replicas.processor,
      );
      await replicas[name].service.start();
    }
    const [row] = await replicas.first.database.query<{ zone: string }>(
      "SELECT current_setting('timezone') AS zone",
    );
    assert.equal(row?.zone, "America/New_York");
  });

  const table: [anchor: string, ends: string[]][] = [
    [
      "2099-01-31T10:00:00.000Z",
      ["2099-02-28", "2099-03-31", "2099-04-30", "2099-05-31"],
    ],
    ["2103-12-31T10:00:00.000Z", ["2104-01-31", "2104-02-29", "2104-03-31"]],
    ["2099-01-29T10:00:00.000Z", ["2099-02-28", "2099-03-29"]],
    ["2099-01-28T10:00:00.000Z", ["2099-02-28", "2099-03-28"]],
    // In New York the first anchor is on the day before, and clocks change within the second one's first period.
    ["2099-03-31T02:00:00.000Z", ["2099-04-30", "2099-05-31"]],
    ["2099-02-28T06:30:00.000Z", ["2099-03-28", "2099-04-28"]],
  ];
  for (const [anchor, ends] of table)
    it(`ends the periods anchored on ${anchor.slice(0, 10)} on ${ends.join(", ")}`, async () => {
      const { first } = replicas;
      const { subscription } = await subscribed(first);
      await first.database.query(
        "UPDATE subscriptions SET anchor = $2, period_start = $2, period_end = utc_after($2, 'P1M') WHERE id = $1",
        [subscription.id, anchor],
      );
      const found: (string | undefined)[] = [];
      for (const _ of ends) {
        const now = await shown(first, subscription.id);
        found.push(now.current_period_end);
        await first.database.query(
          "UPDATE subscriptions SET due_at = now() - interval '1 second' WHERE id = $1",
          [subscription.id],
        );
        assert.equal(await renewAll(first), 1);
        const next = await shown(first, subscription.id);
        assert.equal(next.current_period_start, now.current_period_end);
      }
      const time = anchor.slice(10);
      assert.deepEqual(
        found,
        ends.map((end) => `${end}${time}`),
      );
    });
});
