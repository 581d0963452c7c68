import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";
import { decodeProtectedHeader } from "jose";
import { createAccessTokens } from "../../../../packages/service-kit/index.ts";
import { createAuth } from "../../../../services/auth/app.ts";
import { pass } from "../../../support/auth/domain.ts";
import {
  issuer,
  jsonOf,
  me,
  post,
  signUp,
  type TestAuth,
  type TestReplicas,
  type TestTokens,
  testOptions,
  useAuth,
} from "../../../support/auth/service.ts";
import { useClock } from "../../../support/clock.ts";

/** Seconds that pass in the database at each step of the test. */
const step = 600;
const keyring = {
  rotationIntervalSeconds: 12 * step,
  publishAheadSeconds: 6 * step,
  reloadIntervalSeconds: 2 * step,
  tokenLifetimeSeconds: 6 * step,
  clockSkewSeconds: 60,
};
/** Milliseconds that pass in this process at each step: the least between two reads of the keys. */
const stepMs = 250;

/** Makes a replica read the keys: it does for a token whose key it does not know. */
async function reload(replica: TestAuth, { access_token }: TestTokens) {
  const header = { ...decodeProtectedHeader(access_token), kid: unknownKid() };
  const encoded = Buffer.from(JSON.stringify(header)).toString("base64url");
  const [, ...rest] = access_token.split(".");
  const token = [encoded, ...rest].join(".");
  assert.equal((await me(replica, { access_token: token })).status, 401);
}

const unknownKid = () => randomBytes(32).toString("base64url");

/** Serves auth over HTTP, round-robin over its replicas. */
async function listen(replicas: Pick<TestReplicas["first"], "service">[]) {
  const state = { jwksRequests: 0, requests: 0 };
  const server = serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: (request) => {
      if (request.url.endsWith("/jwks.json")) state.jwksRequests++;
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
  const replicas = useAuth({ keyRotation: keyring });
  const clock = useClock();

  it("accepts every token for its whole lifetime while the keys rotate every two hours", async () => {
    const { first, second } = replicas;
    const { state, jwksUrl, close } = await listen([first, second]);
    // Finds new keys by regular refreshes only, every two steps: the pause rules out fetches for unknown kids.
    const fresh = (2 * stepMs) / 1000;
    const tokens = createAccessTokens({
      issuer,
      jwksUrl,
      keySetTimings: {
        minAgeSeconds: fresh,
        maxAgeSeconds: fresh,
        retrySeconds: 3_600,
      },
    });
    const kids = new Set<string>();
    const issued: string[] = [];
    const began = performance.now();
    try {
      let current = await signUp(first);
      const { user } = current;
      const verify = async (token: string) =>
        assert.equal((await tokens.verify(token)).userId, user.id);
      for (let i = 0; i < 50; i++) {
        await pass(first.database, step);
        clock.advance(stepMs);
        const [replica, other] = i % 2 ? [first, second] : [second, first];
        await reload(other, current);
        const { refresh_token } = current;
        current = await jsonOf(
          await post(replica, "/refresh", { refresh_token }),
          200,
        );
        const token = current.access_token;
        issued.push(token);
        kids.add(String(decodeProtectedHeader(token).kid));
        await verify(token);
        const old = issued[i - 5];
        if (old) await verify(old);
      }
    } finally {
      close();
    }
    assert.ok(kids.size >= 4, `${kids.size} keys signed`);
    const most = (performance.now() - began) / stepMs + 1;
    assert.ok(state.jwksRequests <= most, `asked ${state.jwksRequests} times`);
  });

  it("accepts old and new tokens after one more fetch when another KEY_ENCRYPTION_KEY brings a new key", async () => {
    const { first } = replicas;
    const service = createAuth({
      ...testOptions,
      keyRotation: keyring,
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
      assert.equal(state.jwksRequests, 2);
      await tokens.verify(access_token);
      assert.equal(state.jwksRequests, 2);
    } finally {
      close();
      await service.shutdown();
    }
  });
});
