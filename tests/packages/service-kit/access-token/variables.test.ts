import assert from "node:assert/strict";
import { readEnvironment } from "../../../../packages/service-kit/environment/environment.ts";
import { accessTokenVariables } from "../../../../packages/service-kit/index.ts";

describe("accessTokenVariables", () => {
  const read = (variables: Record<string, string>) =>
    readEnvironment({ PORT: "1", ...variables }, accessTokenVariables);
  const ISSUER = "https://auth.example";

  it("requires only ISSUER", () => {
    const { ISSUER: issuer, JWKS_URL } = read({ ISSUER });
    assert.deepEqual([issuer, JWKS_URL], [ISSUER, undefined]);
  });

  it("reads JWKS_URL", () => {
    const JWKS_URL = "http://auth.marquee:8080/.well-known/jwks.json";
    assert.equal(read({ ISSUER, JWKS_URL }).JWKS_URL, JWKS_URL);
  });

  const anIssuer =
    "expected auth's URL such as https://auth.example.com, without a path or a trailing slash";
  const aUrl =
    "expected a URL such as http://auth:8080/.well-known/jwks.json, without a user and a password";
  const wrong: [Record<string, string>, string][] = [
    [{}, `ISSUER is not set: ${anIssuer}`],
    ...[
      "",
      "auth.example",
      "ftp://auth.example",
      "https://auth.example/",
      "https://auth.example/auth",
      "https://AUTH.example",
      "https://me@auth.example",
      "https://",
    ].map((ISSUER): [Record<string, string>, string] => [
      { ISSUER },
      `ISSUER is "${ISSUER}": ${anIssuer}`,
    ]),
    ...[
      "",
      "auth:8080",
      "/.well-known/jwks.json",
      "file:///jwks.json",
      "https:auth.example",
      "https://me:s3cret@auth.example/jwks.json",
      "http://auth:port/",
    ].map((JWKS_URL): [Record<string, string>, string] => [
      { ISSUER, JWKS_URL },
      `JWKS_URL is wrong: ${aUrl}`,
    ]),
  ];
  for (const [variables, sentence] of wrong)
    it(`rejects ${JSON.stringify(variables)}: ${sentence}`, () => {
      assert.throws(() => read(variables), {
        message: `This program can't start, because its environment is invalid:\n  ${sentence}`,
      });
    });
});
