import assert from "node:assert/strict";
import type { Queries } from "@marquee/service-kit";
import type { User } from "../../../../services/auth/accounts/accounts.ts";
import { purgeExpired } from "../../../../services/auth/purge/purge-expired.ts";
import { findSession } from "../../../../services/auth/sessions/find-session.ts";
import { listRevocations } from "../../../../services/auth/sessions/revocations.ts";
import {
  createSessions,
  type Sessions,
} from "../../../../services/auth/sessions/sessions.ts";
import { defaultKeyRotationTimes } from "../../../../services/auth/tokens/key-rotation.ts";
import {
  cheapAccounts,
  count,
  day,
  pass,
  password,
  signUp,
  useReplicas,
} from "../../../support/auth/domain.ts";

describe("Auth's list of revoked sessions", () => {
  const replicas = useReplicas();
  let sessions: Sessions;
  let user: User;
  beforeEach(async () => {
    sessions = createSessions(replicas.first);
    user = await signUp(replicas.first);
  });

  async function openPage() {
    const login = await sessions.openPage(user);
    assert.ok(login);
    return login.session.id;
  }
  async function openApi() {
    const login = await sessions.openApi(user);
    assert.ok(login);
    return login;
  }
  /** The listed ids, which must be the same in both replicas. */
  async function listed(after?: string): Promise<string[]> {
    const [first, second] = await Promise.all(
      [replicas.first, replicas.second].map((replica) =>
        listRevocations(replica, after),
      ),
    );
    const ids = first?.sessions.map(({ id }) => id).sort();
    assert.deepEqual(second?.sessions.map(({ id }) => id).sort(), ids);
    return ids ?? [];
  }

  it("lists nothing while every session is live", async () => {
    await openPage();
    const { refreshToken } = await openApi();
    await sessions.refresh(refreshToken);
    assert.deepEqual(await listed(), []);
  });

  it("lists a signed-out session until its last token has expired", async () => {
    const id = await openPage();
    await sessions.end(id);
    const { sessions: found } = await listRevocations(replicas.first);
    const [session] = found;
    assert.ok(session);
    assert.deepEqual(found, [
      { id, expires_in: session.expires_in, account_deleted: false },
    ]);
    assert.ok(
      session.expires_in > defaultKeyRotationTimes.tokenLifetimeSeconds,
    );
    await pass(replicas.first, session.expires_in);
    assert.deepEqual(await listed(), []);
  });

  it("lists the session of a revoked or reused refresh token", async () => {
    const revoked = await openApi();
    await sessions.endByRefreshToken(revoked.refreshToken);
    const copied = await openApi();
    await sessions.refresh(copied.refreshToken);
    await sessions.refresh(copied.refreshToken);
    const ids = [revoked.session.id, copied.session.id];
    assert.deepEqual(await listed(), ids.sort());
  });

  it("lists every session but the current one after a password change", async () => {
    const [current, other] = [await openPage(), await openPage()];
    const program = await openApi();
    const change = { current: password, next: "an engine of analysis" };
    assert.ok(
      await cheapAccounts(replicas.first).changePassword({
        ...{ userId: user.id, sessionId: current, ...change },
      }),
    );
    assert.deepEqual(await listed(), [other, program.session.id].sort());
    assert.ok(await findSession(replicas.first, current));
  });

  it("lists and marks every session of a deleted account", async () => {
    const ids = [await openPage(), (await openApi()).session.id];
    assert.ok(
      await cheapAccounts(replicas.first).deleteAccount(user.id, password),
    );
    const { sessions: found } = await listRevocations(replicas.first);
    assert.deepEqual(found.map(({ id }) => id).sort(), ids.sort());
    for (const session of found) assert.equal(session.account_deleted, true);
  });

  it("omits a session that expired long before it was purged", async () => {
    await openPage();
    await pass(replicas.first, 31 * day);
    await purgeExpired(replicas.first);
    assert.deepEqual(await listed(), []);
    assert.equal(await count(replicas.first, "revoked_sessions"), 0);
  });

  it("omits sessions whose tokens have expired after a purge", async () => {
    await sessions.end(await openPage());
    await pass(
      replicas.first,
      defaultKeyRotationTimes.tokenLifetimeSeconds + 61,
    );
    const kept = await openPage();
    await sessions.end(kept);
    assert.equal((await purgeExpired(replicas.first)).revoked_sessions, 1);
    assert.deepEqual(await listed(), [kept]);
  });

  it("lists only sessions revoked after the cursor", async () => {
    await sessions.end(await openPage());
    const { cursor } = await listRevocations(replicas.first);
    assert.deepEqual(await listed(cursor), []);
    const next = await openPage();
    await sessions.end(next);
    assert.deepEqual(await listed(cursor), [next]);
  });

  it("lists a session whose transaction was still running when the cursor was returned", async () => {
    const [early, late] = [await openPage(), await openPage()];
    const end = (queries: Queries, id: string) =>
      queries.query("DELETE FROM sessions WHERE id = $1", [id]);
    let cursor = "";
    await replicas.first.transaction(async (tx) => {
      await end(tx, early); // takes its transaction's number first, and commits last
      await end(replicas.second, late);
      const answer = await listRevocations(replicas.second);
      assert.deepEqual(
        answer.sessions.map(({ id }) => id),
        [late],
      );
      cursor = answer.cursor;
    });
    assert.ok((await listed(cursor)).includes(early));
  });

  it("starts over for a cursor of another database server", async () => {
    const id = await openPage();
    await sessions.end(id);
    assert.deepEqual(await listed("9999999999999999999"), [id]);
  });
});
