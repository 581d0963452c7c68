import assert from "node:assert/strict";
import { email, password } from "../../../support/auth/domain.ts";
import { post, signUp, useAuth } from "../../../support/auth/service.ts";
import { checkDocument, documentOf } from "../../../support/openapi.ts";

describe("Auth's OpenAPI document", () => {
  const auth = useAuth();

  const operations = async () => {
    const { paths } = await documentOf(auth.first.service.app);
    return Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({
        name: `${method.toUpperCase()} ${path}`,
        ...operation,
      })),
    );
  };

  it("conforms to OpenAPI 3.1", async () => {
    checkDocument(await documentOf(auth.first.service.app));
  });

  it("describes every route of the API, and no page", async () => {
    const names = (await operations()).map(({ name }) => name).sort();
    assert.deepEqual(names, [
      "DELETE /me",
      "GET /.well-known/jwks.json",
      "GET /.well-known/oauth-authorization-server",
      "GET /me",
      "GET /revocations",
      "POST /login",
      "POST /logout",
      "POST /refresh",
      "POST /revoke",
      "POST /session/token",
      "POST /signup",
      "POST /token",
      "PUT /me/password",
    ]);
  });

  it("describes 503 for every operation", async () => {
    for (const { name, responses } of await operations())
      assert.ok(responses[503], name);
  });

  it("describes 429 for every operation that takes a password", async () => {
    const limited = (await operations())
      .filter(({ responses }) => responses[429])
      .map(({ name }) => name)
      .sort();
    assert.deepEqual(limited, [
      "DELETE /me",
      "POST /login",
      "POST /signup",
      "PUT /me/password",
    ]);
  });

  it("describes the security scheme and 401 of operations that need authentication", async () => {
    const by: Record<string, string[]> = { bearer: [], cookie: [] };
    for (const { name, security = [], responses } of await operations())
      for (const scheme of security.flatMap(Object.keys)) {
        by[scheme]?.push(name);
        assert.ok(responses[401], name);
      }
    assert.deepEqual(by.bearer?.sort(), [
      "DELETE /me",
      "GET /me",
      "POST /logout",
      "PUT /me/password",
    ]);
    assert.deepEqual(by.cookie, ["POST /session/token"]);
  });

  it("describes every method of a path, and others return 405", async () => {
    const { paths } = await documentOf(auth.first.service.app);
    for (const [path, methods] of Object.entries(paths)) {
      const response = await auth.first.app.request(path, { method: "PATCH" });
      assert.equal(response.status, 405, path);
      const allow = response.headers.get("allow")?.split(", ") ?? [];
      assert.deepEqual(
        allow.filter((method) => method !== "HEAD").sort(),
        Object.keys(methods)
          .map((method) => method.toUpperCase())
          .sort(),
        path,
      );
    }
  });
});

describe("Auth's metrics", () => {
  const auth = useAuth();

  const metrics = async () =>
    (await auth.second.app.request("/metrics")).text();
  const value = async (name: string) => {
    const line = (await metrics())
      .split("\n")
      .find((line) => line.startsWith(`${name} `));
    return Number(line?.split(" ").at(-1));
  };

  it("counts logins by outcome, sign-ups and reused refresh tokens", async () => {
    const ok = 'auth_logins_total{outcome="ok"}';
    const wrong = 'auth_logins_total{outcome="wrong"}';
    assert.equal(await value(ok), 0);
    const { refresh_token } = await signUp(auth.second);
    await post(auth.second, "/login", { email, password });
    await post(auth.second, "/login", { email, password: "x" });
    for (let i = 0; i < 2; i++)
      await post(auth.second, "/refresh", { refresh_token });
    assert.equal(await value(ok), 1);
    assert.equal(await value(wrong), 1);
    assert.equal(await value("auth_sign_ups_total"), 1);
    assert.equal(await value("auth_refresh_tokens_reused_total"), 1);
  });

  it("contains routes, but no email addresses or tokens", async () => {
    await signUp(auth.second);
    assert.doesNotMatch(await metrics(), /ada@|mrt_|eyJ/);
    assert.match(await metrics(), /route="\/signup"/);
  });
});
