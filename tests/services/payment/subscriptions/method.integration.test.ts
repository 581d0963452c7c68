import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import {
  assertInvariants,
  jsonOf,
  post,
} from "../../../support/payment/service.ts";
import {
  later,
  recoverAll,
  renewAll,
  type ShownSubscription,
  setToken,
  shown,
  subscribed,
  triesOf,
  useSubscriptions,
} from "../../../support/payment/subscriptions.ts";
import { problemOf } from "../../../support/problem.ts";

const aMonth = "32 days";

describe("Subscription's payment method", () => {
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

  describe("POST /subscriptions/{id}/method", () => {
    it("rejects an unknown token", async () => {
      const body = { method: "pm_other" };
      const { errors } = await problemOf(await ask("method", body), 422);
      assert.deepEqual(
        errors?.map(({ pointer }) => pointer),
        ["/method"],
      );
    });

    it("charges nothing now, and charges the new card at the next renewal", async () => {
      const charges = replicas.processor.charges.size;
      await changed("method", { method: "pm_action" });
      assert.equal(replicas.processor.charges.size, charges);
      await later(replicas.first, id, aMonth);
      await renewAll(replicas.first);
      assert.deepEqual(await tries(), ["1.1 succeeded", "2.1 requires_action"]);
    });

    it("charges a past-due period at once, and replays the response to the same key", async () => {
      await renewWith("pm_declined");
      const key = randomUUID();
      const body = { method: "pm_ok" };
      const first = await ask("method", body, by, key);
      const { status } = await jsonOf<ShownSubscription>(first.clone(), 200);
      assert.equal(status, "active");
      const again = await ask("method", body, by, key);
      assert.equal(await again.text(), await first.text());
      assert.deepEqual(await tries(), [
        "1.1 succeeded",
        "2.1 declined",
        "2.2 succeeded",
      ]);
    });

    it("returns 402 when the new card is declined, and retries later", async () => {
      await renewWith("pm_declined");
      await jsonOf(await ask("method", { method: "pm_declined" }), 402);
      assert.equal((await shown(replicas.first, id)).status, "past_due");
      assert.equal((await tries()).length, 3);
      await setToken(replicas.first, id, "pm_ok");
      await later(replicas.first, id, "1 day");
      await renewAll(replicas.first);
      assert.equal((await shown(replicas.first, id)).status, "active");
    });

    it("charges the new card while the old one waits for authentication", async () => {
      await renewWith("pm_action");
      const { status } = await changed("method", { method: "pm_ok" });
      assert.equal(status, "active");
      await recoverAll(replicas.second);
      assert.deepEqual(await tries(), [
        "1.1 succeeded",
        "2.1 canceled",
        "2.2 succeeded",
      ]);
      assert.equal((await shown(replicas.first, id)).status, "active");
    });

    it("refunds the old card's charge if that succeeded as well", async () => {
      await renewWith("pm_action");
      const { next_action } = await shown(replicas.first, id);
      replicas.processor.act(next_action?.url.split("/").at(-1) as string);
      const { current_period_end } = await changed("method", {
        method: "pm_ok",
      });
      await recoverAll(replicas.second);
      assert.deepEqual(await tries(), [
        "1.1 succeeded",
        "2.1 succeeded refunded",
        "2.2 succeeded",
      ]);
      const now = await shown(replicas.first, id);
      assert.equal(now.current_period_end, current_period_end);
    });

    it("returns 409 while the old card's charge is processing", async () => {
      await renewWith("pm_slow");
      const { detail } = await problemOf(
        await ask("method", { method: "pm_ok" }),
        409,
      );
      assert.match(detail, /being charged to the current card/);
      assert.equal((await tries()).length, 2);
    });

    it("charges once for ten concurrent changes of the card", async () => {
      await renewWith("pm_declined");
      const charges = replicas.processor.charges.size;
      const answers = await Promise.all(
        Array.from({ length: 10 }, () => ask("method", { method: "pm_ok" })),
      );
      for (const { status } of answers) assert.ok([200, 409].includes(status));
      assert.equal(replicas.processor.charges.size, charges + 1);
      assert.equal((await shown(replicas.first, id)).status, "active");
    });

    it("returns 409 for an incomplete and for a canceled subscription", async () => {
      const waiting = await subscribed(replicas.first, 202, {
        method: "pm_action",
      });
      const path = `/subscriptions/${waiting.subscription.id}/method`;
      const { detail } = await problemOf(
        await post(replicas.first, path, { method: "pm_ok" }, waiting.by),
        409,
      );
      assert.match(detail, /cancel with POST/);
      await changed("cancel", { at: "now" });
      await problemOf(await ask("method", { method: "pm_ok" }), 409);
    });
  });
});
