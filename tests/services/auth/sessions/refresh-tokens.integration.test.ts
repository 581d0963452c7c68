import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import fc from "fast-check";
import type { User } from "../../../../services/auth/accounts/accounts.ts";
import {
  createSessions,
  type Sessions,
} from "../../../../services/auth/sessions/sessions.ts";
import {
  count,
  day,
  pass,
  signUp,
  useReplicas,
} from "../../../support/auth/domain.ts";

describe("Refresh tokens", () => {
  const replicas = useReplicas();
  const reused: string[] = [];
  let sessions: Sessions;
  let second: Sessions;
  let user: User;
  beforeEach(async () => {
    reused.length = 0;
    const options = { onReuse: (id: string) => reused.push(id) };
    sessions = createSessions(replicas.first, options);
    second = createSessions(replicas.second, options);
    user = await signUp(replicas.first);
  });

  async function open() {
    const login = await sessions.openApi(user);
    assert.ok(login);
    return login;
  }
  async function refresh(token: string) {
    const refreshed = await sessions.refresh(token);
    assert.ok(refreshed, "The token was rejected.");
    return refreshed;
  }
  const advance = (seconds: number) => pass(replicas.first, seconds);

  it("returns the next token for the same session and user", async () => {
    const { session, refreshToken } = await open();
    assert.equal(session.kind, "api");
    const next = await refresh(refreshToken);
    assert.notEqual(next.refreshToken, refreshToken);
    assert.equal(next.session.id, session.id);
    assert.deepEqual(next.user, user);
    const last = await second.refresh(next.refreshToken);
    assert.equal(last?.session.id, session.id);
    assert.deepEqual(reused, []);
  });

  it("generates prefixed tokens of 256 random bits, and stores only their SHA-256", async () => {
    const { refreshToken } = await open();
    assert.match(refreshToken, /^mrt_[\w-]{43}$/);
    const rows = await replicas.first.query<{ hash: Buffer }>(
      "SELECT hash, refresh_tokens::text AS all FROM refresh_tokens",
    );
    assert.ok(!JSON.stringify(rows).includes(refreshToken.slice(4)));
    assert.deepEqual(
      rows[0]?.hash,
      createHash("sha256").update(refreshToken).digest(),
    );
  });

  it("ends the session when a token is reused, and rejects the token issued for it", async () => {
    const { session, refreshToken } = await open();
    const next = await refresh(refreshToken);
    assert.equal(await sessions.refresh(refreshToken), undefined);
    assert.deepEqual(reused, [session.id]);
    assert.equal(await sessions.refresh(next.refreshToken), undefined);
    assert.equal(await count(replicas.first, "sessions"), 0);
    assert.equal(await count(replicas.first, "refresh_tokens"), 0);
  });

  it("ends the session when an old token is reused long after", async () => {
    const { refreshToken } = await open();
    let current = await refresh(refreshToken);
    for (let i = 0; i < 5; i++) {
      await advance(10 * day);
      current = await refresh(current.refreshToken);
    }
    assert.equal(await sessions.refresh(refreshToken), undefined);
    assert.equal(await sessions.refresh(current.refreshToken), undefined);
  });

  it("ends no other session of the user after a reuse", async () => {
    const [one, other] = [await open(), await open()];
    const page = await sessions.openPage(user);
    await refresh(one.refreshToken);
    await sessions.refresh(one.refreshToken);
    await refresh(other.refreshToken);
    assert.ok(await sessions.findPage(page?.cookie ?? ""));
  });

  for (const uses of [2, 3, 8, 25])
    it(`lets exactly one of ${uses} concurrent uses win, and ends the session`, async () => {
      for (let round = 0; round < 5; round++) {
        const { session, refreshToken } = await open();
        const results = await Promise.all(
          Array.from({ length: uses }, (_, i) =>
            (i % 2 ? sessions : second).refresh(refreshToken),
          ),
        );
        const won = results.filter((result) => result !== undefined);
        assert.equal(won.length, 1);
        assert.equal(
          await sessions.refresh(won[0]?.refreshToken ?? ""),
          undefined,
        );
        assert.deepEqual(reused.splice(0), [session.id]);
        assert.equal(await count(replicas.first, "sessions"), 0);
      }
    });

  it("refreshes concurrent sessions independently", async () => {
    let all = await Promise.all([1, 2, 3, 4, 5, 6].map(open));
    for (let round = 0; round < 5; round++)
      all = await Promise.all(
        all.map(({ refreshToken }) => refresh(refreshToken)),
      );
    assert.equal(new Set(all.map(({ session }) => session.id)).size, 6);
  });

  it("extends the session by 30 days with each refresh", async () => {
    let current = await open();
    await advance(30 * day - 60);
    current = await refresh(current.refreshToken);
    await advance(30 * day - 60);
    current = await refresh(current.refreshToken);
    await advance(30 * day + 1);
    assert.equal(await sessions.refresh(current.refreshToken), undefined);
  });

  it("expires 90 days after the login despite refreshes", async () => {
    let current = await open();
    for (let week = 0; week < 12; week++) {
      await advance(7 * day);
      current = await refresh(current.refreshToken);
    }
    const { createdAt, expiresAt } = current.session;
    assert.equal(Number(expiresAt) - Number(createdAt), 90 * day * 1000);
    await advance(6 * day - 60);
    current = await refresh(current.refreshToken);
    await advance(120);
    assert.equal(await sessions.refresh(current.refreshToken), undefined);
  });

  it("does not report an unused expired token as reused", async () => {
    const { refreshToken } = await open();
    await advance(30 * day + 1);
    assert.equal(await sessions.refresh(refreshToken), undefined);
    assert.deepEqual(reused, []);
  });

  it("rejects any other text, and ends no session", async () => {
    const { refreshToken } = await open();
    const page = await sessions.openPage(user);
    for (const other of [
      "",
      "mrt_",
      refreshToken.slice(0, -1),
      `${refreshToken}A`,
      refreshToken.slice(4),
      refreshToken.toUpperCase(),
      `mrt_${page?.cookie}`,
      `mrt_${"A".repeat(43)}`,
    ]) {
      assert.equal(await sessions.refresh(other), undefined, other);
      assert.equal(await sessions.endByRefreshToken(other), false, other);
    }
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: "binary" }),
        fc.boolean(),
        async (text, prefix) => {
          const other = prefix ? `mrt_${text}` : text;
          assert.equal(await sessions.refresh(other), undefined);
        },
      ),
    );
    await refresh(refreshToken);
    assert.deepEqual(reused, []);
  });

  it("rejects a token of an ended session", async () => {
    const { session, refreshToken } = await open();
    assert.equal(await sessions.end(session.id), true);
    assert.equal(await sessions.refresh(refreshToken), undefined);
    assert.deepEqual(reused, []);
  });

  it("ends a session by its used or unused token", async () => {
    const one = await open();
    assert.equal(await sessions.endByRefreshToken(one.refreshToken), true);
    assert.equal(await sessions.refresh(one.refreshToken), undefined);
    const other = await open();
    const next = await refresh(other.refreshToken);
    assert.equal(await sessions.endByRefreshToken(other.refreshToken), true);
    assert.equal(await sessions.refresh(next.refreshToken), undefined);
    assert.equal(await sessions.endByRefreshToken(next.refreshToken), false);
  });

  it("returns no lasting token while the session is ended concurrently", async () => {
    for (let round = 0; round < 15; round++) {
      const { session, refreshToken } = await open();
      const [, refreshed] = await Promise.all([
        second.end(session.id),
        sessions.refresh(refreshToken),
      ]);
      if (refreshed)
        assert.equal(await sessions.refresh(refreshed.refreshToken), undefined);
      assert.equal(await count(replicas.first, "sessions"), 0);
    }
  });
});
