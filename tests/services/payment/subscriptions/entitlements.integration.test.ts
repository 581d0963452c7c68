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
  subscribed,
  useSubscriptions,
} from "../../../support/payment/subscriptions.ts";
import { problemOf } from "../../../support/problem.ts";
import { until } from "../../../support/until.ts";

interface Entitlement {
  user_id: string;
  entitled: boolean;
  plan?: string;
  status: string;
  until?: string;
}

const days = 24 * 3600 * 1000;

describe("GET /entitlements/{user}", () => {
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

  it("returns 403 for another user, subscribed or not", async () => {
    const { by } = await subscribed(replicas.first);
    const me = randomUUID();
    for (const other of [by, randomUUID()]) {
      const response = await ask(other, me);
      assert.equal(response.headers.get("cache-control"), "no-store");
      const { detail } = await problemOf(response, 403);
      assert.ok(detail.includes(`/entitlements/${me}`));
    }
  });

  it("returns 401 without an access token", async () => {
    const path = `/entitlements/${randomUUID()}`;
    await problemOf(await replicas.first.app.request(path), 401);
  });

  it("returns 404 for an invalid user id", async () => {
    await problemOf(await ask("me", randomUUID()), 404);
  });

  it("accepts the user's id in capitals", async () => {
    const user = randomUUID();
    const response = await ask(user.toUpperCase(), user);
    const { user_id } = await jsonOf<Entitlement>(response, 200);
    assert.equal(user_id, user);
  });

  it("denies a user who never subscribed", async () => {
    const user = randomUUID();
    assert.deepEqual(await of(user), {
      user_id: user,
      entitled: false,
      status: "none",
    });
  });

  it("entitles a user as soon as the plan is paid, and names the plan", async () => {
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

  it("denies a user until the first payment succeeds, and entitles the user from then on", async () => {
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

  it("entitles a user for the grace period when no replica renews, and not after it", async () => {
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

  it("entitles a user for the grace period of a declined renewal, and not after it", async () => {
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

  it("entitles the user of a canceled subscription until exactly its period's end", async () => {
    const { by, subscription } = await subscribed(replicas.first);
    const { id } = subscription;
    await cancel(id, by, "period_end");
    assert.equal((await of(by)).until, subscription.current_period_end);
    const endsIn = (interval: string) =>
      replicas.first.database.query(
        "UPDATE subscriptions SET period_end = now() + $2::interval WHERE id = $1",
        [id, interval],
      );
    let last: Response | undefined;
    // On a busy machine, the period may have ended before the answer.
    await until(async () => {
      await endsIn("400 ms");
      last = await ask(by);
      return (await jsonOf<Entitlement>(last.clone(), 200)).entitled;
    });
    assert.equal(maxAge(last as unknown as Response), 0);
    await endsIn("0");
    assert.equal((await of(by)).entitled, false);
  });

  it("denies a user at once after an immediate cancellation, and entitles one who subscribes again", async () => {
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

  describe("caching", () => {
    it("allows only private caches to keep the response, for five seconds", async () => {
      const { by } = await subscribed(replicas.first);
      for (const user of [by, randomUUID()]) {
        const response = await ask(user);
        assert.equal(maxAge(response), 5);
        assert.equal(response.headers.get("vary"), "authorization");
      }
    });

    it("limits max-age to the entitlement's end", async () => {
      const { by, subscription } = await subscribed(replicas.first);
      await cancel(subscription.id, by, "period_end");
      await replicas.first.database.query(
        "UPDATE subscriptions SET period_end = now() + interval '3.5 s' WHERE id = $1",
        [subscription.id],
      );
      const age = maxAge(await ask(by));
      assert.ok(age <= 3, `${age}`);
    });

    it("returns 304 while nothing changes, and 200 after a change", async () => {
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
});
