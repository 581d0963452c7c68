import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import {
  assertInvariants,
  get,
  jsonOf,
  post,
} from "../../../support/payment/service.ts";
import {
  confirm,
  later,
  renewAll,
  setToken,
  shown,
  subscribed,
  useSubscriptions,
} from "../../../support/payment/subscriptions.ts";
import { problemOf } from "../../../support/problem.ts";

interface Entitlement {
  user_id: string;
  entitled: boolean;
  plan?: string;
  status: string;
  until?: string;
}

const days = 24 * 3600 * 1000;

describe("payment: GET /entitlements/{user}", () => {
  const replicas = useSubscriptions();
  afterEach(() => assertInvariants(replicas));

  const ask = (user: string, by = user) =>
    get(replicas.second, `/entitlements/${user}`, by);
  const of = async (user: string) => jsonOf<Entitlement>(await ask(user), 200);
  const maxAge = (response: Response) =>
    Number(
      /^private, max-age=(\d)$/.exec(
        response.headers.get("cache-control") ?? "",
      )?.[1],
    );
  const cancel = (id: string, by: string, at: string) =>
    post(replicas.first, `/subscriptions/${id}/cancel`, { at }, by);

  it("tells nobody about somebody else, subscribed or not", async () => {
    const { by } = await subscribed(replicas.first);
    const me = randomUUID();
    for (const other of [by, randomUUID()]) {
      const response = await ask(other, me);
      assert.equal(response.headers.get("cache-control"), "no-store");
      const { detail } = await problemOf(response, 403);
      assert.ok(detail.includes(`/entitlements/${me}`));
    }
  });

  it("tells nothing without an access token", async () => {
    const path = `/entitlements/${randomUUID()}`;
    await problemOf(await replicas.first.app.request(path), 401);
  });

  it("is nowhere for what is no user", async () => {
    await problemOf(await ask("me", randomUUID()), 404);
  });

  it("takes a user's id in capitals for the same one", async () => {
    const user = randomUUID();
    const response = await ask(user.toUpperCase(), user);
    const { user_id } = await jsonOf<Entitlement>(response, 200);
    assert.equal(user_id, user);
  });

  it("says no to who never subscribed", async () => {
    const user = randomUUID();
    assert.deepEqual(await of(user), {
      user_id: user,
      entitled: false,
      status: "none",
    });
  });

  it("says yes to who has paid, and which plan, as soon as that is paid", async () => {
    const { by, subscription } = await subscribed(replicas.first);
    const { until, ...rest } = await of(by);
    assert.deepEqual(rest, {
      user_id: by,
      entitled: true,
      plan: "standard",
      status: "active",
    });
    const end = Date.parse(subscription.current_period_end ?? "");
    assert.equal(Date.parse(until ?? ""), end + 7 * days);
    const byOperator = await ask(by, "operator");
    assert.equal((await jsonOf<Entitlement>(byOperator, 200)).entitled, true);
  });

  it("says no until the first payment is done, and yes from then on", async () => {
    const { by, subscription } = await subscribed(replicas.first, 202, {
      method: "pm_action",
    });
    assert.deepEqual(await of(by), {
      user_id: by,
      entitled: false,
      status: "incomplete",
    });
    await confirm(replicas, subscription.next_action?.url);
    assert.equal((await of(by)).entitled, true);
  });

  it("says yes while nobody is there to renew, for as long as the grace period", async () => {
    const { by, subscription } = await subscribed(replicas.first);
    await later(replicas.first, subscription.id, "32 days");
    assert.equal((await of(by)).entitled, true);
    await later(replicas.first, subscription.id, "7 days");
    const { entitled, status, until } = await of(by);
    assert.deepEqual(
      { entitled, status, until },
      {
        entitled: false,
        status: "active",
        until: undefined,
      },
    );
  });

  it("says yes through the grace period of a renewal that was declined, and no after", async () => {
    const { by, subscription } = await subscribed(replicas.first);
    await setToken(replicas.first, subscription.id, "pm_declined");
    await later(replicas.first, subscription.id, "32 days");
    await renewAll(replicas.first);
    const { entitled, status } = await of(by);
    assert.deepEqual(
      { entitled, status },
      {
        entitled: true,
        status: "past_due",
      },
    );
    await later(replicas.first, subscription.id, "7 days");
    assert.equal((await of(by)).entitled, false);
    await renewAll(replicas.first);
    assert.deepEqual(await of(by), {
      user_id: by,
      entitled: false,
      status: "expired",
    });
  });

  it("says yes until exactly the period's end where it was canceled", async () => {
    const { by, subscription } = await subscribed(replicas.first);
    const { id } = subscription;
    await cancel(id, by, "period_end");
    assert.equal((await of(by)).until, subscription.current_period_end);
    await replicas.first.database.query(
      "UPDATE subscriptions SET period_end = now() + interval '400 ms' WHERE id = $1",
      [id],
    );
    const last = await ask(by);
    assert.equal(maxAge(last), 0);
    assert.equal((await jsonOf<Entitlement>(last, 200)).entitled, true);
    await new Promise((resolve) => setTimeout(resolve, 500));
    assert.equal((await of(by)).entitled, false);
  });

  it("says no at once where it was canceled now, and yes to who subscribes again", async () => {
    const { by, subscription } = await subscribed(replicas.first);
    await cancel(subscription.id, by, "now");
    assert.deepEqual(await of(by), {
      user_id: by,
      entitled: false,
      status: "canceled",
    });
    const body = { plan: "basic", method: "pm_ok" };
    await post(replicas.first, "/subscriptions", body, by);
    const { entitled, plan } = await of(by);
    assert.deepEqual({ entitled, plan }, { entitled: true, plan: "basic" });
  });

  describe("to caches", () => {
    it("is good for five seconds, for who asked alone", async () => {
      const { by } = await subscribed(replicas.first);
      for (const user of [by, randomUUID()]) {
        const response = await ask(user);
        assert.equal(maxAge(response), 5);
        assert.equal(response.headers.get("vary"), "authorization");
      }
    });

    it("is never good beyond the end", async () => {
      const { by, subscription } = await subscribed(replicas.first);
      await cancel(subscription.id, by, "period_end");
      await replicas.first.database.query(
        "UPDATE subscriptions SET period_end = now() + interval '3.5 s' WHERE id = $1",
        [subscription.id],
      );
      const age = maxAge(await ask(by));
      assert.ok(age === 3 || age === 2, `${age}`); // 2 where this takes long
    });

    it("is 304 while nothing changes, and 200 as soon as something does", async () => {
      const { by, subscription } = await subscribed(replicas.first);
      const etag = (await ask(by)).headers.get("etag") ?? "";
      assert.match(etag, /^"/);
      const again = () =>
        replicas.first.app.request(`/entitlements/${by}`, {
          headers: { authorization: `Bearer ${by}`, "if-none-match": etag },
        });
      const same = await again();
      assert.equal(same.status, 304);
      assert.equal(await same.text(), "");
      assert.equal(maxAge(same), 5);
      await cancel(subscription.id, by, "now");
      const other = await again();
      assert.equal((await jsonOf<Entitlement>(other, 200)).entitled, false);
    });
  });

  it("is read by an index, however many subscriptions there are", async () => {
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
      await first.subscriptions.entitlementOf(
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
