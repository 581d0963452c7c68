import assert from "node:assert/strict";
import { type Database, openDatabase } from "@marquee/service-kit";
import { Duration } from "../../../../services/payment/subscriptions/durations.ts";
import { paymentIdOf } from "../../../../services/payment/subscriptions/payment-ids.ts";
import { useDatabase } from "../../../support/postgres.ts";

describe("Duration", () => {
  const url = useDatabase();
  let database: Database;
  before(() => {
    database = openDatabase({ DATABASE_URL: url() });
  });
  after(() => database.close());

  const good: [text: string, seconds: number][] = [
    ["PT1S", 1],
    ["PT0.5S", 0.5],
    ["PT90M", 5400],
    ["P7D", 7 * 86_400],
    ["P2W", 14 * 86_400],
    ["P1M", 30 * 86_400],
    ["P1Y2M3DT4H5M6S", 365.25 * 86_400 + 63 * 86_400 + 14_706],
  ];
  for (const [text, seconds] of good)
    it(`accepts ${text}, which PostgreSQL parses to the same length`, async () => {
      assert.equal(Duration.parse(text), text);
      const [row] = await database.query<{ seconds: number }>(
        "SELECT extract(epoch FROM $1::interval)::float8 AS seconds",
        [text],
      );
      assert.equal(row?.seconds, seconds);
    });

  for (const text of [
    ...["", "P", "PT", "P1MT", "1 month", "30d", "P-1M", "-P1M", "P1.5M"],
    ...["P0D", "PT0S", "PT0.000S", "P1H", "PT1D", "p1m", "P1M ", "P99999Y"],
  ])
    it(`rejects "${text}" with an example of a valid duration`, () => {
      const { error } = Duration.safeParse(text);
      assert.match(error?.issues[0]?.message ?? "", /such as P1M \(a month\)/);
    });
});

describe("paymentIdOf", () => {
  const subscription = "0198c0de-0000-7000-8000-000000000001";
  const since = new Date("2026-11-23T12:00:00Z");

  it("returns the same id for the same arguments", () => {
    assert.equal(
      paymentIdOf(subscription, 2, 1, since),
      paymentIdOf(subscription, 2, 1, new Date(since)),
    );
  });

  it("returns a version 8 UUID that sorts by time", () => {
    const uuid =
      /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
    const one = paymentIdOf(subscription, 2, 1, since);
    assert.match(one, uuid);
    const next = new Date(since.getTime() + 1);
    assert.ok(one < paymentIdOf(subscription, 2, 1, next));
  });

  it("returns different ids for different subscriptions, periods and tries", () => {
    const other = subscription.replace(/1$/, "2");
    const ids = [
      paymentIdOf(subscription, 2, 1, since),
      paymentIdOf(subscription, 2, 2, since),
      paymentIdOf(subscription, 3, 1, since),
      paymentIdOf(subscription, 21, 1, since),
      paymentIdOf(other, 2, 1, since),
    ];
    assert.equal(new Set(ids).size, ids.length);
  });
});
