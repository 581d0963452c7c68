import assert from "node:assert/strict";
import {
  ensureUp,
  forwarded,
  json,
  ok,
} from "../../support/e2e/environment.ts";
import { python } from "../../support/python/index.ts";

const password = "a long sentence about nothing";

interface Tokens {
  access_token: string;
  refresh_token: string;
}

const post = (url: string, body: object) =>
  fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });

const bearer = ({ access_token }: Tokens) => ({
  headers: { authorization: `Bearer ${access_token}` },
});

/** Runs `work` with the address of each of auth's pods. */
async function withPods<T>(work: (urls: string[]) => Promise<T>): Promise<T> {
  const names = (
    await ok(
      "kubectl get pods -l app=auth-service --field-selector=status.phase=Running -o name",
    )
  ).split("\n");
  const next = (urls: string[]): Promise<T> => {
    const name = names[urls.length];
    return name
      ? forwarded(name, 8081, (url) => next([...urls, url]))
      : work(urls);
  };
  return next([]);
}

describe("Accounts on two pods", function () {
  this.timeout("3m");
  before(async () => {
    await ensureUp();
    await ok("pulumi stack select dev");
  });

  it("work at both pods, as do their tokens and the detection of reused refresh tokens", () =>
    withPods(async ([one = "", other = ""]) => {
      assert.ok(other);
      const email = `pods-${Date.now()}@example.com`;
      const signedUp = await post(`${one}/signup`, { email, password });
      assert.equal(signedUp.status, 201);
      const tokens = (await signedUp.json()) as Tokens;
      const me = await fetch(`${other}/me`, bearer(tokens));
      assert.equal(me.status, 200);
      assert.equal(((await me.json()) as { email: string }).email, email);

      const { refresh_token } = tokens;
      const refreshed = await post(`${other}/refresh`, { refresh_token });
      assert.equal(refreshed.status, 200);
      // A reused refresh token is taken for stolen, which revokes both.
      const again = await post(`${one}/refresh`, { refresh_token });
      assert.equal(again.status, 401);
      const next = (await refreshed.json()) as Tokens;
      const after = await post(`${other}/refresh`, {
        refresh_token: next.refresh_token,
      });
      assert.equal(after.status, 401);
    }));

  it("have tokens that PyJWT verifies with the keys of either pod", () =>
    withPods(async ([one = "", other = ""]) => {
      const email = `pyjwt-${Date.now()}@example.com`;
      const { access_token } = (await (
        await post(`${one}/signup`, { email, password })
      ).json()) as Tokens;
      const { issuer, jwks_uri } = (await (
        await fetch(`${one}/.well-known/oauth-authorization-server`)
      ).json()) as Record<string, string>;
      assert.equal(issuer, "http://auth-service.marquee-dev.svc:8081");
      assert.equal(jwks_uri, `${issuer}/.well-known/jwks.json`);
      for (const url of [one, other]) {
        const { header, claims } = JSON.parse(
          await python("python", [
            "verify.py",
            `${url}/.well-known/jwks.json`,
            issuer as string,
            "marquee",
            access_token,
          ]),
        );
        assert.equal(header.typ, "at+jwt");
        assert.equal(claims.iss, issuer);
        assert.ok(claims.exp > claims.iat);
      }
    }));

  it("leave no password, token or hash in the log", async () => {
    const said = await ok("kubectl logs -l app=auth-service --tail=-1");
    assert.ok(!said.includes(password));
    assert.doesNotMatch(said, /eyJ|mrt_|pyjwt-\d+@|\$argon2/);
  });

  it("are in a database whose password only auth's pods and the provisioning Job have", async () => {
    const { items } = await json("kubectl get pods -o json");
    const holders = items
      .filter((pod: object) =>
        JSON.stringify(pod).includes("auth-database-password"),
      )
      .map(
        ({ metadata }: { metadata: { labels: { app: string } } }) =>
          metadata.labels.app,
      );
    assert.deepEqual([...new Set(holders)].sort(), [
      "auth-service",
      "postgres-provision",
    ]);
  });
});
