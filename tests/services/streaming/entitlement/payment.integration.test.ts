import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { type Database, migrate, openDatabase } from "@marquee/service-kit";
import { createEntitlements } from "../../../../services/streaming/access/entitlements.ts";
import { createPaymentClient } from "../../../../services/streaming/clients/payment.ts";
import { useDatabase } from "../../../support/postgres.ts";
import { newUser, useSystem } from "../../../support/streaming/system.ts";

describe("Entitlements, with payment itself", () => {
  const system = useSystem();
  const url = useDatabase();
  let database: Database;
  before(async () => {
    database = openDatabase({ DATABASE_URL: url() });
    const folder = "../../../../services/streaming/migrations";
    await migrate(database, join(import.meta.dirname, folder));
  });
  after(() => database.close());
  const replica = (paymentUrl = system.paymentUrl) =>
    createEntitlements({ paymentUrl, database });

  it("denies a new viewer, entitles a subscriber, and remembers that on another replica", async () => {
    const viewer = await newUser(system);
    const entitlements = replica();
    assert.deepEqual(await entitlements.check(viewer), {
      entitled: false,
      status: "none",
      source: "payment",
    });
    const client = createPaymentClient({ paymentUrl: system.paymentUrl });
    const { token, userId } = viewer;
    await client.subscribe(token, randomUUID(), {
      plan: "standard",
      method: "pm_card_visa",
    });
    entitlements.forget(userId);
    const { until, ...rest } = await entitlements.check(viewer);
    assert.deepEqual(rest, {
      entitled: true,
      status: "active",
      plan: "standard",
      source: "payment",
    });
    assert.ok(until && until.getTime() > Date.now() + 28 * 86_400_000);
    await entitlements.settled();

    // Another replica, which can't reach payment.
    const answer = await replica("http://127.0.0.1:1").check(viewer);
    assert.deepEqual(answer, { ...rest, until, source: "remembered" });
  });

  it("rejects another user's token and an invalid token", async () => {
    const { token } = await newUser(system);
    const { userId } = await newUser(system);
    await assert.rejects(replica().check({ userId, token }), { status: 403 });
    await assert.rejects(replica().check({ userId, token: "a.b.c" }), {
      status: 401,
    });
  });
});
