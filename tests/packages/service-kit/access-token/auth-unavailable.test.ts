import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import type { ServerResponse } from "node:http";
import type { KeySetTimings } from "../../../../packages/service-kit/access-token/key-set.ts";
import {
  type AccessTokens,
  createAccessTokens,
} from "../../../../packages/service-kit/index.ts";
import { useClock } from "../../../support/clock.ts";
import {
  causeOfUnavailable,
  makeKey,
  unknown,
  useIssuer,
} from "../../../support/service-kit/access-token.ts";

describe("createAccessTokens while auth is unavailable", () => {
  const issuer = useIssuer();
  const clock = useClock();
  const service = (timings: Partial<KeySetTimings> = {}): AccessTokens =>
    createAccessTokens({
      issuer: issuer.url,
      keySetTimings: { retrySeconds: 0.05, timeoutSeconds: 30, ...timings },
    });
  const freshMs = 10_000;
  const fresh = {
    minAgeSeconds: freshMs / 1000,
    maxAgeSeconds: freshMs / 1000,
  };

  it("fails with 503 until auth first answers, then verifies tokens", async () => {
    const tokens = service();
    const token = await issuer.token();
    await issuer.down();
    assert.match(
      await causeOfUnavailable(tokens.verify(token)),
      /fetch failed/,
    );
    await issuer.up();
    clock.advance(60);
    await tokens.verify(token);
  });

  it("does not fetch the keys again for each token after a failed fetch", async () => {
    const tokens = service({ retrySeconds: 3_600 });
    const token = await issuer.token();
    issuer.jwksHandler = (_, response) => response.writeHead(500).end();
    for (let i = 0; i < 20; i++)
      assert.match(
        await causeOfUnavailable(tokens.verify(token)),
        /jwks\.json responded with 500$/,
      );
    assert.equal(issuer.jwksRequests, 1);
  });

  it("verifies with stale keys without waiting while auth fails, and fetches new keys once auth recovers", async () => {
    const tokens = service({ ...fresh, timeoutSeconds: 3_600 });
    const token = await issuer.token();
    await tokens.verify(token);
    clock.advance(freshMs + 1);
    issuer.jwksHandler = (_, response) => response.writeHead(503).end();
    await tokens.verify(token); // waits for the response 503
    const jwksRequests = Promise.withResolvers<ServerResponse>();
    issuer.jwksHandler = (_, response) => jwksRequests.resolve(response);
    clock.advance(1_000);
    // Waiting for the response would take an hour each time.
    for (let i = 0; i < 100; i++) await tokens.verify(token);
    const unanswered = await jwksRequests.promise;
    await assert.rejects(tokens.verify(await issuer.token({ exp: 1 })), {
      message: "The token has expired.",
    });

    const next = await makeKey();
    Object.assign(issuer, { keys: [next], jwksHandler: undefined });
    unanswered.end(JSON.stringify({ keys: [next.jwk] }));
    await tokens.verify(await issuer.token());
    await unknown(tokens.verify(token));
  });

  it("verifies with stale keys for staleSeconds, then fails with 503", async () => {
    const tokens = service({ ...fresh, staleSeconds: 60 });
    const token = await issuer.token();
    await tokens.verify(token);
    await issuer.down();
    clock.advance(freshMs + 50_000);
    await tokens.verify(token);
    clock.advance(10_000);
    await causeOfUnavailable(tokens.verify(token));
  });

  it("fails with 503 for a token whose key it does not know", async () => {
    const tokens = service();
    const token = await issuer.token();
    await tokens.verify(token);
    await issuer.down();
    await causeOfUnavailable(
      tokens.verify(await issuer.token({}, { kid: randomUUID() })),
    );
    await tokens.verify(token);
  });
});
