import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { type Database, openDatabase } from "@marquee/service-kit";
import {
  claimEvent,
  finishEvent,
  purgeStripeEvents,
  releaseEvent,
} from "../../../../../services/payment/processors/stripe/event-claims.ts";
import { useDatabase } from "../../../../support/postgres.ts";

const migration = new URL(
  "../../../../../services/payment/migrations/0005-stripe.sql",
  import.meta.url,
);

describe("Stripe event claims", () => {
  const url = useDatabase();
  let database: Database;
  before(async () => {
    database = openDatabase({ DATABASE_URL: url(), DATABASE_CONNECTIONS: 8 });
    await database.query(await readFile(migration, "utf8"));
  });
  after(() => database.close());

  const notice = (id: string) => ({
    id,
    type: "payment_intent.succeeded",
    created: new Date(),
  });

  it("keeps an event claimed until the lease expires, and rejects claims of a finished event", async () => {
    const first = await claimEvent(database, notice("evt_a"));
    assert.ok(typeof first === "object");
    assert.equal(await claimEvent(database, notice("evt_a")), "busy");
    await database.query("UPDATE stripe_events SET claimed_until = now()");
    const second = await claimEvent(database, notice("evt_a"));
    assert.ok(typeof second === "object");
    // A claim whose lease expired can't release the current one.
    await releaseEvent(database, "evt_a", first);
    assert.equal(await claimEvent(database, notice("evt_a")), "busy");
    await finishEvent(database, "evt_a");
    await releaseEvent(database, "evt_a", second);
    assert.equal(await claimEvent(database, notice("evt_a")), "done");
  });

  it("removes events after 30 days", async () => {
    for (const [id, days] of [
      ["evt_old", 30.1],
      ["evt_new", 29.9],
    ] as const) {
      await claimEvent(database, notice(id));
      await database.query(
        "UPDATE stripe_events SET received_at = now() - make_interval(secs => $2) WHERE id = $1",
        [id, days * 24 * 3600],
      );
    }
    assert.equal(await purgeStripeEvents(database), 1);
    assert.equal(await purgeStripeEvents(database), 0);
    const left = await database.query<{ id: string }>(
      "SELECT id FROM stripe_events WHERE id IN ('evt_old', 'evt_new')",
    );
    assert.deepEqual(left, [{ id: "evt_new" }]);
  });
});
