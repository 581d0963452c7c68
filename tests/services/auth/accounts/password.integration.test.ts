import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import type {
  Accounts,
  User,
} from "../../../../services/auth/accounts/accounts.ts";
import {
  createAccounts,
  Unacceptable,
} from "../../../../services/auth/accounts/accounts.ts";
import { createHasher } from "../../../../services/auth/passwords/passwords.ts";
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

describe("Changing a password", () => {
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

  it("makes the new one the only one", async () => {
    assert.equal(await change(), true);
    assert.equal(await accounts.verifyLogin(email, password), undefined);
    const now = await accounts.verifyLogin(email, next);
    assert.ok(now && now.passwordChangedAt > user.passwordChangedAt);
  });

  it("ends all other sessions, and their refresh tokens", async () => {
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

  it("leaves the sessions of others alone", async () => {
    const other = await signUp(replicas.first, "eve@example.com");
    const page = await sessions.openPage(other);
    await change();
    assert.ok(await sessions.findPage(page?.cookie ?? ""));
  });

  it("needs the current one", async () => {
    const page = await sessions.openPage(user);
    assert.equal(await change(undefined, { current: "wrong" }), false);
    assert.ok(await accounts.verifyLogin(email, password));
    assert.ok(await sessions.findPage(page?.cookie ?? ""));
  });

  it("needs a new one that is accepted", async () => {
    const page = await sessions.openPage(user);
    for (const bad of ["short", "password", email, "x".repeat(1025)])
      await assert.rejects(change(undefined, { next: bad }), Unacceptable);
    assert.ok(await accounts.verifyLogin(email, password));
    assert.ok(await sessions.findPage(page?.cookie ?? ""));
  });

  it("does not say what is wrong with a new one to who does not know the current one", async () => {
    const passwords = { current: "wrong", next: "short" };
    assert.equal(await change(undefined, passwords), false);
  });

  it("is nothing for who has no account", async () => {
    await accounts.deleteAccount(user.id, password);
    assert.equal(await change(), false);
  });

  describe("that is changed meanwhile", () => {
    /** Accounts during whose work the password is changed: after it was checked, and before a new one is stored. */
    const overtaken = () => {
      const hasher = createHasher({ parameters: cheap });
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

    it("does nothing: the current one is none any more", async () => {
      const changed = await overtaken().changePassword({
        userId: user.id,
        sessionId: randomUUID(),
        current: password,
        next: "a third engine",
      });
      assert.equal(changed, false);
      assert.ok(await accounts.verifyLogin(email, next));
    });

    it("deletes no account", async () => {
      assert.equal(await overtaken().deleteAccount(user.id, password), false);
      assert.ok(await accounts.verifyLogin(email, next));
    });
  });

  it("keeps out who logged in with the old one and has no session yet", async () => {
    const login = await accounts.verifyLogin(email, password);
    await change();
    assert.ok(login);
    assert.equal(await sessions.openPage(login), undefined);
    assert.equal(await sessions.openApi(login), undefined);
    assert.equal(await count(replicas.first, "sessions"), 0);
  });

  it("leaves no session behind that is opened in the same moment, whichever is first", async () => {
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

  it("is not stuck with refreshes of the sessions that it ends", async () => {
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
