import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { browse, pageOf } from "../../../support/auth/browser.ts";
import { problemOf } from "../../../support/problem.ts";
import {
  as,
  newMember,
  playbackOf,
  type TestUser,
  useStreaming,
} from "../../../support/streaming/service.ts";
import { newUser } from "../../../support/streaming/system.ts";
import { until } from "../../../support/until.ts";

const password = "correct horse battery staple";

describe("Account deletion through streaming", () => {
  const replicas = useStreaming();
  beforeEach(() =>
    replicas.first.database.query("TRUNCATE progress, entitlements"),
  );
  /** Number of a user's rows, or of all rows. */
  async function rows(userId?: string) {
    const [found] = await replicas.first.database.query<{ number: bigint }>(
      `SELECT (SELECT count(*) FROM progress WHERE $1::uuid IS NULL OR user_id = $1)
         + (SELECT count(*) FROM entitlements WHERE $1::uuid IS NULL OR user_id = $1) AS number`,
      [userId ?? null],
    );
    return Number(found?.number);
  }
  const watch = (
    user: { token: string },
    replica: "first" | "second" = "first",
  ) =>
    replicas[replica].app.request(
      "/progress/metropolis",
      as(user, "PUT", { position: 5 }),
    );
  const remove = (user: TestUser, given = user.password, init = {}) =>
    replicas.first.app.request("/api/auth/me", {
      ...as(user, "DELETE", { password: given }),
      ...init,
    });
  /** A user who subscribes and has watched. */
  async function viewer() {
    const member = await newMember(replicas);
    await playbackOf(replicas.first, member);
    await watch(member);
    await replicas.first.service.shutdown(); // waits for background writes
    assert.equal(await rows(member.userId), 2);
    return member;
  }
  async function subscriptionOf(member: Awaited<ReturnType<typeof viewer>>) {
    const response = await fetch(
      `${replicas.system.url}/api/payment/subscriptions/${member.subscription}`,
      as(member),
    );
    return (await response.json()) as { status: string };
  }

  it("cancels the subscription and deletes the user's rows, and no other user's", async () => {
    const member = await viewer();
    const other = await newUser(replicas.system);
    await watch(other);
    const response = await remove(member);
    assert.equal(response.status, 204, await response.text());
    assert.equal(await rows(member.userId), 0);
    assert.equal(await rows(other.userId), 1);
    assert.equal((await subscriptionOf(member)).status, "canceled");
  });

  it("keeps no rows for requests of other devices after the deletion", async () => {
    const member = await viewer();
    await remove(member);
    // 401 on a pod that already knows of the deletion.
    const { status } = await watch(member, "second");
    assert.ok(status === 204 || status === 401, `${status}`);
    await replicas.second.app.request(
      "/playback/metropolis",
      as(member, "POST"),
    );
    await replicas.second.service.shutdown();
    assert.equal(await rows(member.userId), 0);
  });

  it("finishes the deletion after the client disconnects", async () => {
    const member = await viewer();
    const leaving = new AbortController();
    const answered = remove(member, member.password, {
      signal: leaving.signal,
    });
    // Aborts when auth has deleted the account, before streaming responds.
    const gone = () =>
      fetch(`${replicas.system.authUrl}/me`, as(member)).then(
        ({ status }) => status === 401,
      );
    const watched = until(gone).then(() => leaving.abort());
    await Promise.all([answered, watched]);
    await until(async () => (await rows(member.userId)) === 0);
    assert.equal((await subscriptionOf(member)).status, "canceled");
  });

  it("deletes nothing when the password is wrong", async () => {
    const member = await viewer();
    await problemOf(await remove(member, "another one, and wrong"), 403);
    assert.equal(await rows(member.userId), 2);
    assert.equal((await subscriptionOf(member)).status, "active");
  });

  it("deletes the account by the form, and rejects a form with a wrong password", async () => {
    const browser = browse(replicas.first);
    await browser.signUp({ email: `${randomUUID()}@example.com`, password });
    const put = await browser.request("/progress/sunrise", {
      method: "PUT",
      body: JSON.stringify({ position: 5 }),
      headers: { "content-type": "application/json" },
    });
    assert.equal(put.status, 204);
    const send = (given: Record<string, string>) =>
      browser.post("/delete-account", { understood: "yes", ...given });
    assert.equal((await send({ password: "wrong" })).status, 422);
    assert.equal(await rows(), 1);
    assert.equal((await send({ password })).status, 303);
    assert.equal(await rows(), 0);
  });

  it("redirects anonymous requests to the sign-in page", async () => {
    const browser = browse(replicas.first);
    const fields = { understood: "yes", password };
    const response = await browser.post("/delete-account", fields);
    assert.equal(response.headers.get("location"), "/sign-in");
  });
});

describe("Account deletion while payment is unavailable", () => {
  // Nothing listens on this port.
  const replicas = useStreaming({ paymentUrl: "http://127.0.0.1:1" });

  it("deletes nothing and returns 503", async () => {
    const user = await newUser(replicas.system);
    const { app } = replicas.first;
    const init = as(user, "DELETE", { password: user.password });
    await problemOf(await app.request("/api/auth/me", init), 503);
    const browser = browse(replicas.first);
    await browser.signIn({ email: user.email, password: user.password });
    const fields = { understood: "yes", password: user.password };
    const page = await pageOf(
      await browser.post("/delete-account", fields),
      503,
    );
    assert.match(page.heading ?? "", /can’t be deleted right now/);
    const me = await fetch(`${replicas.system.authUrl}/me`, as(user));
    assert.equal(me.status, 200);
  });
});
