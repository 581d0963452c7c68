import assert from "node:assert/strict";
import { once } from "node:events";
import type { Server } from "node:http";
import { serve } from "@hono/node-server";
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from "jose";
import * as oauth from "oauth4webapi";
import {
  issuer,
  jsonOf,
  me,
  signUp,
  useAuth,
} from "../../../support/auth/service.ts";
import { freePort } from "../../../support/free-port.ts";

describe("Auth's discovery documents", () => {
  const auth = useAuth();

  const get = (path: string) => auth.first.app.request(path);
  const keys = "/.well-known/jwks.json";

  it("publishes the keys that verify access tokens", async () => {
    const { access_token, user } = await signUp(auth.second);
    const jwks = await jsonOf<JSONWebKeySet>(await get(keys), 200);
    const { payload, protectedHeader } = await jwtVerify(
      access_token,
      createLocalJWKSet(jwks),
      { issuer, audience: "marquee", algorithms: ["ES256"], typ: "at+jwt" },
    );
    assert.equal(payload.sub, user.id);
    assert.ok(protectedHeader.kid);
  });

  it("publishes no private key", async () => {
    const jwks = await jsonOf<JSONWebKeySet>(await get(keys), 200);
    for (const key of jwks.keys)
      assert.deepEqual(Object.keys(key).sort(), [
        ...["alg", "crv", "kid", "kty", "use", "x", "y"],
      ]);
  });

  it("sets the keys' Cache-Control for GET and HEAD", async () => {
    for (const method of ["GET", "HEAD"]) {
      const response = await auth.first.app.request(keys, { method });
      assert.equal(
        response.headers.get("cache-control"),
        "public, max-age=300",
      );
    }
  });

  it("publishes the endpoints as authorization server metadata", async () => {
    const path = "/.well-known/oauth-authorization-server";
    assert.deepEqual(await jsonOf(await get(path), 200), {
      issuer,
      token_endpoint: `${issuer}/token`,
      revocation_endpoint: `${issuer}/revoke`,
      jwks_uri: `${issuer}/.well-known/jwks.json`,
      grant_types_supported: ["refresh_token"],
      response_types_supported: [],
      token_endpoint_auth_methods_supported: ["none"],
      revocation_endpoint_auth_methods_supported: ["none"],
      service_documentation: `${issuer}/openapi.json`,
    });
  });
});

describe("OAuth 2 client that knows only the issuer", () => {
  let port = 0;
  let url = "";
  const auth = useAuth(async () => {
    port = await freePort();
    url = `http://127.0.0.1:${port}`;
    return { issuer: url };
  });
  let server: Server;
  before(async () => {
    const { fetch } = auth.first.service.app;
    server = serve({ fetch, port, hostname: "127.0.0.1" }) as Server;
    await once(server, "listening");
  });
  after(() => server.close());

  const client = { client_id: "marquee" };
  const insecure = { [oauth.allowInsecureRequests]: true };

  async function discover() {
    const response = await oauth.discoveryRequest(new URL(url), {
      algorithm: "oauth2",
      ...insecure,
    });
    return oauth.processDiscoveryResponse(new URL(url), response);
  }

  const refresh = async (
    as: oauth.AuthorizationServer,
    refreshToken: string,
  ) => {
    const response = await oauth.refreshTokenGrantRequest(
      as,
      client,
      oauth.None(),
      refreshToken,
      insecure,
    );
    return oauth.processRefreshTokenResponse(as, client, response);
  };

  it("discovers the token endpoint and refreshes tokens", async () => {
    const { refresh_token } = await signUp(auth.first);
    const next = await refresh(await discover(), refresh_token);
    assert.equal(next.token_type, "bearer");
    assert.equal(next.expires_in, 600);
    assert.equal((await me(auth.first, next)).status, 200);
  });

  it("receives invalid_grant for a used refresh token", async () => {
    const as = await discover();
    const { refresh_token } = await signUp(auth.first);
    await refresh(as, refresh_token);
    await assert.rejects(refresh(as, refresh_token), {
      name: "ResponseBodyError",
      error: "invalid_grant",
    });
  });

  it("discovers the revocation endpoint and revokes a token", async () => {
    const as = await discover();
    const tokens = await signUp(auth.first);
    const response = await oauth.revocationRequest(
      as,
      client,
      oauth.None(),
      tokens.refresh_token,
      insecure,
    );
    await oauth.processRevocationResponse(response);
    assert.equal((await me(auth.first, tokens)).status, 401);
  });

  it("discovers the keys and verifies an access token", async () => {
    const as = await discover();
    const { access_token, user } = await signUp(auth.first);
    const request = new Request("http://127.0.0.1/titles", {
      headers: { authorization: `Bearer ${access_token}` },
    });
    const claims = await oauth.validateJwtAccessToken(
      as,
      request,
      "marquee",
      insecure,
    );
    assert.equal(claims.sub, user.id);
    assert.equal(claims.client_id, "marquee");
  });

  it("discovers the documentation", async () => {
    const { service_documentation = "" } = await discover();
    assert.equal((await fetch(service_documentation)).status, 200);
  });
});
