import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import type { ServerResponse } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { exportJWK } from "jose";
import type { KeySetTimings } from "../../../../packages/service-kit/access-token/key-set.ts";
import {
  type AccessTokens,
  createAccessTokens,
} from "../../../../packages/service-kit/index.ts";
import { useClock } from "../../../support/clock.ts";
import {
  causeOfUnavailable,
  makeKey,
  type TestKey,
  unknown,
  useIssuer,
} from "../../../support/service-kit/access-token.ts";

describe("createAccessTokens: fetching keys", () => {
  const issuer = useIssuer();
  const clock = useClock();
  const service = (timings: Partial<KeySetTimings> = {}): AccessTokens =>
    createAccessTokens({ issuer: issuer.url, keySetTimings: timings });

  it("fetches the keys again for an unknown kid, so that new keys work at once", async () => {
    const tokens = service({ retrySeconds: 0.2 });
    await tokens.verify(await issuer.token());
    issuer.keys.unshift(await makeKey());
    await tokens.verify(await issuer.token());
    assert.equal(issuer.jwksRequests, 2);
  });

  it("fetches the keys only once when the first token has an unknown kid", async () => {
    const tokens = service({ retrySeconds: 10 });
    await unknown(tokens.verify(await issuer.token({}, { kid: "other" })));
    assert.equal(issuer.jwksRequests, 1);
  });

  for (const [name, fails] of [
    ["answers", false],
    ["fails", true],
  ] as const)
    it(`fetches the keys at most once per pause for any number of unknown kids while auth ${name}`, async () => {
      const tokens = service({ retrySeconds: 0.2 });
      const good = await issuer.token();
      await tokens.verify(good);
      if (fails)
        issuer.jwksHandler = (_, response) => response.writeHead(503).end();
      const start = performance.now();
      const garbage: Promise<unknown>[] = [];
      while (garbage.length <= 200 || performance.now() - start < 1_000) {
        for (let i = 0; i < 5; i++) {
          const token = issuer.token({}, { kid: randomUUID() });
          const work = token.then((token) => tokens.verify(token));
          garbage.push(fails ? causeOfUnavailable(work) : unknown(work));
        }
        await tokens.verify(good);
        await delay(5);
      }
      await Promise.all(garbage);
      const most = (performance.now() - start) / 200 + 2;
      assert.ok(
        issuer.jwksRequests <= most,
        `asked ${issuer.jwksRequests} times`,
      );
    });

  it("refreshes the keys in the background before they expire", async () => {
    const tokens = service();
    const token = await issuer.token();
    await tokens.verify(token);
    clock.advance(200_000); // of the 300 s that Cache-Control allows
    const jwksRequests = Promise.withResolvers<ServerResponse>();
    issuer.jwksHandler = (_, response) => jwksRequests.resolve(response);
    await tokens.verify(token); // would never return if it waited for the response
    (await jwksRequests.promise).end();
  });

  it("keeps the keys for Cache-Control's max-age within its own bounds", async () => {
    for (const [cacheControl, times, fresh] of [
      ["max-age=300", {}, true],
      ["public, MAX-AGE=300", {}, true],
      ["max-age=300", { maxAgeSeconds: 0.01 }, false],
      ["max-age=0", { minAgeSeconds: 0.01 }, false],
      ["max-age=300, no-store", { minAgeSeconds: 0.01 }, false],
      ["x-max-age=300", { minAgeSeconds: 0.01 }, false],
      [undefined, { minAgeSeconds: 0.01 }, false],
      ["nonsense", { minAgeSeconds: 60 }, true],
    ] as const) {
      Object.assign(issuer, { cacheControl, jwksRequests: 0 });
      const tokens = service(times);
      const token = await issuer.token();
      await tokens.verify(token);
      clock.advance(20);
      await tokens.verify(token);
      assert.equal(issuer.jwksRequests, fresh ? 1 : 2, cacheControl);
    }
  });

  const answers: [string, string | object, RegExp][] = [
    ["an empty body", "", /did not respond with a JWK Set$/],
    ["an HTML page", "<!doctype html>", /did not respond with a JWK Set$/],
    [
      "a JWK Set whose keys are not a list",
      { keys: {} },
      /did not respond with a JWK Set$/,
    ],
    ["a bare list", [], /did not respond with a JWK Set$/],
    ["a JWK Set without keys", { keys: [] }, /without a key for ES256$/],
    [
      "a JWK Set of invalid keys",
      { keys: [null, 7, {}] },
      /without a key for ES256$/,
    ],
    [
      "a key whose point is not on the curve",
      {
        keys: [{ kid: "a", kty: "EC", crv: "P-256", x: "AAAA", y: "AAAA" }],
      },
      /without a key for ES256$/,
    ],
    [
      "more than 64 KiB",
      `{"keys":[${" ".repeat(70_000)}]}`,
      /more than 65536 bytes$/,
    ],
  ];
  for (const [name, answer, reason] of answers)
    it(`rejects ${name} as a response, and keeps the keys it has`, async () => {
      const text = typeof answer === "string" ? answer : JSON.stringify(answer);
      issuer.jwksHandler = (_, response) => response.end(text);
      const tokens = service({
        minAgeSeconds: 0.01,
        maxAgeSeconds: 0.01,
        retrySeconds: 0.01,
      });
      const token = await issuer.token();
      assert.match(await causeOfUnavailable(tokens.verify(token)), reason);
      issuer.jwksHandler = undefined;
      clock.advance(20);
      await tokens.verify(token);
      issuer.jwksHandler = (_, response) => response.end(text);
      while (issuer.jwksRequests <= 3) {
        await delay(20);
        await tokens.verify(token);
      }
    });

  it("does not follow a redirect from the keys' URL", async () => {
    const elsewhere = `${issuer.url}/.well-known/jwks.json`;
    issuer.jwksHandler = (_, response) => {
      issuer.jwksHandler = undefined; // following the redirect would find the keys
      response.writeHead(302, { location: elsewhere }).end();
    };
    const work = service().verify(await issuer.token());
    assert.match(await causeOfUnavailable(work), /responded with 302$/);
    assert.equal(issuer.jwksRequests, 1);
  });

  it("uses a key that was published with its private part, and ignores keys of other uses and types", async () => {
    const [own] = issuer.keys;
    const { d } = await exportJWK((own as TestKey).privateKey);
    assert.ok(d);
    Object.assign(own?.jwk as object, { d, key_ops: ["sign"], ext: true });
    const foreign = await makeKey();
    issuer.keys.push(
      { ...foreign, jwk: { ...foreign.jwk, use: "enc" } },
      { ...foreign, jwk: { kty: "OKP", crv: "Ed25519", x: "AAAA", kid: "b" } },
    );
    const tokens = service({ retrySeconds: 0.01 });
    await tokens.verify(await issuer.token());
    await unknown(
      tokens.verify(
        await issuer.token({}, { kid: foreign.kid }, foreign.privateKey),
      ),
    );
  });

  for (const [name, begin] of [
    ["begins", false],
    ["ends", true],
  ] as const)
    it(`times out on a response that never ${name}`, async () => {
      issuer.jwksHandler = (_, response) => {
        if (begin) response.write('{"keys":');
      };
      const tokens = service({ timeoutSeconds: 0.2 });
      const token = await issuer.token();
      const reasons = await Promise.all(
        Array.from({ length: 10 }, () =>
          causeOfUnavailable(tokens.verify(token)),
        ),
      );
      assert.match(reasons[0] ?? "", /did not answer within 0\.2 s$/);
      assert.equal(issuer.jwksRequests, 1);
    });
});
