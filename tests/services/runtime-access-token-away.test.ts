import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import {
  type AccessTokens,
  createAccessTokens,
} from "../../services/runtime/index.ts";
import { away, makeKey, unknown, useIssuer } from "./runtime-access-token.ts";

describe("A service whose auth is away", () => {
  const issuer = useIssuer();
  const service = (times = {}): AccessTokens =>
    createAccessTokens({
      issuer: issuer.url,
      times: { pause: 0.05, timeout: 0.3, ...times },
    });
  /** Fresh for 50 ms, to be fetched in the background from the first 25 ms on. */
  const short = { leastAge: 0.05, mostAge: 0.05 };

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
    const tokens = service({ pause: 10 });
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
    const tokens = service(short);
    const token = await issuer.token();
    await tokens.verify(token);
    issuer.instead = () => {}; // a connection, and no word
    await delay(60);
    await tokens.verify(token); // the first one does wait
    const began = performance.now();
    for (let i = 0; i < 100; i++) {
      await tokens.verify(token);
      await delay(5);
    }
    const took = performance.now() - began;
    assert.ok(took < 1_000, `${took} ms`);
    await assert.rejects(tokens.verify(await issuer.token({ exp: 1 })), {
      message: "The token has expired.",
    });

    const next = await makeKey();
    Object.assign(issuer, { keys: [next], instead: undefined });
    await delay(400); // until the last fetch without an answer has failed
    await tokens.verify(await issuer.token());
    await unknown(tokens.verify(token));
  });

  it("does so for as long as it is told to", async () => {
    const tokens = service({ ...short, staleFor: 0.3 });
    const token = await issuer.token();
    await tokens.verify(token);
    await issuer.down();
    await delay(200);
    await tokens.verify(token);
    await delay(200);
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
