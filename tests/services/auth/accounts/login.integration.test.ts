import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { type Database, DatabaseUnavailableError } from "@marquee/service-kit";
import { createAccounts } from "../../../../services/auth/accounts/accounts.ts";
import { createPasswordHasher } from "../../../../services/auth/passwords/password-hasher.ts";
import {
  argon2Work,
  cheap,
  cheapAccounts,
  email,
  password,
  rules,
  signUp,
  useReplicas,
} from "../../../support/auth/domain.ts";

/** The password hash of the only user in the database. */
async function storedHash(database: Database): Promise<string> {
  const [row] = await database.query<{ hash: string }>(
    "SELECT password_hash AS hash FROM users",
  );
  return row?.hash as string;
}

describe("Login", () => {
  const replicas = useReplicas();
  let accounts: ReturnType<typeof cheapAccounts>;
  before(() => {
    accounts = cheapAccounts(replicas.first);
  });

  describe("credentials", () => {
    it("accepts the address and the password", async () => {
      const user = await signUp(replicas.first);
      assert.deepEqual(await accounts.verifyLogin(email, password), user);
      assert.deepEqual(
        await accounts.verifyLogin(` ${email.toUpperCase()} `, password),
        user,
      );
    });

    it("rejects any other address or password", async () => {
      await signUp(replicas.first);
      for (const [address, text] of [
        [email, ""],
        [email, `${password} `],
        [email, password.toUpperCase()],
        ["eve@example.com", password],
        ["", password],
        ["", ""],
      ] as const)
        assert.equal(await accounts.verifyLogin(address, text), undefined);
    });

    it("takes as much work for an unknown address as for a wrong password", async () => {
      const real = createAccounts({
        database: replicas.first,
        rules,
        hasher: createPasswordHasher(),
      });
      await real.signUp(email, password);
      const work = (address: string) =>
        argon2Work(() => real.verifyLogin(address, "a wrong password"));
      const wrong = await work(email);
      assert.equal(wrong.length, 1);
      for (const address of ["eve@example.com", "eve"])
        assert.deepEqual(await work(address), wrong);
    });

    it("fails while the database is unavailable", async () => {
      const unavailable = () =>
        Promise.reject(new DatabaseUnavailableError(new Error("gone")));
      const without = cheapAccounts({
        query: unavailable,
        transaction: unavailable,
        close: async () => {},
      });
      await assert.rejects(
        without.verifyLogin(email, password),
        DatabaseUnavailableError,
      );
      await assert.rejects(
        without.signUp(email, password),
        DatabaseUnavailableError,
      );
    });
  });

  describe("hash weaker than new ones", () => {
    const dearer = { ...cheap, memoryKiB: 16 };
    const raised = () =>
      createAccounts({
        database: replicas.first,
        rules,
        hasher: createPasswordHasher({ parameters: dearer }),
      });

    it("replaces the hash on login", async () => {
      const user = await signUp(replicas.first);
      assert.match(await storedHash(replicas.first), /m=8,/);
      assert.deepEqual(await raised().verifyLogin(email, password), user);
      const hash = await storedHash(replicas.first);
      assert.match(hash, /m=16,/);
      assert.ok(await raised().verifyLogin(email, password));
      assert.equal(
        await storedHash(replicas.first),
        hash,
        "the hash was replaced again",
      );
    });

    it("keeps the hash when the password is wrong", async () => {
      await signUp(replicas.first);
      const hash = await storedHash(replicas.first);
      assert.equal(await raised().verifyLogin(email, "wrong"), undefined);
      assert.equal(await storedHash(replicas.first), hash);
    });

    it("keeps a new password's hash when the password is changed during a login", async () => {
      const user = await signUp(replicas.first);
      const next = "another engine entirely";
      const inner = createPasswordHasher({ parameters: dearer });
      const slow = createAccounts({
        database: replicas.first,
        rules,
        hasher: {
          ...inner,
          async hash(text) {
            await accounts.changePassword({
              userId: user.id,
              sessionId: randomUUID(),
              current: password,
              next,
            });
            return inner.hash(text);
          },
        },
      });
      assert.ok(await slow.verifyLogin(email, password));
      assert.equal(await accounts.verifyLogin(email, password), undefined);
      assert.ok(await accounts.verifyLogin(email, next));
    });

    it("accepts a login without replacing the hash while the hasher is busy", async () => {
      await signUp(replicas.first);
      const hasher = createPasswordHasher({
        parameters: dearer,
        concurrency: 1,
        maxQueue: 0,
      });
      const verify: typeof hasher.verify = async (hash, text) => {
        const result = await hasher.verify(hash, text);
        void hasher.hash("somebody else's"); // takes the only slot
        return result;
      };
      const busy = createAccounts({
        database: replicas.first,
        rules,
        hasher: { ...hasher, verify },
      });
      assert.ok(await busy.verifyLogin(email, password));
      assert.match(await storedHash(replicas.first), /m=8,/);
    });
  });
});
