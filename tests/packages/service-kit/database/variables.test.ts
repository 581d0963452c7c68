import assert from "node:assert/strict";
import {
  addressOf,
  databaseVariables,
} from "../../../../packages/service-kit/database/variables.ts";
import { readEnvironment } from "../../../../packages/service-kit/environment/environment.ts";

const DATABASE_URL = "postgres://me:s3cret@films.example/films";

describe("databaseVariables", () => {
  const read = (variables: Record<string, string>) =>
    readEnvironment({ PORT: "1", ...variables }, databaseVariables);
  /** The reported error, without the heading. */
  const errorOf = (variables: Record<string, string>) => {
    try {
      read(variables);
    } catch (error) {
      const { message } = error as Error;
      assert.doesNotMatch(message, /s3cret/);
      return message.split("\n").slice(1).join("\n").trim();
    }
    return "";
  };

  it("requires only DATABASE_URL", () => {
    const variables = Object.entries(read({ DATABASE_URL })).filter(([name]) =>
      name.startsWith("DATABASE_"),
    );
    assert.deepEqual(Object.fromEntries(variables), {
      DATABASE_URL,
      DATABASE_TLS: "off",
      DATABASE_CONNECTIONS: 5,
    });
  });

  it("reads DATABASE_CONNECTIONS", () => {
    const { DATABASE_CONNECTIONS } = read({
      DATABASE_URL,
      DATABASE_CONNECTIONS: "20",
    });
    assert.equal(DATABASE_CONNECTIONS, 20);
  });

  const url = "expected postgres://user:password@host:5432/name";
  const number = "expected a whole number from 1 to 100";
  const wrong: [string, Record<string, string>, string][] = [
    ["a missing URL", {}, `DATABASE_URL is not set: ${url}`],
    [
      "text that is not a URL",
      { DATABASE_URL: "s3cret" },
      `DATABASE_URL is wrong: ${url}, percent-encoded (@ in a password is %40)`,
    ],
    [
      "a password that is not percent-encoded",
      { DATABASE_URL: "postgres://me:s3cret/or#so@films.example/films" },
      `DATABASE_URL is wrong: ${url}, percent-encoded (@ in a password is %40)`,
    ],
    [
      "a lone % in the password",
      { DATABASE_URL: "postgres://me:100%s3cret@films.example/films" },
      `DATABASE_URL is wrong: ${url}, percent-encoded (% in a password is %25)`,
    ],
    [
      "a URL with another scheme",
      { DATABASE_URL: "mysql://me:s3cret@films.example/films" },
      `DATABASE_URL is wrong: ${url}, and it begins with another scheme`,
    ],
    [
      "a URL without a user",
      { DATABASE_URL: "postgres://films.example/films" },
      `DATABASE_URL is wrong: ${url}, and it has no user`,
    ],
    [
      "a URL without a host",
      { DATABASE_URL: "postgres://me:s3cret@/films" },
      `DATABASE_URL is wrong: ${url}, percent-encoded (@ in a password is %40)`,
    ],
    [
      "a URL without a database",
      { DATABASE_URL: "postgres://me:s3cret@films.example/" },
      `DATABASE_URL is wrong: ${url}, and it has no database's name`,
    ],
    [
      "a URL with parameters",
      { DATABASE_URL: `${DATABASE_URL}?sslmode=require` },
      `DATABASE_URL is wrong: ${url} without parameters after it; DATABASE_TLS says how it is encrypted`,
    ],
    [
      "an unknown DATABASE_TLS",
      { DATABASE_URL, DATABASE_TLS: "on" },
      'DATABASE_TLS is "on": expected one of off, require, verify',
    ],
    [
      "a DATABASE_TLS_CA that is not a certificate",
      { DATABASE_URL, DATABASE_TLS_CA: "an authority" },
      "DATABASE_TLS_CA is wrong: expected certificates as PEM, from -----BEGIN CERTIFICATE----- on",
    ],
    [
      "zero connections",
      { DATABASE_URL, DATABASE_CONNECTIONS: "0" },
      `DATABASE_CONNECTIONS is "0": ${number}`,
    ],
    [
      "too many connections",
      { DATABASE_URL, DATABASE_CONNECTIONS: "101" },
      `DATABASE_CONNECTIONS is "101": ${number}`,
    ],
  ];
  for (const [what, variables, sentence] of wrong)
    it(`rejects ${what} with the reason`, () => {
      assert.equal(errorOf(variables), sentence);
    });

  describe("addressOf", () => {
    it("decodes percent-encoded parts", () => {
      assert.deepEqual(
        addressOf("postgresql://us%40er:p%2F%23%25@films.example:6432/my%20db"),
        {
          user: "us@er",
          password: "p/#%",
          host: "films.example",
          port: 6432,
          database: "my db",
        },
      );
    });

    it("parses an IPv6 host", () => {
      assert.equal(addressOf("postgres://me@[::1]/films").host, "::1");
    });

    it("uses port 5432 for a URL without a port", () => {
      assert.equal(addressOf(DATABASE_URL).port, 5432);
    });

    it("ignores a line break at the end of the URL", () => {
      assert.equal(addressOf(`${DATABASE_URL}\n`).database, "films");
    });
  });
});
