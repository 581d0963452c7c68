import assert from "node:assert/strict";
import { databaseIssue } from "../../components/preflight.ts";
import {
  encrypted,
  issuesOf,
  plain,
  settingsOf,
} from "../support/components/configurations.ts";
import {
  least,
  secrets,
  value,
} from "../support/components/database-configurations.ts";

describe("parseSettings: password of the database", () => {
  /** The issues in a configuration with encrypted secrets, none of which contains the password. */
  const issuesIn = (changes: Record<string, unknown>) => {
    const issues = issuesOf(changes, encrypted);
    assert.ok(!issues.join().includes(value));
    return issues;
  };

  it("accepts a password for a database in and outside the cluster", () => {
    for (const database of [{}, least])
      assert.deepEqual(
        settingsOf({ database, secrets }, encrypted).secrets,
        secrets,
      );
  });

  for (const postgres of [null, {}])
    it(`needs no password for a database in the cluster: secrets.postgres is ${JSON.stringify(postgres)}`, () => {
      assert.deepEqual(settingsOf({ secrets: { postgres } }).secrets, {});
    });

  const missing = (user: string) =>
    `marquee:secrets.postgres.PASSWORD is missing: the database runs elsewhere (marquee:database.externalName), and creating the services' roles and databases there takes the password of ${user}. Set it with \`pulumi config set --secret --path 'marquee:secrets.postgres.PASSWORD'\`.`;
  for (const secrets of [
    ...[undefined, {}, { auth: { TOKEN: value } }],
    ...[{ postgres: null }, { postgres: {} }],
  ])
    it(`requires a password for a database outside the cluster: secrets is ${JSON.stringify(secrets) ?? "undefined"}`, () => {
      const database = { ...least, user: "ada" };
      assert.equal(
        databaseIssue(settingsOf({ database, secrets }, encrypted)),
        missing("ada"),
      );
    });

  it("reports nothing if the password is set or not needed", () => {
    for (const changes of [{ database: least, secrets }, {}, { secrets }])
      assert.equal(databaseIssue(settingsOf(changes, encrypted)), undefined);
  });

  it("ignores a password among a service's secrets", () => {
    const secrets = { auth: { PASSWORD: value } };
    assert.equal(
      databaseIssue(settingsOf({ database: least, secrets }, encrypted)),
      missing("postgres"),
    );
  });

  const noText =
    "marquee:secrets.postgres.PASSWORD must be a text that is not empty.";
  for (const PASSWORD of ["", null, true, 12, [value], { secure: value }])
    it(`rejects the password ${JSON.stringify(PASSWORD)}`, () => {
      for (const database of [{}, least])
        assert.deepEqual(
          issuesIn({ database, secrets: { postgres: { PASSWORD } } }),
          [noText],
        );
    });

  for (const PASSWORD of [`${value}\n`, `a\r\n${value}`])
    it(`rejects the multi-line password ${JSON.stringify(PASSWORD)}`, () => {
      assert.deepEqual(issuesIn({ secrets: { postgres: { PASSWORD } } }), [
        "marquee:secrets.postgres.PASSWORD must be one line: initdb reads only the first.",
      ]);
    });

  for (const name of ["USER", "password", "PASSWORD_", "A-B", "DATABASE_URL"])
    it(`rejects the unknown secret ${name} beside PASSWORD`, () => {
      const secrets = { postgres: { PASSWORD: value, [name]: value } };
      assert.deepEqual(issuesIn({ secrets }), [
        `marquee:secrets.postgres.${name} is not known: there is only PASSWORD.`,
      ]);
    });

  it("rejects secrets that are not a map", () => {
    assert.deepEqual(issuesIn({ secrets: { postgres: value } }), [
      "marquee:secrets.postgres must be a map of environment variables and their values.",
    ]);
  });

  it("requires the password to be encrypted", () => {
    assert.deepEqual(issuesOf({ secrets }), [plain("postgres.PASSWORD")]);
    const queried: string[] = [];
    settingsOf({ secrets }, (...names) => {
      queried.push(names.join("."));
      return true;
    });
    assert.deepEqual(queried, ["secrets.postgres.PASSWORD"]);
  });
});
