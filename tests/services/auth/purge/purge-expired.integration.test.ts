import assert from "node:assert/strict";
import type { User } from "../../../../services/auth/accounts/accounts.ts";
import { purgeExpired } from "../../../../services/auth/purge/purge-expired.ts";
import { createTokenBuckets } from "../../../../services/auth/rate-limits/token-bucket.ts";
import {
  createSessions,
  type Sessions,
} from "../../../../services/auth/sessions/sessions.ts";
import { createKeyring } from "../../../../services/auth/tokens/keyring.ts";
import {
  count,
  day,
  keyEncryptionKey,
  pass,
  signUp,
  useReplicas,
} from "../../../support/auth/domain.ts";

const nothing = {
  ...{ sessions: 0, refresh_tokens: 0, revoked_sessions: 0 },
  ...{ signing_keys: 0, limits: 0 },
};

describe("purgeExpired", () => {
  const replicas = useReplicas();
  let sessions: Sessions;
  let user: User;
  beforeEach(async () => {
    sessions = createSessions(replicas.first);
    user = await signUp(replicas.first);
  });

  const limit = { name: "test", burst: 1, intervalSeconds: 60 };
  const takeKeys = (from: number, to: number) =>
    Promise.all(
      Array.from({ length: to - from }, (_, i) =>
        createTokenBuckets(replicas.first).take(limit, [`${from + i}`]),
      ),
    );

  it("deletes nothing that is still in use", async () => {
    const api = await sessions.openApi(user);
    const next = await sessions.refresh(api?.refreshToken ?? "");
    const page = await sessions.openPage(user);
    await createKeyring(replicas.first, { keyEncryptionKey }).load();
    await takeKeys(0, 1);
    assert.deepEqual(await purgeExpired(replicas.first), nothing);
    assert.ok(await sessions.findPage(page?.cookie ?? ""));
    assert.ok(await sessions.refresh(next?.refreshToken ?? ""));
    // Used tokens are kept to detect their reuse.
    assert.equal(await sessions.refresh(api?.refreshToken ?? ""), undefined);
    assert.equal(await count(replicas.first, "sessions"), 1);
  });

  it("deletes expired rows, and those that depend on them", async () => {
    const old = await sessions.openApi(user);
    await sessions.refresh(old?.refreshToken ?? "");
    await sessions.openPage(user);
    await createKeyring(replicas.first, { keyEncryptionKey }).load();
    await takeKeys(0, 3);
    await pass(replicas.first, 31 * day);
    const fresh = await sessions.openPage(user);
    assert.deepEqual(await purgeExpired(replicas.first), {
      sessions: 2,
      refresh_tokens: 0, // deleted with their session
      revoked_sessions: 0, // all their tokens have expired
      signing_keys: 1,
      limits: 3,
    });
    assert.equal(await count(replicas.first, "refresh_tokens"), 0);
    assert.ok(await sessions.findPage(fresh?.cookie ?? ""));
    assert.equal(await count(replicas.first, "users"), 1);
  });

  it("deletes used and expired refresh tokens of a live session", async () => {
    let current = await sessions.openApi(user);
    for (let i = 0; i < 4; i++) {
      await pass(replicas.first, 11 * day);
      current = await sessions.refresh(current?.refreshToken ?? "");
    }
    assert.equal((await purgeExpired(replicas.first)).refresh_tokens, 2);
    assert.ok(await sessions.refresh(current?.refreshToken ?? ""));
  });

  it("deletes in batches, and stops at the given number of them", async () => {
    await takeKeys(0, 50);
    await pass(replicas.first, 120);
    const bounds = { batchSize: 7, maxBatches: 3 };
    assert.equal((await purgeExpired(replicas.first, bounds)).limits, 21);
    assert.equal(await count(replicas.first, "limits"), 29);
    assert.equal(
      (await purgeExpired(replicas.first, { batchSize: 7 })).limits,
      29,
    );
  });

  it("deletes each row once when replicas purge concurrently", async () => {
    for (let i = 0; i < 20; i++) await sessions.openApi(user);
    await takeKeys(0, 60);
    await pass(replicas.first, 31 * day);
    const swept = await Promise.all(
      [replicas.first, replicas.second, replicas.first, replicas.second].map(
        (database) => purgeExpired(database, { batchSize: 4 }),
      ),
    );
    const sum = (table: keyof typeof nothing) =>
      swept.reduce((total, each) => total + each[table], 0);
    assert.equal(sum("limits") + (await count(replicas.first, "limits")), 60);
    assert.equal(
      sum("sessions") + (await count(replicas.first, "sessions")),
      20,
    );
    await purgeExpired(replicas.first);
    assert.equal(await count(replicas.first, "limits"), 0);
    assert.equal(await count(replicas.first, "refresh_tokens"), 0);
  });

  it("skips a locked session without waiting for it", async () => {
    const api = await sessions.openApi(user);
    await pass(replicas.first, 31 * day);
    await replicas.second.transaction(async (tx) => {
      await tx.query("SELECT FROM sessions WHERE id = $1 FOR UPDATE", [
        api?.session.id,
      ]);
      assert.equal((await purgeExpired(replicas.first)).sessions, 0);
    });
    assert.equal((await purgeExpired(replicas.first)).sessions, 1);
  });
});
