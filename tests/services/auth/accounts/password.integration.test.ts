import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import type {
  Accounts,
  User,
} from "../../../../services/auth/accounts/accounts.ts";
import {
  createAccounts,
  ValidationError,
} from "../../../../services/auth/accounts/accounts.ts";
import { createPasswordHasher } from "../../../../services/auth/passwords/password-hasher.ts";
import {
  createSessions,
  type Sessions,
} from "../../../../services/auth/sessions/sessions.ts";
import {
  cheap,
  cheapAccounts,
  count,
  email,
  password,
  rules,
  signUp,
  useReplicas,
} from "../../../support/auth/domain.ts";

const next = "another engine entirely";

describe("Password change", () => {
  const replicas = useReplicas();
  let accounts: Accounts;
  let sessions: Sessions;
  let user: User;
  beforeEach(async () => {
    accounts = cheapAccounts(replicas.first);
    sessions = createSessions(replicas.first);
    user = await signUp(replicas.first);
  });

  const change = (
    sessionId: string = randomUUID(),
    passwords: Partial<{ current: string; next: string }> = {},
  ) =>
    accounts.changePassword({
      userId: user.id,
      sessionId,
      current: password,
      next,
      ...passwords,
    });

  it("makes the new password the only valid one", async () => {
    assert.equal(await change(), true);
    assert.equal(await accounts.verifyLogin(email, password), undefined);
    const now = await accounts.verifyLogin(email, next);
    assert.ok(now && now.passwordChangedAt > user.passwordChangedAt);
  });

  it("ends all other sessions and their refresh tokens", async () => {
    const here = await sessions.openPage(user);
    const page = await sessions.openPage(user);
    const api = await sessions.openApi(user);
    assert.ok(here && page && api);
    await change(here.session.id);
    assert.ok(await sessions.findPage(here.cookie));
    assert.equal(await sessions.findPage(page.cookie), undefined);
    assert.equal(await sessions.refresh(api.refreshToken), undefined);
    assert.equal(await count(replicas.first, "sessions"), 1);
    assert.equal(await count(replicas.first, "refresh_tokens"), 0);
  });

  it("keeps the sessions of other users", async () => {
    const other = await signUp(replicas.first, "eve@example.com");
    const page = await sessions.openPage(other);
    await change();
    assert.ok(await sessions.findPage(page?.cookie ?? ""));
  });

  it("rejects a wrong current password", async () => {
    const page = await sessions.openPage(user);
    assert.equal(await change(undefined, { current: "wrong" }), false);
    assert.ok(await accounts.verifyLogin(email, password));
    assert.ok(await sessions.findPage(page?.cookie ?? ""));
  });

  it("rejects an unacceptable new password", async () => {
    const page = await sessions.openPage(user);
    for (const bad of ["short", "password", email, "x".repeat(1025)])
      await assert.rejects(change(undefined, { next: bad }), ValidationError);
    assert.ok(await accounts.verifyLogin(email, password));
    assert.ok(await sessions.findPage(page?.cookie ?? ""));
  });

  it("does not report errors of the new password when the current password is wrong", async () => {
    const passwords = { current: "wrong", next: "short" };
    assert.equal(await change(undefined, passwords), false);
  });

  it("fails for a deleted account", async () => {
    await accounts.deleteAccount(user.id, password);
    assert.equal(await change(), false);
  });

  describe("concurrent change", () => {
    /** Accounts for which the password is changed after it was verified and before a new one is stored. */
    const overtaken = () => {
      const hasher = createPasswordHasher({ parameters: cheap });
      return createAccounts({
        database: replicas.second,
        rules,
        hasher: {
          ...hasher,
          async verify(hash, text) {
            const result = await hasher.verify(hash, text);
            assert.equal(await change(), true);
            return result;
          },
        },
      });
    };

    it("rejects a change whose current password was replaced meanwhile", async () => {
      const changed = await overtaken().changePassword({
        userId: user.id,
        sessionId: randomUUID(),
        current: password,
        next: "a third engine",
      });
      assert.equal(changed, false);
      assert.ok(await accounts.verifyLogin(email, next));
    });

    it("rejects a deletion whose password was replaced meanwhile", async () => {
      assert.equal(await overtaken().deleteAccount(user.id, password), false);
      assert.ok(await accounts.verifyLogin(email, next));
    });
  });

  it("opens no session for an earlier login with the old password", async () => {
    const login = await accounts.verifyLogin(email, password);
    await change();
    assert.ok(login);
    assert.equal(await sessions.openPage(login), undefined);
    assert.equal(await sessions.openApi(login), undefined);
    assert.equal(await count(replicas.first, "sessions"), 0);
  });

  it("leaves no session that is opened concurrently", async () => {
    const second = createSessions(replicas.second);
    for (let round = 0; round < 15; round++) {
      const login = await accounts.verifyLogin(email, password);
      assert.ok(login);
      const [changed] = await Promise.all([
        change(),
        ...[second, sessions, second, sessions].map((sessions, i) =>
          i % 2 ? sessions.openPage(login) : sessions.openApi(login),
        ),
      ]);
      assert.equal(changed, true);
      assert.equal(await count(replicas.first, "sessions"), 0, `${round}`);
      await change(undefined, { current: next, next: password });
    }
  });

  it("does not deadlock with refreshes of the sessions that it ends", async () => {
    const second = createSessions(replicas.second);
    for (let round = 0; round < 10; round++) {
      const login = await accounts.verifyLogin(email, password);
      assert.ok(login);
      const opened = await Promise.all(
        [1, 2, 3].map(() => second.openApi(login)),
      );
      const [changed] = await Promise.all([
        change(),
        ...opened.map((api) => second.refresh(api?.refreshToken ?? "")),
      ]);
      assert.equal(changed, true);
      assert.equal(await count(replicas.first, "sessions"), 0);
      await change(undefined, { current: next, next: password });
    }
  });
});
