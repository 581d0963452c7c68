import assert from "node:assert/strict";
import { authority } from "./certificates.ts";
import { encrypted, issuesOf, settingsOf } from "./configurations.ts";

/** A password, which no message may contain. */
export const value = "hunter2";
export const secrets = { postgres: { PASSWORD: value } };

/** The parsed database of a valid configuration. */
export const database = (database: unknown) =>
  settingsOf({ database, secrets }, encrypted).database;

/** The required keys of a database outside the cluster; `usualElsewhere` has its settings. */
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

/** Certificates would hide in titles how configurations differ. */
const shorten = (_key: string, value: unknown) =>
  typeof value === "string" && value.length > 50
    ? `${value.slice(0, 35)}… (${value.length} characters)`
    : value;

/** Defines a test per configuration of the database that asserts its issues. */
export function table(rows: [database: unknown, ...issues: string[]][]) {
  for (const [database, ...issues] of rows)
    it(`rejects ${JSON.stringify(database, shorten)}`, () => {
      assert.deepEqual(
        issuesOf({ database, secrets }, encrypted),
        issues.map((issue) => `marquee:database${issue}`),
      );
    });
}

/** Rows of values that break the rule of a key, in a configuration with `more`. */
export const breaking = (
  key: string,
  rule: string,
  values: unknown[],
  more: object = {},
): [database: unknown, issue: string][] =>
  values.map((value) => [
    { ...more, [key]: value },
    `.${key} is ${JSON.stringify(value)}: ${rule}.`,
  ]);

/** Values that are not texts. */
export const noTexts = [null, true, false, 5, ["x"], {}];
