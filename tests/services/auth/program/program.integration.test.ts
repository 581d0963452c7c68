import assert from "node:assert/strict";
import { cpSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createKeyEncryption } from "../../../../services/auth/tokens/key-encryption.ts";
import { keyEncryptionKey, password } from "../../../support/auth/domain.ts";
import { otherKey } from "../../../support/auth/keyrings.ts";
import {
  authEnvironment,
  authProgram,
  cookiesOf,
  form,
  json,
  startedAuth,
} from "../../../support/auth/program.ts";
import { bearer, type TestTokens } from "../../../support/auth/service.ts";
import { useFolders } from "../../../support/folders.ts";
import { useDatabase } from "../../../support/postgres.ts";
import { runToEnd, stopPrograms } from "../../../support/program.ts";

const services = join(import.meta.dirname, "../../../../services");
const issuer =
  "expected auth's URL such as https://auth.example.com, without a path or a trailing slash";
const secret =
  "expected at least 32 characters; generate them with `openssl rand -base64 32`";
const proxies = "expected a whole number from 0 to 5";

describe("Auth program: environment", () => {
  stopPrograms();

  it("exits with code 1 and reports every missing variable", async () => {
    const { code, stderr } = await runToEnd(authProgram);
    assert.equal(code, 1);
    for (const name of Object.keys(authEnvironment))
      assert.match(stderr, new RegExp(`^  ${name} is not set: expected`, "m"));
    assert.doesNotMatch(stderr, /TRUSTED_PROXIES|DATABASE_TLS|\n +at /);
  });

  const wrong: [Record<string, string>, string][] = [
    ...[
      "auth.example.com",
      "https://auth.example.com/",
      "https://auth.example.com/auth",
      "https://auth.example.com?x",
      "https://ada:pw@auth.example.com",
      "ftp://auth.example.com",
      "",
    ].map((ISSUER): [Record<string, string>, string] => [
      { ISSUER },
      `ISSUER is "${ISSUER}": ${issuer}`,
    ]),
    [
      { KEY_ENCRYPTION_KEY: "too short" },
      `KEY_ENCRYPTION_KEY is wrong: ${secret}`,
    ],
    ...["-1", "6", "1.5", "all"].map(
      (TRUSTED_PROXIES): [Record<string, string>, string] => [
        { TRUSTED_PROXIES },
        `TRUSTED_PROXIES is "${TRUSTED_PROXIES}": ${proxies}`,
      ],
    ),
  ];
  for (const [variables, sentence] of wrong)
    it(`exits with code 1 and rejects ${JSON.stringify(variables)}`, async () => {
      const env = { ...authEnvironment, ...variables };
      const { code, stderr, stdout } = await runToEnd(authProgram, env);
      assert.equal(code, 1);
      assert.equal(
        stderr,
        `This program can't start, because its environment is invalid:\n  ${sentence}\n`,
      );
      assert.equal(stdout, "");
    });
});

describe("Auth program: list of common passwords", () => {
  stopPrograms();
  const folder = useFolders();

  for (const [what, text, issue] of [
    ["is empty", "", "it is empty"],
    ["is another file", "rubbish\n", "it lacks password, 12345678, iloveyou"],
  ] as const)
    it(`exits with code 1 and no stack trace when the list ${what}`, async () => {
      const project = folder();
      cpSync(services, join(project, "services"), { recursive: true });
      symlinkSync(
        join(services, "../node_modules"),
        join(project, "node_modules"),
      );
      const auth = join(project, "services/auth");
      const list = join(auth, "assets/common-passwords.txt");
      writeFileSync(list, text);
      const end = await runToEnd(join(auth, "server.ts"), authEnvironment);
      assert.deepEqual(end, {
        code: 1,
        stdout: "",
        stderr: `This program can't start:\n  ${list} is not a list of the passwords that people use most, one per line: ${issue}.\n`,
      });
    });
});

describe("Auth program", () => {
  stopPrograms();
  const url = useDatabase();

  const program = () => startedAuth(url());

  it("creates its tables and issues tokens of its issuer", async () => {
    const { url } = await program();
    const body = { email: "ada@example.com", password };
    const response = await fetch(`${url}/signup`, json(body));
    assert.equal(response.status, 201);
    const { access_token } = (await response.json()) as TestTokens;
    const [, claims = ""] = access_token.split(".");
    const { iss } = JSON.parse(Buffer.from(claims, "base64url").toString());
    assert.equal(iss, authEnvironment.ISSUER);
  });

  it("logs users' actions, but no email address, password, cookie or token", async () => {
    const { url, out, untilLogged } = await program();
    const email = "lovelace@example.com";
    const right = { email, password };
    const secrets = [
      email,
      "lovelace",
      password,
      "a wrong engine",
      "a new engine",
    ];
    const tokens = (await (
      await fetch(`${url}/signup`, json(right))
    ).json()) as TestTokens;
    await fetch(`${url}/login`, json({ ...right, password: "a wrong engine" }));
    const signIn = await fetch(`${url}/sign-in`, form(right));
    const cookie = cookiesOf(signIn);
    const change = { current_password: password, new_password: "a new engine" };
    await fetch(`${url}/change-password`, form(change, cookie));
    const { refresh_token, access_token } = tokens;
    for (let i = 0; i < 2; i++)
      await fetch(`${url}/refresh`, json({ refresh_token }));
    await fetch(`${url}/me`, {
      headers: { authorization: `Bearer ${access_token}` },
    });
    const userId = tokens.user.id;
    await untilLogged("sign-up", { userId });
    await untilLogged("login", { userId });
    await untilLogged("login failed: unknown account or wrong password");
    await untilLogged("password changed", { userId });
    await untilLogged("request", { path: "/me" });
    secrets.push(
      ...[...cookie.matchAll(/=([^;]+)/g)].map(([, value]) => value as string),
      refresh_token,
      ...access_token.split("."),
      keyEncryptionKey,
    );
    for (const secret of secrets)
      assert.ok(!out.stdout.includes(secret), `${secret} is in the log`);
    assert.equal(out.stderr, "");
  });

  it("warns when a refresh token is reused", async () => {
    const { url, untilLogged } = await program();
    const body = { email: "copied@example.com", password };
    const response = await fetch(`${url}/signup`, json(body));
    const { refresh_token } = (await response.json()) as TestTokens;
    for (let i = 0; i < 2; i++)
      await fetch(`${url}/refresh`, json({ refresh_token }));
    await untilLogged(
      "a refresh token was reused, so a copy of it exists: the session was ended",
      { level: "warn" },
    );
  });

  it("keeps sessions and keys across a restart", async () => {
    const first = await program();
    const body = { email: "restarted@example.com", password };
    const response = await fetch(`${first.url}/signup`, json(body));
    const { access_token } = (await response.json()) as TestTokens;
    await first.terminate();
    await first.end;
    const second = await program();
    const { status } = await fetch(`${second.url}/me`, {
      headers: { authorization: `Bearer ${access_token}` },
    });
    assert.equal(status, 200);
  });
});

describe("Auth program: signing keys of another KEY_ENCRYPTION_KEY", () => {
  stopPrograms();
  const url = useDatabase();

  it("warns once, with both ids, that it signs with keys of its own", async () => {
    const first = await startedAuth(url());
    const body = { email: "ada@example.com", password };
    const response = await fetch(`${first.url}/signup`, json(body));
    const { access_token } = (await response.json()) as TestTokens;
    await first.terminate();
    await first.end;
    const warnings = ({ lines }: typeof first) =>
      lines.filter(({ level }) => level === "warn").map(({ msg }) => msg);
    assert.deepEqual(warnings(first), []);

    const second = await startedAuth(url(), { KEY_ENCRYPTION_KEY: otherKey });
    const get = (token: string) =>
      fetch(`${second.url}/me`, { headers: bearer({ access_token: token }) });
    const { status } = await get(access_token);
    assert.equal(status, 200);
    // An unknown kid makes it read the keys again.
    const [header = "", ...rest] = access_token.split(".");
    const decoded = JSON.parse(Buffer.from(header, "base64url").toString());
    for (const letter of ["A", "B"]) {
      const unknown = JSON.stringify({ ...decoded, kid: letter.repeat(43) });
      const encoded = Buffer.from(unknown).toString("base64url");
      assert.equal((await get([encoded, ...rest].join("."))).status, 401);
    }
    const [former, own] = [keyEncryptionKey, otherKey].map(
      (key) => createKeyEncryption(key).id,
    );
    assert.deepEqual(warnings(second), [
      `signing keys in the database are encrypted with the KEY_ENCRYPTION_KEY whose id is ${former}, but this program has the one whose id is ${own}: it signs with new keys, and tokens signed by the existing keys stay valid until they expire. To use the existing keys, restore the previous KEY_ENCRYPTION_KEY: \`pulumi config set --secret --path 'marquee:secrets.auth.KEY_ENCRYPTION_KEY'\`.`,
    ]);
  });
});
