import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import {
  createService,
  type Database,
  openDatabase,
} from "@marquee/service-kit";
import { ProcessorUnavailableError } from "../../../../../services/payment/processors/processor.ts";
import { stripeWebhook } from "../../../../../services/payment/processors/stripe/webhook-route.ts";
import {
  aCharge,
  useStripe,
} from "../../../../support/payment/stripe-service.ts";
import { useDatabase } from "../../../../support/postgres.ts";
import { problemOf } from "../../../../support/problem.ts";
import { event, signed } from "../../../../support/stripe/events.ts";

const migration = new URL(
  "../../../../../services/payment/migrations/0005-stripe.sql",
  import.meta.url,
);

describe("POST /webhooks/stripe", () => {
  const used = useStripe();
  const url = useDatabase();
  let database: Database;
  /** The notifications passed on to payments, such as "charge pi_1 under k-1". */
  let notifications: string[];
  let onNotification: (what: string) => Promise<void> = async () => {};

  before(async () => {
    database = openDatabase({ DATABASE_URL: url(), DATABASE_CONNECTIONS: 8 });
    await database.query(await readFile(migration, "utf8"));
  });
  after(() => database.close());
  beforeEach(() => {
    notifications = [];
    onNotification = async () => {};
  });

  const serviceOn = (on: Database) => {
    const service = createService();
    const recordNotification =
      (what: string) => async (reference: string, key?: string) => {
        const line = `${what} ${reference} under ${key}`;
        notifications.push(line);
        await onNotification(line);
      };
    service.app.route(
      "/",
      stripeWebhook({
        stripe: used.stripe,
        database: on,
        refreshCharge: recordNotification("charge"),
        refreshRefund: recordNotification("refund"),
      }),
    );
    return service.app;
  };

  const send = async (
    body: string,
    signature: string | null = signed(body),
    on = database,
  ) =>
    serviceOn(on).request("/webhooks/stripe", {
      method: "POST",
      body,
      headers: {
        "content-type": "application/json; charset=utf-8",
        ...(signature !== null && { "stripe-signature": signature }),
      },
    });

  const aboutCharge = (more = {}, type = "payment_intent.succeeded") =>
    event(type, {
      object: "payment_intent",
      id: "pi_1",
      metadata: { key: "k-1" },
      ...more,
    });
  const rows = () =>
    database.query<{ done: boolean }>(
      "SELECT done_at IS NOT NULL AS done FROM stripe_events WHERE received_at > now() - interval '1 minute'",
    );

  it("rejects events without a valid signature, and stores nothing", async () => {
    const body = aboutCharge();
    const before = (await rows()).length;
    for (const signature of [
      null,
      "t=1,v1=00",
      signed(body, { secrets: ["whsec_other"] }),
      signed(body, { at: new Date(Date.now() - 301_000) }),
      signed(`${body} `),
    ]) {
      const { detail } = await problemOf(await send(body, signature), 400);
      assert.match(detail, /signature|Signature/);
    }
    assert.deepEqual(notifications, []);
    assert.equal((await rows()).length, before);
  });

  it("passes on events about charges and refunds, by reference and key", async () => {
    assert.equal((await send(aboutCharge())).status, 200);
    const refund = event("refund.updated", {
      object: "refund",
      id: "re_1",
      metadata: {},
    });
    assert.equal((await send(refund)).status, 200);
    assert.deepEqual(notifications, [
      "charge pi_1 under k-1",
      "refund re_1 under undefined",
    ]);
  });

  it("acknowledges other events without storing them", async () => {
    const before = (await rows()).length;
    const response = await send(
      event("customer.created", { object: "customer" }),
    );
    assert.equal(response.status, 200);
    assert.deepEqual(await response.json(), { received: true });
    assert.deepEqual(notifications, []);
    assert.equal((await rows()).length, before);
  });

  it("passes on a repeated event once", async () => {
    const body = aboutCharge();
    for (let time = 0; time < 3; time++)
      assert.equal((await send(body)).status, 200);
    assert.equal(notifications.length, 1);
  });

  it("passes on an event sent concurrently once, and returns 409 to the others", async () => {
    const body = aboutCharge();
    let others = () => {};
    const answered = new Promise<void>((resolve) => {
      others = resolve;
    });
    onNotification = () => answered;
    const all: number[] = [];
    await Promise.all(
      Array.from({ length: 12 }, async () => {
        if (all.push((await send(body)).status) === 11) others();
      }),
    );
    assert.equal(notifications.length, 1);
    assert.equal(all.filter((status) => status === 200).length, 1);
    assert.equal(all.filter((status) => status === 409).length, 11);
    assert.equal((await send(body)).status, 200);
    assert.equal(notifications.length, 1);
  });

  it("returns 503 when an event can't be handled, and handles it when sent again", async () => {
    const body = aboutCharge();
    for (const error of [
      new ProcessorUnavailableError("unavailable"),
      new Error("unexpected"),
    ]) {
      onNotification = () => Promise.reject(error);
      const response = await send(body);
      assert.equal(response.headers.get("retry-after"), "10");
      const { detail } = await problemOf(response, 503);
      assert.match(detail, /^evt_\w+ can't be handled now\. Send it again\.$/);
    }
    onNotification = async () => {};
    assert.equal((await send(body)).status, 200);
    assert.equal(notifications.length, 3);
    assert.equal((await send(body)).status, 200);
    assert.equal(notifications.length, 3);
  });

  it("returns 503 while the database is unavailable", async () => {
    const unavailable = openDatabase({
      DATABASE_URL: "postgres://nobody:none@127.0.0.1:1/none",
    });
    await problemOf(await send(aboutCharge(), undefined, unavailable), 503);
    await unavailable.close();
    assert.deepEqual(notifications, []);
  });

  it("reads the current state at Stripe, in whatever order events arrive", async () => {
    const request = aCharge({
      token: "pm_card_threeDSecure2Required",
      returnUrl: "https://example.com/back",
    });
    const outcome = await used.stripe.charge(request);
    assert.ok(outcome.status === "requires_action");
    const { reference: id } = outcome;
    used.api.act(id, "succeeded");
    const seen: (string | undefined)[] = [];
    onNotification = async () => {
      seen.push((await used.stripe.find(request.key, id))?.status);
    };
    // Each event carries the state of its time, and an older one arrives last.
    for (const [type, status] of [
      ["payment_intent.succeeded", "succeeded"],
      ["payment_intent.created", "requires_confirmation"],
      ["payment_intent.requires_action", "requires_action"],
    ] as const)
      assert.equal((await send(aboutCharge({ id, status }, type))).status, 200);
    assert.deepEqual(seen, ["succeeded", "succeeded", "succeeded"]);
  });
});
