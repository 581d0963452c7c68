import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from "jose"; // the JOSE library for JavaScript; it depends on nothing
import {
  createKeyring,
  type Keyring,
} from "../../../../services/auth/tokens/keys.ts";
import { createTokens } from "../../../../services/auth/tokens/tokens.ts";
import { keyEncryptionKey, useReplicas } from "../../../support/auth/domain.ts";

const issuer = "https://auth.example";
const times = {
  rotateEvery: 2,
  publishAhead: 1,
  reloadEvery: 0.3,
  tokenLifetime: 1,
  skew: 6, // more than the clock tolerance of 5 s when verifying a token
};

/** Serves the JWKS of the replicas in turn. */
async function serveKeys(keyrings: Keyring[]) {
  let asked = 0;
  const server = createServer((_, response) => {
    const keyring = keyrings[asked++ % keyrings.length];
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(keyring?.jwks()));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return { server, url: new URL(`http://127.0.0.1:${port}/`) };
}

describe("Signing keys that rotate every two seconds", () => {
  const replicas = useReplicas();

  it("accepts every valid token in the other replica and in a client that caches the keys", async () => {
    const keyrings = [replicas.first, replicas.second].map((database) =>
      createKeyring(database, { keyEncryptionKey, ...times }),
    );
    for (const keyring of keyrings) {
      await keyring.load();
      keyring.start();
    }
    const { server, url } = await serveKeys(keyrings);
    // Caches the keys for less time than they are published ahead, and never fetches again for an unknown kid.
    const keys = createRemoteJWKSet(url, {
      cacheMaxAge: 1000 * (times.publishAhead - times.reloadEvery - 0.2),
      cooldownDuration: Number.POSITIVE_INFINITY,
    });
    const replicasTokens = keyrings.map((keyring) =>
      createTokens(keyring, { issuer }),
    );
    const verify = (token: string) =>
      Promise.all([
        ...replicasTokens.map((tokens) => tokens.verify(token)),
        jwtVerify(token, keys, { issuer, clockTolerance: 5 }),
      ]);

    const signers = new Set<string>();
    const pending: Promise<unknown>[] = [];
    const user = { id: randomUUID() };
    const end = performance.now() + 9_000;
    try {
      for (let i = 0; performance.now() < end; i++) {
        const { token } =
          (await replicasTokens[i % 2]?.issue(user, user)) ?? {};
        assert.ok(token);
        signers.add(String(decodeProtectedHeader(token).kid));
        await verify(token);
        pending.push(
          sleep(1000 * times.tokenLifetime - 100).then(() => verify(token)),
        );
        await sleep(25);
      }
      await Promise.all(pending);
    } finally {
      await Promise.allSettled(pending);
      await Promise.all(keyrings.map((keyring) => keyring.stop()));
      server.close();
    }
    assert.ok(signers.size >= 4, `${signers.size} keys signed`);
  });
});
