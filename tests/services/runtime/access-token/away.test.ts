import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import type { ServerResponse } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import {
  type AccessTokens,
  createAccessTokens,
} from "../../../../services/runtime/index.ts";
import { useClock } from "../../../support/clock.ts";
import {
  away,
  makeKey,
  unknown,
  useIssuer,
} from "../../../support/runtime/access-token.ts";

describe("A service whose auth is away", () => {
  const issuer = useIssuer();
  const clock = useClock();
  const service = (times = {}): AccessTokens =>
    createAccessTokens({
      issuer: issuer.url,
      times: { pause: 0.05, timeout: 0.3, ...times },
    });
  const freshMs = 10_000;
  const fresh = { leastAge: freshMs / 1000, mostAge: freshMs / 1000 };

  it("from the start on can't tell whether tokens are valid, and does when auth is there", async () => {
    const tokens = service();
    const token = await issuer.token();
    await issuer.down();
    assert.match(await away(tokens.verify(token)), /fetch failed/);
    await issuer.up();
    await delay(60);
    await tokens.verify(token);
  });

  it("is not kept waiting by tokens that come while auth fails", async () => {
    const tokens = service({ pause: 3_600 });
    const token = await issuer.token();
    issuer.instead = (_, response) => response.writeHead(500).end();
    for (let i = 0; i < 20; i++)
      assert.match(
        await away(tokens.verify(token)),
        /jwks\.json answered 500$/,
      );
    assert.equal(issuer.asked, 1);
  });

  it("verifies on with the keys it has, without a wait, and gets new ones when auth is there", async () => {
    const tokens = service({ ...fresh, timeout: 3_600 });
    const token = await issuer.token();
    await tokens.verify(token);
    clock.advance(freshMs + 1);
    issuer.instead = (_, response) => response.writeHead(503).end();
    await tokens.verify(token); // the first one waits, for the answer 503
    const asked = Promise.withResolvers<ServerResponse>();
    issuer.instead = (_, response) => asked.resolve(response);
    clock.advance(1_000);
    // Each of them would wait for an hour if it waited for the answer.
    for (let i = 0; i < 100; i++) await tokens.verify(token);
    const unanswered = await asked.promise;
    await assert.rejects(tokens.verify(await issuer.token({ exp: 1 })), {
      message: "The token has expired.",
    });

    const next = await makeKey();
    Object.assign(issuer, { keys: [next], instead: undefined });
    unanswered.end(JSON.stringify({ keys: [next.jwk] }));
    await tokens.verify(await issuer.token());
    await unknown(tokens.verify(token));
  });

  it("does so for as long as it is told to", async () => {
    const tokens = service({ ...fresh, staleFor: 60 });
    const token = await issuer.token();
    await tokens.verify(token);
    await issuer.down();
    clock.advance(freshMs + 50_000);
    await tokens.verify(token);
    clock.advance(10_000);
    await away(tokens.verify(token));
  });

  it("can't tell about a token whose key it does not know", async () => {
    const tokens = service();
    const token = await issuer.token();
    await tokens.verify(token);
    await issuer.down();
    await away(tokens.verify(await issuer.token({}, { kid: randomUUID() })));
    await tokens.verify(token);
  });
});
