import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from "jose";
import {
  createKeyring,
  type Keyring,
} from "../../../../../services/auth/tokens/keyring.ts";
import { createTokenIssuer } from "../../../../../services/auth/tokens/token-issuer.ts";
import {
  keyEncryptionKey,
  pass,
  useReplicas,
} from "../../../../support/auth/domain.ts";
import { useClock } from "../../../../support/clock.ts";

const issuer = "https://auth.example";

/** Seconds that pass in the database at each step of the test. */
const step = 600;
const times = {
  rotationIntervalSeconds: 12 * step,
  publishAheadSeconds: 6 * step,
  reloadIntervalSeconds: 2 * step,
  tokenLifetimeSeconds: 6 * step,
  clockSkewSeconds: 60,
};
/** Milliseconds that pass in this process at each step: the least between two reads of the keys. */
const stepMs = 250;

/** Serves the JWKS of the replicas in turn. */
async function serveKeys(keyrings: Keyring[]) {
  let jwksRequests = 0;
  const server = createServer((_, response) => {
    const keyring = keyrings[jwksRequests++ % keyrings.length];
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(keyring?.jwks()));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return { server, url: new URL(`http://127.0.0.1:${port}/`) };
}

describe("Signing keys that rotate every two hours", () => {
  const replicas = useReplicas();
  const clock = useClock();

  it("accepts every valid token in the other replica and in a client that caches the keys", async () => {
    const keyrings = [replicas.first, replicas.second].map((database) =>
      createKeyring(database, { keyEncryptionKey, ...times }),
    );
    for (const keyring of keyrings) await keyring.load();
    const { server, url } = await serveKeys(keyrings);
    // Never fetches again for an unknown kid. A new key reaches it within five steps of its publication: two until a
    // replica reloads, three until the cache expires.
    const keys = createRemoteJWKSet(url, {
      cacheMaxAge: 3 * stepMs,
      cooldownDuration: Number.POSITIVE_INFINITY,
    });
    const replicasTokens = keyrings.map((keyring) =>
      createTokenIssuer(keyring, { issuer }),
    );
    const verify = (token: string) =>
      Promise.all([
        ...replicasTokens.map((tokens) => tokens.verify(token)),
        jwtVerify(token, keys, { issuer, clockTolerance: 5 }),
      ]);

    const signers = new Set<string>();
    const issued: string[][] = [];
    const user = { id: randomUUID() };
    try {
      for (let i = 0; i < 50; i++) {
        await pass(replicas.first, step);
        clock.advance(stepMs);
        await keyrings[i % 2]?.load();
        const tokens = await Promise.all(
          replicasTokens.map(async (tokens) => {
            const { token } = await tokens.issue(user, user);
            return token;
          }),
        );
        issued.push(tokens);
        for (const token of tokens) {
          signers.add(String(decodeProtectedHeader(token).kid));
          await verify(token);
        }
        for (const token of issued[i - 5] ?? []) await verify(token);
      }
    } finally {
      await Promise.all(keyrings.map((keyring) => keyring.stop()));
      server.close();
      server.closeAllConnections();
    }
    assert.ok(signers.size >= 4, `${signers.size} keys signed`);
  });
});
