import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import {
  assertInvariants,
  jsonOf,
  post,
} from "../../../support/payment/service.ts";
import {
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
import { problemOf } from "../../../support/problem.ts";

const aMonth = "32 days";

describe("Subscription changes", () => {
  const replicas = useSubscriptions();
  let by: string;
  let id: string;
  beforeEach(async () => {
    replicas.processor.next.length = 0;
    const one = await subscribed(replicas.first);
    by = one.by;
    id = one.subscription.id;
  });
  afterEach(() => assertInvariants(replicas));

  const ask = (what: string, body?: unknown, as = by, key?: string) =>
    post(replicas.first, `/subscriptions/${id}/${what}`, body, as, key);
  const changed = async (what: string, body?: unknown, as = by) =>
    jsonOf<ShownSubscription>(await ask(what, body, as), 200);
  const tries = () => triesOf(replicas.first, id);

  async function renewWith(token: string) {
    await setToken(replicas.first, id, token);
    await later(replicas.first, id, aMonth);
    await renewAll(replicas.first);
  }

  describe("POST /subscriptions/{id}/cancel", () => {
    it("rejects an invalid time", async () => {
      const { errors } = await problemOf(
        await ask("cancel", { at: "tomorrow" }),
        422,
      );
      assert.deepEqual(
        errors?.map(({ pointer }) => pointer),
        ["/at"],
      );
    });

    it("returns 404 for an unknown subscription", async () => {
      const path = `/subscriptions/${randomUUID()}/cancel`;
      await problemOf(await post(replicas.first, path, {}, by), 404);
    });

    it("ends the subscription at its period's end, without another charge", async () => {
      const { status, cancel_at_period_end } = await changed("cancel", {});
      assert.equal(status, "active");
      assert.equal(cancel_at_period_end, true);
      await later(replicas.first, id, aMonth);
      await renewAll(replicas.second);
      const ended = await shown(replicas.first, id);
      assert.equal(ended.status, "canceled");
      assert.ok(ended.ended_at);
      assert.deepEqual(await tries(), ["1.1 succeeded"]);
      assert.deepEqual(await eventsOf(replicas.first, id), [
        "subscription.created",
        "subscription.canceled",
      ]);
    });

    it("ends the subscription at once on request, without a refund", async () => {
      const { status } = await changed("cancel", { at: "now" });
      assert.equal(status, "canceled");
      assert.deepEqual(await tries(), ["1.1 succeeded"]);
      const again = await post(
        replicas.first,
        "/subscriptions",
        standard(),
        by,
      );
      assert.equal(again.status, 201);
    });

    it("ends a past-due subscription at once, and charges nothing more", async () => {
      await renewWith("pm_declined");
      const { status } = await changed("cancel", {});
      assert.equal(status, "canceled");
      await later(replicas.first, id, "1 day");
      assert.equal(await renewAll(replicas.first), 0);
    });

    it("refunds a renewal that was in progress", async () => {
      await later(replicas.first, id, aMonth);
      await replicas.first.renewals.renewDue();
      assert.equal((await changed("cancel", {})).status, "canceled");
      await recoverAll(replicas.second);
      assert.deepEqual(await tries(), [
        "1.1 succeeded",
        "2.1 succeeded refunded",
      ]);
      assert.equal((await shown(replicas.first, id)).status, "canceled");
    });

    it("accepts repeated cancellations until the subscription has ended, and then returns 409", async () => {
      await changed("cancel", {});
      assert.equal((await changed("cancel", {})).cancel_at_period_end, true);
      await changed("cancel", { at: "now" });
      const { detail } = await problemOf(await ask("cancel", {}), 409);
      assert.match(detail, /is canceled. Subscribe again/);
    });

    it("replays the response to the same key", async () => {
      const key = randomUUID();
      const first = await (await ask("cancel", {}, by, key)).text();
      await changed("resume");
      const again = await ask("cancel", {}, by, key);
      assert.equal(again.headers.get("idempotency-replayed"), "true");
      assert.equal(await again.text(), first);
      assert.equal(
        (await shown(replicas.first, id)).cancel_at_period_end,
        false,
      );
    });

    it("accepts the operators' key", async () => {
      const { status } = await changed("cancel", { at: "now" }, "operator");
      assert.equal(status, "canceled");
    });
  });

  describe("POST /subscriptions/{id}/resume", () => {
    it("revokes a cancellation, and the subscription renews", async () => {
      await changed("cancel", {});
      assert.equal((await changed("resume")).cancel_at_period_end, false);
      await later(replicas.first, id, aMonth);
      await renewAll(replicas.first);
      assert.deepEqual(await tries(), ["1.1 succeeded", "2.1 succeeded"]);
    });

    it("returns 409 when nothing was canceled", async () => {
      const { detail } = await problemOf(await ask("resume"), 409);
      assert.match(detail, /is not canceled/);
    });

    it("returns 409 after the period's end, before and after renewals ran", async () => {
      await changed("cancel", {});
      await later(replicas.first, id, aMonth);
      const { detail } = await problemOf(await ask("resume"), 409);
      assert.match(detail, /Subscribe again/);
      await renewAll(replicas.first);
      await problemOf(await ask("resume"), 409);
    });
  });
});
