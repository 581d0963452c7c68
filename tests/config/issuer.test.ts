import assert from "node:assert/strict";
import { issuesOf, settingsOf } from "../support/components/configurations.ts";

const elsewhere = { type: "ExternalName", externalName: "auth.example.com" };

describe("parseSettings: marquee:issuer", () => {
  it("is undefined unless the configuration sets it", () => {
    assert.equal(settingsOf({}).issuer, undefined);
  });

  for (const issuer of [
    "https://auth.example.com",
    "http://auth-service.marquee-staging.svc:8081",
  ])
    it(`accepts ${issuer} for an auth in this cluster and for one elsewhere`, () => {
      assert.equal(settingsOf({ issuer }).issuer, issuer);
      const services = { auth: elsewhere };
      assert.equal(settingsOf({ issuer, services }).issuer, issuer);
    });

  for (const issuer of [
    ...["", "auth.example.com", "ftp://auth.example.com", "https://"],
    ...["https://auth.example.com/", "https://auth.example.com/auth"],
    ...["HTTPS://auth.example.com", "https://user@auth.example.com"],
    ...[1, true, null, {}, ["https://auth.example.com"]],
  ])
    it(`rejects ${JSON.stringify(issuer)}`, () => {
      assert.deepEqual(issuesOf({ issuer }), [
        `marquee:issuer is ${JSON.stringify(issuer)}: it must be a URL without a path, such as https://auth.example.com.`,
      ]);
    });

  it("is required if auth is of type ExternalName", () => {
    assert.deepEqual(issuesOf({ services: { auth: elsewhere } }), [
      "marquee:issuer is missing: services.auth.type is ExternalName, so the services here must know the issuer of its access tokens. Its /.well-known/oauth-authorization-server names it; for example, http://auth-service.marquee-staging.svc:8081.",
    ]);
  });

  it("is optional if all services are of type ExternalName", () => {
    const services = {
      auth: elsewhere,
      payment: elsewhere,
      streaming: elsewhere,
    };
    assert.deepEqual(issuesOf({ services }), []);
  });

  it("is optional if payment or streaming is of type ExternalName", () => {
    for (const name of ["payment", "streaming"])
      assert.deepEqual(issuesOf({ services: { [name]: elsewhere } }), []);
  });
});
