import assert from "node:assert/strict";
import type { Resource } from "../../support/components/engine.ts";
import {
  pods,
  prebuilt,
  useProgram,
} from "../../support/components/program.ts";

const elsewhere = { type: "ExternalName", externalName: "auth.example.com" };
const issuer = "https://auth.example.com";
const jwksUrl = "http://auth-service:8081/.well-known/jwks.json";

/** The variables of each service that say whose access tokens it issues or accepts. */
const tokens = (resources: Resource[]) =>
  Object.fromEntries(
    Object.entries(pods(resources)).map(([name, { containers }]) => {
      const env: { name: string; value?: string }[] = containers[0].env;
      const variable = (name: string) =>
        env.find((entry) => entry.name === name)?.value;
      return [name, [variable("ISSUER"), variable("JWKS_URL")]];
    }),
  );

describe("The program: marquee:issuer", () => {
  const { runWithoutRegistry, failsBeforeCreation } = useProgram();

  it("defaults to auth's address in the cluster", async () => {
    const { resources } = await runWithoutRegistry(prebuilt);
    const own = "http://auth-service.marquee-dev.svc:8081";
    assert.deepEqual(tokens(resources), {
      auth: [own, undefined],
      payment: [own, jwksUrl],
      streaming: [own, jwksUrl],
    });
  });

  it("is the issuer that auth uses and the others accept, with keys fetched inside the cluster", async () => {
    const { resources } = await runWithoutRegistry(prebuilt, {
      config: { "marquee:issuer": issuer },
    });
    assert.deepEqual(tokens(resources), {
      auth: [issuer, undefined],
      payment: [issuer, jwksUrl],
      streaming: [issuer, jwksUrl],
    });
  });

  it("is the issuer that payment and streaming accept from an auth elsewhere", async () => {
    const { resources } = await runWithoutRegistry(
      { ...prebuilt, auth: elsewhere },
      { config: { "marquee:issuer": issuer } },
    );
    assert.deepEqual(tokens(resources), {
      payment: [issuer, jwksUrl],
      streaming: [issuer, jwksUrl],
    });
  });

  it("is required before anything is created if auth runs elsewhere", () =>
    failsBeforeCreation(
      { ...prebuilt, auth: elsewhere },
      /marquee:issuer is missing/,
      {
        config: { "marquee:issuer": "" },
      },
    ));
});
