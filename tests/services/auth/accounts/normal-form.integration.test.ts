import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import {
  type Accounts,
  createAccounts,
  type User,
} from "../../../../services/auth/accounts/accounts.ts";
import { createPasswordHasher } from "../../../../services/auth/passwords/password-hasher.ts";
import { createSessions } from "../../../../services/auth/sessions/sessions.ts";
import {
  argon2Work,
  cheap,
  cheapAccounts,
  email,
  rules,
  useReplicas,
} from "../../../support/auth/domain.ts";

const composed = "pässwörd with ümlauts é";
const decomposed = composed.normalize("NFD");
const spaced = composed.replaceAll(" ", "\u00a0");
const forms = [composed, decomposed, spaced, spaced.normalize("NFD")];
const hasher = createPasswordHasher({ parameters: cheap });

describe("Passwords in different Unicode forms", () => {
  const replicas = useReplicas();
  let accounts: Accounts;
  before(() => {
    accounts = cheapAccounts(replicas.first);
  });

  const logIn = (password: string, from = accounts) =>
    from.verifyLogin(email, password);

  const change = (user: User, current: string, next: string) =>
    accounts.changePassword({
      userId: user.id,
      sessionId: randomUUID(),
      current,
      next,
    });

  /** The password hash of the only user in the database. */
  async function storedHash(): Promise<string> {
    const [row] = await replicas.first.query<{ hash: string }>(
      "SELECT password_hash AS hash FROM users",
    );
    return row?.hash as string;
  }

  /** Accounts, and the list of passwords that they verify. */
  function watched() {
    const verified: string[] = [];
    const watching = createAccounts({
      database: replicas.first,
      rules,
      hasher: {
        ...hasher,
        verify(hash, password) {
          verified.push(password);
          return hasher.verify(hash, password);
        },
      },
    });
    return { watching, verified };
  }

  for (const [i, chosen] of forms.entries())
    it(`accepts every form of a password chosen in form ${i + 1} of ${forms.length}`, async () => {
      const user = await accounts.signUp(email, chosen);
      for (const typed of forms) assert.deepEqual(await logIn(typed), user);
      assert.ok(await hasher.verify(await storedHash(), composed));
    });

  it("accepts another form of the current password for a change", async () => {
    const user = await accounts.signUp(email, composed);
    const next = "à neẅ engine";
    assert.ok(await change(user, decomposed, next.normalize("NFD")));
    assert.equal(await logIn(composed), undefined);
    assert.ok(await logIn(next));
    assert.ok(await hasher.verify(await storedHash(), next));
  });

  it("accepts another form of the password for a deletion", async () => {
    const user = await accounts.signUp(email, composed);
    assert.equal(await accounts.deleteAccount(user.id, decomposed), true);
  });

  it("rejects a password in another case or width, or with surrounding space", async () => {
    await accounts.signUp(email, composed);
    for (const other of [
      composed.toUpperCase(),
      ` ${composed}`,
      `${decomposed}\u3000`,
      composed.replace("p", "ｐ"),
      "password with umlauts e",
    ])
      assert.equal(await logIn(other), undefined, other);
  });

  it("verifies a normal form once and other forms twice, with or without an account", async () => {
    await accounts.signUp(email, "an engine of difference");
    for (const address of [email, "eve@example.com", "eve"]) {
      const { watching, verified } = watched();
      assert.equal(await watching.verifyLogin(address, composed), undefined);
      assert.deepEqual(verified, [composed], address);
      assert.equal(await watching.verifyLogin(address, decomposed), undefined);
      assert.deepEqual(verified, [composed, composed, decomposed], address);
    }
  });

  it("verifies only the normal form when it is correct", async () => {
    await accounts.signUp(email, composed);
    const { watching, verified } = watched();
    for (const typed of forms) assert.ok(await logIn(typed, watching));
    assert.deepEqual(verified, Array(forms.length).fill(composed));
  });

  it("takes as much work for an unknown address as for a wrong password", async () => {
    const real = createAccounts({
      database: replicas.first,
      rules,
      hasher: createPasswordHasher(),
    });
    await real.signUp(email, "an engine of difference");
    const work = (address: string) =>
      argon2Work(() => real.verifyLogin(address, decomposed));
    const wrong = await work(email);
    assert.equal(wrong.length, 2);
    assert.deepEqual(await work("eve@example.com"), wrong);
  });

  describe("hash of another form than the normal form", () => {
    let user: User;
    beforeEach(async () => {
      user = await accounts.signUp(email, composed);
      await replicas.first.query("UPDATE users SET password_hash = $1", [
        await hasher.hash(decomposed),
      ]);
    });

    it("accepts the hashed form on login, and replaces the hash with the normal form's", async () => {
      assert.equal(await logIn(composed), undefined);
      assert.deepEqual(await logIn(decomposed), user);
      const hash = await storedHash();
      assert.ok(await hasher.verify(hash, composed));
      for (const typed of forms) assert.deepEqual(await logIn(typed), user);
      assert.equal(await storedHash(), hash, "the hash was replaced again");
    });

    it("keeps the hash when the password is wrong", async () => {
      const hash = await storedHash();
      assert.equal(await logIn(`${decomposed}!`), undefined);
      assert.equal(await storedHash(), hash);
    });

    it("keeps a new password's hash when the password is changed during a login", async () => {
      const next = "another engine entirely";
      const slow = createAccounts({
        database: replicas.first,
        rules,
        hasher: {
          ...hasher,
          async hash(password) {
            assert.ok(await change(user, decomposed, next));
            return hasher.hash(password);
          },
        },
      });
      assert.ok(await logIn(decomposed, slow));
      assert.equal(await logIn(decomposed), undefined);
      assert.ok(await logIn(next));
    });

    it("ends no session when the hash is replaced", async () => {
      const sessions = createSessions(replicas.first);
      const page = await sessions.openPage(user);
      assert.ok(await logIn(decomposed));
      assert.ok(await sessions.findPage(page?.cookie ?? ""));
    });

    it("requires the hashed form for a change or a deletion", async () => {
      assert.equal(await change(user, composed, "a new engine"), false);
      assert.equal(await accounts.deleteAccount(user.id, composed), false);
      assert.equal(await change(user, decomposed, decomposed), true);
      assert.ok(await logIn(composed));
      assert.equal(await accounts.deleteAccount(user.id, decomposed), true);
    });
  });
});
