import assert from "node:assert/strict";
import { authority } from "./certificates.ts";
import { encrypted, mistakesOf, settingsOf } from "./configurations.ts";

/** A password: nobody may read it in any sentence. */
export const value = "hunter2";
export const secrets = { postgres: { PASSWORD: value } };

/** What a good configuration makes of the database. */
export const database = (database: unknown) =>
  settingsOf({ database, secrets }, encrypted).database;

/** One that runs elsewhere, as little as can be said of it, and what that comes to. */
export const least = {
  externalName: "db.example.com",
  certificateAuthority: authority,
};
export const usualElsewhere = {
  ...least,
  image: "postgres:17",
  maxConnections: 200,
  port: 5432,
  user: "postgres",
  tls: "verify",
};

/** Asserts the sentences of a configuration, each after the name of its key. */
export function table(rows: [database: unknown, ...mistakes: string[]][]) {
  for (const [database, ...mistakes] of rows)
    it(`${JSON.stringify(database)?.slice(0, 200)} is a mistake`, () => {
      assert.deepEqual(
        mistakesOf({ database, secrets }, encrypted),
        mistakes.map((mistake) => `marquee:database${mistake}`),
      );
    });
}

/** Rows of values that break the rule of a key, in a configuration with `more`. */
export const breaking = (
  key: string,
  rule: string,
  values: unknown[],
  more: object = {},
): [database: unknown, mistake: string][] =>
  values.map((value) => [
    { ...more, [key]: value },
    `.${key} is ${JSON.stringify(value)}: ${rule}.`,
  ]);

/** What is no text. */
export const noTexts = [null, true, false, 5, ["x"], {}];
