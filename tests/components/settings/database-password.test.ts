import assert from "node:assert/strict";
import { databaseMistake } from "../../../components/cluster.ts";
import {
  encrypted,
  mistakesOf,
  plain,
  settingsOf,
} from "../../support/components/configurations.ts";
import {
  least,
  secrets,
  value,
} from "../../support/components/database-configurations.ts";

describe("parseSettings, of the database's password,", () => {
  /** What is said of a configuration whose secrets are encrypted; the password is in none of it. */
  const told = (changes: Record<string, unknown>) => {
    const mistakes = mistakesOf(changes, encrypted);
    assert.ok(!mistakes.join().includes(value));
    return mistakes;
  };

  it("takes one for either kind", () => {
    for (const database of [{}, least])
      assert.deepEqual(
        settingsOf({ database, secrets }, encrypted).secrets,
        secrets,
      );
  });

  for (const postgres of [null, {}])
    it(`needs none here: ${JSON.stringify(postgres)}`, () => {
      assert.deepEqual(settingsOf({ secrets: { postgres } }).secrets, {});
    });

  const missing = (user: string) =>
    `marquee:secrets.postgres.PASSWORD is missing: the database runs elsewhere (marquee:database.externalName), and there the services' roles and databases are made with the password of ${user}. Set it with \`pulumi config set --secret --path 'marquee:secrets.postgres.PASSWORD'\`.`;
  for (const secrets of [
    ...[undefined, {}, { auth: { TOKEN: value } }],
    ...[{ postgres: null }, { postgres: {} }],
  ])
    it(`needs one elsewhere, before an update: ${JSON.stringify(secrets) ?? "nothing"} is a mistake`, () => {
      const database = { ...least, user: "ada" };
      assert.equal(
        databaseMistake(settingsOf({ database, secrets }, encrypted)),
        missing("ada"),
      );
    });

  it("is there, or not needed, and nothing is said", () => {
    for (const changes of [{ database: least, secrets }, {}, { secrets }])
      assert.equal(databaseMistake(settingsOf(changes, encrypted)), undefined);
  });

  it("is of no use among a service's secrets", () => {
    const secrets = { auth: { PASSWORD: value } };
    assert.equal(
      databaseMistake(settingsOf({ database: least, secrets }, encrypted)),
      missing("postgres"),
    );
  });

  const noText =
    "marquee:secrets.postgres.PASSWORD must be a text that is not empty.";
  for (const PASSWORD of ["", null, true, 12, [value], { secure: value }])
    it(`${JSON.stringify(PASSWORD)} is a mistake`, () => {
      for (const database of [{}, least])
        assert.deepEqual(
          told({ database, secrets: { postgres: { PASSWORD } } }),
          [noText],
        );
    });

  for (const PASSWORD of [`${value}\n`, `a\r\n${value}`])
    it(`${JSON.stringify(PASSWORD)} is a mistake, as it has more than a line`, () => {
      assert.deepEqual(told({ secrets: { postgres: { PASSWORD } } }), [
        "marquee:secrets.postgres.PASSWORD must be one line: initdb takes no more of it.",
      ]);
    });

  for (const name of ["USER", "password", "PASSWORD_", "A-B", "DATABASE_URL"])
    it(`${name} beside it is a mistake`, () => {
      const secrets = { postgres: { PASSWORD: value, [name]: value } };
      assert.deepEqual(told({ secrets }), [
        `marquee:secrets.postgres.${name} is not known: there is only PASSWORD.`,
      ]);
    });

  it("is a mistake that is not a map", () => {
    assert.deepEqual(told({ secrets: { postgres: value } }), [
      "marquee:secrets.postgres must be a map of environment variables and their values.",
    ]);
  });

  it("is to be encrypted", () => {
    assert.deepEqual(mistakesOf({ secrets }), [plain("postgres.PASSWORD")]);
    const asked: string[] = [];
    settingsOf({ secrets }, (...names) => {
      asked.push(names.join("."));
      return true;
    });
    assert.deepEqual(asked, ["secrets.postgres.PASSWORD"]);
  });
});
