import assert from "node:assert/strict";
import { mock } from "node:test";
import {
  createAccessTokens,
  InvalidTokenError,
  logger,
} from "../../../../packages/service-kit/index.ts";
import {
  makeKey,
  useIssuer,
} from "../../../support/service-kit/access-token.ts";

describe("createAccessTokens: tokens with another issuer", () => {
  const issuer = useIssuer();
  const expected = "https://auth.example.com";
  const tokens = () =>
    createAccessTokens({
      issuer: expected,
      jwksUrl: `${issuer.url}/.well-known/jwks.json`,
    });
  afterEach(() => mock.restoreAll());

  it("rejects another issuer's tokens, and logs one warning with both issuers if auth's key signed them", async () => {
    const warn = mock.method(logger, "warn", () => {});
    const { verify } = tokens();
    for (let i = 0; i < 2; i++)
      await assert.rejects(
        verify(await issuer.token()),
        new InvalidTokenError("The token's iss is not the expected one."),
      );
    assert.deepEqual(
      warn.mock.calls.map((call) => call.arguments),
      [
        [
          { issuer: expected, tokenIssuer: issuer.url },
          "auth issues access tokens with another issuer than ISSUER, so none is accepted",
        ],
      ],
    );
  });

  it("logs no warning for another issuer's token that another key signed", async () => {
    const warn = mock.method(logger, "warn", () => {});
    const { privateKey } = await makeKey();
    await assert.rejects(
      tokens().verify(await issuer.token({}, {}, privateKey)),
      new InvalidTokenError("The token's signature is wrong."),
    );
    assert.equal(warn.mock.callCount(), 0);
  });
});
