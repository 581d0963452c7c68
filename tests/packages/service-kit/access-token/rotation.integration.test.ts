import assert from "node:assert/strict";
import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { serve } from "@hono/node-server"; // the services' HTTP server
import { decodeProtectedHeader } from "jose"; // the JOSE library for JavaScript; it depends on nothing
import { createAccessTokens } from "../../../../packages/service-kit/index.ts";
import { createAuth } from "../../../../services/auth/app.ts";
import {
  issuer,
  jsonOf,
  post,
  signUp,
  type TestReplicas,
  testOptions,
  useAuth,
} from "../../../support/auth/service.ts";

const keyring = {
  rotateEvery: 2,
  publishAhead: 1,
  reloadEvery: 0.3,
  tokenLifetime: 1,
  skew: 6, // more than the clock tolerance of 5 s when verifying a token
};

/** Serves auth over HTTP, round-robin over its replicas. */
async function listen(replicas: Pick<TestReplicas["first"], "service">[]) {
  const state = { asked: 0, requests: 0 };
  const server = serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: (request) => {
      if (request.url.endsWith("/jwks.json")) state.asked++;
      const { service } = replicas[
        state.requests++ % replicas.length
      ] as (typeof replicas)[number];
      return service.app.fetch(request);
    },
  }) as Server;
  if (!server.listening) await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const jwksUrl = `http://127.0.0.1:${port}/.well-known/jwks.json`;
  return {
    state,
    jwksUrl,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

describe("Auth's key rotation seen by another service", () => {
  const replicas = useAuth({ keyring });

  it("accepts every token for its whole lifetime while the keys rotate every two seconds", async () => {
    const { first, second } = replicas;
    const { state, jwksUrl, close } = await listen([first, second]);
    // Finds new keys by regular refreshes only: the pause rules out fetches for unknown kids.
    const tokens = createAccessTokens({
      issuer,
      jwksUrl,
      times: { leastAge: 0.4, mostAge: 0.4, pause: 3_600 },
    });
    const kids = new Set<string>();
    const pending: Promise<unknown>[] = [];
    let verified = 0;
    const verify = async (token: string, userId: string) => {
      assert.equal((await tokens.verify(token)).userId, userId);
      verified++;
    };
    const began = performance.now();
    try {
      let { user, refresh_token } = await signUp(first);
      for (let i = 0; performance.now() < began + 9_000; i++) {
        const replica = i % 2 ? first : second;
        const answer = await jsonOf(
          await post(replica, "/refresh", { refresh_token }),
          200,
        );
        refresh_token = answer.refresh_token;
        const token = answer.access_token;
        kids.add(String(decodeProtectedHeader(token).kid));
        await verify(token, user.id);
        const late = 1000 * keyring.tokenLifetime - 100;
        pending.push(delay(late).then(() => verify(token, user.id)));
        await delay(25);
      }
      await Promise.all(pending);
    } finally {
      await Promise.allSettled(pending);
      close();
    }
    assert.ok(kids.size >= 4, `${kids.size} keys signed`);
    assert.equal(verified, 2 * pending.length);
    const most = (performance.now() - began) / 200 + 1;
    assert.ok(state.asked <= most, `asked ${state.asked} times`);
  });

  it("accepts old and new tokens after one more fetch when another KEY_ENCRYPTION_KEY brings a new key", async () => {
    const { first } = replicas;
    const service = createAuth({
      ...testOptions,
      keyring,
      keyEncryptionKey: "another-key-encryption-key-of-32-",
      database: first.database,
    });
    const other = { ...first, service, app: service.app as never };
    const listening = [first];
    const { state, jwksUrl, close } = await listen(listening);
    const tokens = createAccessTokens({ issuer, jwksUrl });
    try {
      const { access_token, refresh_token } = await signUp(first);
      await tokens.verify(access_token);
      await service.start();
      listening[0] = other;
      const next = await jsonOf(
        await post(other, "/refresh", { refresh_token }),
        200,
      );
      await tokens.verify(next.access_token);
      assert.equal(state.asked, 2);
      await tokens.verify(access_token);
      assert.equal(state.asked, 2);
    } finally {
      close();
      await service.shutdown();
    }
  });
});
