import assert from "node:assert/strict";
import { createHash, randomBytes, randomUUID } from "node:crypto";
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

const hour = 60 * 60;

describe("Page sessions", () => {
  const replicas = useReplicas();
  let sessions: Sessions;
  let user: User;
  beforeEach(async () => {
    sessions = createSessions(replicas.first);
    user = await signUp(replicas.first);
  });

  async function open() {
    const login = await sessions.openPage(user);
    assert.ok(login);
    return login;
  }
  const lives = async (cookie: string) =>
    (await sessions.findPage(cookie)) !== undefined;
  const advance = (seconds: number) => pass(replicas.first, seconds);

  it("finds a session by its cookie in every replica", async () => {
    const { session, cookie } = await open();
    assert.equal(session.kind, "page");
    assert.equal(session.userId, user.id);
    for (const database of [replicas.first, replicas.second])
      assert.deepEqual(await createSessions(database).findPage(cookie), {
        session,
        user,
      });
  });

  it("generates cookies of 256 random bits, and stores only their SHA-256", async () => {
    const { cookie } = await open();
    assert.match(cookie, /^[\w-]{43}$/);
    assert.notEqual((await open()).cookie, cookie);
    const rows = await replicas.first.query<{ hash: Buffer }>(
      "SELECT cookie_hash AS hash, sessions::text AS all FROM sessions ORDER BY created_at",
    );
    assert.ok(!JSON.stringify(rows).includes(cookie));
    const hash = createHash("sha256").update(cookie).digest();
    assert.deepEqual(rows[0]?.hash, hash);
  });

  it("finds no session by any other text", async () => {
    const { session, cookie } = await open();
    const hash = createHash("sha256").update(cookie).digest();
    for (const other of [
      "",
      cookie.slice(1),
      `${cookie}A`,
      ` ${cookie}`,
      cookie.toLowerCase(),
      hash.toString("base64url"),
      hash.toString("hex"),
      session.id,
      randomBytes(32).toString("base64url"),
    ])
      assert.equal(await lives(other), false, other);
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "binary" }), async (other) =>
        assert.equal(await lives(other), false),
      ),
    );
  });

  it("expires after 30 days without use", async () => {
    const { cookie } = await open();
    await advance(30 * day - 60);
    assert.equal(await lives(cookie), true);
    await advance(30 * day - 60);
    assert.equal(await lives(cookie), true);
    await advance(30 * day + 1);
    assert.equal(await lives(cookie), false);
  });

  it("expires after 90 days despite use", async () => {
    const { cookie } = await open();
    for (let week = 0; week < 12; week++) {
      await advance(7 * day);
      assert.equal(await lives(cookie), true);
    }
    await advance(6 * day - 60);
    const found = await sessions.findPage(cookie);
    const { createdAt, expiresAt } = found?.session ?? {};
    assert.equal(Number(expiresAt) - Number(createdAt), 90 * day * 1000);
    await advance(120);
    assert.equal(await lives(cookie), false);
  });

  it("records use at most once an hour", async () => {
    const { cookie } = await open();
    const used = async () => {
      const [row] = await replicas.first.query<{ used: string }>(
        "SELECT xmin || ' ' || last_used_at AS used FROM sessions",
      );
      return row?.used;
    };
    const before = await used();
    await lives(cookie);
    assert.equal(await used(), before);
    await advance(hour - 60);
    const almost = await used();
    await lives(cookie);
    assert.equal(await used(), almost);
    await advance(120);
    await Promise.all([1, 2, 3, 4, 5, 6].map(() => lives(cookie)));
    const after = await used();
    assert.notEqual(after, almost);
    await lives(cookie);
    assert.equal(await used(), after);
  });

  it("returns the new expiry right after it was extended", async () => {
    const { cookie, session } = await open();
    await advance(day);
    const moved = (await sessions.findPage(cookie))?.session;
    // The row is a day older now, but the use extended its expiry.
    assert.ok(Number(moved?.expiresAt) >= Number(session.expiresAt));
    assert.deepEqual((await sessions.findPage(cookie))?.session, moved);
  });

  it("ends only the given session", async () => {
    const [one, other] = [await open(), await open()];
    assert.equal(await sessions.end(one.session.id), true);
    assert.equal(await lives(one.cookie), false);
    assert.equal(await lives(other.cookie), true);
    assert.equal(await sessions.end(one.session.id), false);
    assert.equal(await sessions.end(randomUUID()), false);
  });

  it("opens no session for a deleted account", async () => {
    await replicas.first.query("DELETE FROM users");
    assert.equal(await sessions.openPage(user), undefined);
    assert.equal(await sessions.openApi(user), undefined);
    assert.equal(await count(replicas.first, "sessions"), 0);
  });

  it("applies custom times", async () => {
    sessions = createSessions(replicas.first, {
      timeouts: {
        idleSeconds: 600,
        absoluteSeconds: 900,
        touchIntervalSeconds: 1,
      },
    });
    const { cookie } = await open();
    await advance(550);
    assert.equal(await lives(cookie), true);
    await advance(300);
    assert.equal(await lives(cookie), true);
    await advance(60);
    assert.equal(await lives(cookie), false);
  });
});
