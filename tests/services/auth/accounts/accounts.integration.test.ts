import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import type { Database } from "@marquee/service-kit";
import fc from "fast-check";
import {
  EmailTakenError,
  ValidationError,
} from "../../../../services/auth/accounts/accounts.ts";
import { createSessions } from "../../../../services/auth/sessions/sessions.ts";
import {
  cheapAccounts,
  count,
  email,
  password,
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

describe("Accounts", () => {
  const replicas = useReplicas();
  let accounts: ReturnType<typeof cheapAccounts>;
  before(() => {
    accounts = cheapAccounts(replicas.first);
  });

  describe("sign-up", () => {
    it("stores the address as entered, without surrounding space", async () => {
      const user = await accounts.signUp("\t Ada@Example.COM\n", password);
      assert.equal(user.email, "Ada@Example.COM");
      assert.deepEqual(await accounts.find(user.id), user);
    });

    it("stores an international domain in ASCII form", async () => {
      const user = await accounts.signUp("Ada@Müller.example", password);
      assert.equal(user.email, "Ada@xn--mller-kva.example");
      assert.deepEqual(await accounts.find(user.id), user);
    });

    it("rejects another spelling of an address that has an account", async () => {
      await accounts.signUp("Ada@Example.com", password);
      for (const same of [
        "Ada@Example.com",
        "ada@example.com",
        " ADA@EXAMPLE.COM ",
      ])
        await assert.rejects(accounts.signUp(same, password), EmailTakenError);
      assert.equal(await count(replicas.first, "users"), 1);
    });

    it("creates one account for concurrent sign-ups in two replicas", async () => {
      const second = cheapAccounts(replicas.second);
      const results = await Promise.allSettled(
        Array.from({ length: 20 }, (_, i) =>
          (i % 2 ? accounts : second).signUp(
            i % 3 ? email : email.toUpperCase(),
            `${password} ${i}`,
          ),
        ),
      );
      const won = results.findIndex(({ status }) => status === "fulfilled");
      for (const [i, result] of results.entries())
        if (result.status === "rejected")
          assert.ok(result.reason instanceof EmailTakenError, result.reason);
        else assert.equal(i, won);
      assert.ok(await accounts.verifyLogin(email, `${password} ${won}`));
    });

    it("reports every error at once, and creates no account", async () => {
      await assert.rejects(
        accounts.signUp("ada", "short"),
        (error: unknown) => {
          assert.ok(error instanceof ValidationError);
          assert.deepEqual(error.issues, [
            {
              field: "email",
              detail: "This is not an email address, such as name@example.com.",
            },
            {
              field: "password",
              detail: "A password has at least 8 characters; this one has 5.",
            },
          ]);
          return true;
        },
      );
      assert.equal(await count(replicas.first, "users"), 0);
    });

    it("stores a hash in place of the password", async () => {
      await signUp(replicas.first);
      const rows = await replicas.first.query("SELECT * FROM users");
      assert.ok(!JSON.stringify(rows).includes(password));
      assert.match(await storedHash(replicas.first), /^\$argon2id\$/);
    });
  });

  describe("email addresses", () => {
    const longest = `${"a".repeat(64)}@${"b".repeat(63)}.${"c".repeat(63)}.${"d".repeat(58)}.ef`;
    for (const address of [
      "a@b.co",
      "first.last+tag@sub.example.com",
      "o'hara@example.com",
      "x@xn--mller-kva.example",
      "1@2.3",
      longest,
    ])
      it(`accepts ${address.slice(0, 40)}`, async () => {
        assert.equal((await signUp(replicas.first, address)).email, address);
        assert.ok(await accounts.verifyLogin(address.toUpperCase(), password));
      });

    for (const address of [
      "",
      "   ",
      "ada",
      "@example.com",
      "ada@",
      "ada@example",
      "ada@@example.com",
      "ada@example..com",
      "ada@-example.com",
      "ada@example-.com",
      "ada@.example.com",
      "ada@example.com.",
      "a da@example.com",
      "ada@exam ple.com",
      "ada\0@example.com",
      "ada@example.com\0",
      "ada\n@example.com",
      "ada@example.com\r\nBcc: eve@example.com",
      "ada\u202e@example.com",
      "adа@example.com", // a Cyrillic letter
      "ädä@müller.example",
      "ada@müller",
      "ada@müller.example.",
      "<ada@example.com>",
      '"ada"@example.com',
      `${"a".repeat(65)}@example.com`,
      `a${longest}`,
      `ada@${"b".repeat(64)}.com`,
      `${longest}x`,
    ])
      it(`rejects ${JSON.stringify(address.slice(-40))}`, async () => {
        await assert.rejects(
          accounts.signUp(address, password),
          (error: unknown) =>
            error instanceof ValidationError &&
            isDeepStrictEqual(
              error.issues.map(({ field }) => field),
              ["email"],
            ),
        );
        assert.equal(await accounts.verifyLogin(address, password), undefined);
      });

    it("rejects logins with arbitrary text", async () => {
      await signUp(replicas.first);
      await fc.assert(
        fc.asyncProperty(
          fc.string({ unit: "binary" }),
          fc.string({ unit: "binary" }),
          async (address, text) =>
            assert.equal(await accounts.verifyLogin(address, text), undefined),
        ),
      );
    });
  });

  describe("deletion", () => {
    it("deletes all data of the user, and none of others", async () => {
      const user = await signUp(replicas.first);
      const other = await signUp(replicas.first, "eve@example.com");
      const sessions = createSessions(replicas.first);
      for (const each of [user, other]) {
        const login = await sessions.openApi(each);
        await sessions.refresh(login?.refreshToken ?? "");
        await sessions.openPage(each);
      }
      assert.equal(await accounts.deleteAccount(user.id, password), true);
      assert.equal(await accounts.find(user.id), undefined);
      assert.equal(await accounts.verifyLogin(email, password), undefined);
      const [left] = await replicas.first.query<{ users: bigint }>(
        `SELECT (SELECT count(*) FROM users) AS users, (SELECT count(*) FROM sessions) AS sessions,
           (SELECT count(*) FROM refresh_tokens) AS tokens`,
      );
      assert.deepEqual(left, { users: 1n, sessions: 2n, tokens: 2n });
      assert.ok(await accounts.verifyLogin("eve@example.com", password));
    });

    it("keeps the account when the password is wrong", async () => {
      const user = await signUp(replicas.first);
      assert.equal(await accounts.deleteAccount(user.id, "wrong"), false);
      assert.deepEqual(await accounts.find(user.id), user);
    });

    it("deletes an account only once for concurrent requests", async () => {
      const user = await signUp(replicas.first);
      const results = await Promise.all(
        [1, 2, 3, 4].map(() => accounts.deleteAccount(user.id, password)),
      );
      assert.equal(results.filter(Boolean).length, 1);
      assert.equal(await accounts.deleteAccount(user.id, password), false);
    });

    it("frees the address for a new account", async () => {
      const user = await signUp(replicas.first);
      await accounts.deleteAccount(user.id, password);
      assert.notEqual((await signUp(replicas.first)).id, user.id);
    });
  });
});
