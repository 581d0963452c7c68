import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import fc from "fast-check";
import {
  assertInvariants,
  get,
  jsonOf,
  post,
} from "../../../support/payment/service.ts";
import {
  confirm,
  later,
  recoverAll,
  type ShownSubscription,
  type SubscriptionReplica,
  standard,
  useSubscriptions,
} from "../../../support/payment/subscriptions.ts";

/** Actions on the user's latest subscription; several run concurrently. */
const things = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      what: fc.constantFrom("subscribe", "method", "method"),
      token: fc.constantFrom("pm_ok", "pm_declined", "pm_action", "pm_action"),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      what: fc.constantFrom("renew", "recover", "act", "act", "act unheard"),
    }),
  },
  fc.record({ what: fc.constantFrom("cancel", "end", "resume", "refuse") }),
  {
    weight: 3,
    arbitrary: fc.record({
      what: fc.constant("later"),
      time: fc.constantFrom("1 day", "8 days", "32 days", "32 days"),
    }),
  },
);
type Thing = typeof things extends fc.Arbitrary<infer T> ? T : never;

describe("Subscriptions under concurrent actions", () => {
  const replicas = useSubscriptions();

  const mine = async (by: string) =>
    (
      await jsonOf<{ data: ShownSubscription[] }>(
        await get(replicas.first, "/subscriptions?limit=100", by),
        200,
      )
    ).data;

  /** @returns the response, if the action is a request */
  async function happen(
    thing: Thing,
    by: string,
    replica: SubscriptionReplica,
  ): Promise<Response | undefined> {
    const { what } = thing;
    const method = "token" in thing ? thing.token : undefined;
    if (what === "subscribe")
      return post(replica, "/subscriptions", standard({ method }), by);
    const [latest] = await mine(by);
    if (!latest) return undefined;
    const { id, next_action } = latest;
    const ask = (path: string, body?: unknown) =>
      post(replica, `/subscriptions/${id}/${path}`, body, by);
    if (what === "method") return ask("method", { method });
    if (what === "cancel") return ask("cancel", {});
    if (what === "end") return ask("cancel", { at: "now" });
    if (what === "resume") return ask("resume");
    if (what === "renew") await replica.renewals.renewDue();
    if (what === "recover") await recoverAll(replica);
    if (what === "later" && "time" in thing) {
      await later(replica, id, thing.time);
      await replica.renewals.renewDue();
      await replica.payments.recover();
    }
    const reference = next_action?.url.split("/").at(-1);
    // Authenticated at the bank, without a notification yet.
    if (what === "act unheard" && reference) replicas.processor.act(reference);
    if ((what === "act" || what === "refuse") && next_action)
      await confirm(replicas, next_action.url, what === "refuse");
    return undefined;
  }

  /** Periods without exactly one payment, and payments for no period that were not refunded. */
  const wrong = (by: string) =>
    replicas.first.database.query(
      `SELECT s.id, s.status, s.number, p.id, p.status, p.refunded, sp.number, sp.try, sp.period_start
       FROM subscriptions s JOIN subscription_periods sp ON sp.subscription_id = s.id JOIN payments p ON p.id = sp.payment_id
       WHERE s.user_id = $1 AND (
         (p.status = 'succeeded') <> (sp.period_start IS NOT NULL OR p.refunded = p.amount)
         OR (sp.period_start IS NOT NULL AND (p.refunded > 0 OR sp.number > s.number))
         OR s.number <> (SELECT count(period_start) FROM subscription_periods WHERE subscription_id = s.id)
       )`,
      [by],
    );

  it("pays each period once, refunds payments for no period, and returns no 5xx", async function () {
    this.timeout("10m");
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(things, { minLength: 1, maxLength: 4 }), {
          minLength: 2,
          maxLength: 12,
        }),
        async (steps) => {
          const by = randomUUID();
          await post(replicas.first, "/subscriptions", standard(), by);
          for (const step of steps) {
            const answers = await Promise.all(
              step.map((thing, i) =>
                happen(thing, by, i % 2 ? replicas.first : replicas.second),
              ),
            );
            for (const answer of answers)
              assert.ok(!answer || answer.status < 500, await answer?.text());
          }
          await recoverAll(replicas.first);
          assert.deepEqual(await wrong(by), []);
          const live = (await mine(by)).filter(({ ended_at }) => !ended_at);
          assert.ok(live.length <= 1, JSON.stringify(live));
          await assertInvariants(replicas);
        },
      ),
      // All runs share one ledger: an imbalance from one run would also fail every shrunk run.
      { numRuns: 25, endOnFailure: true },
    );
  });
});
