import assert from "node:assert/strict";
import { loadSettings } from "../../config/load.ts";
import {
  names,
  usual,
  usualDatabase,
  usualPayments,
} from "../support/components/configurations.ts";
import { deploy, ends } from "../support/components/engine.ts";

describe("loadSettings", () => {
  const load = (config: Record<string, string>) =>
    deploy(() => loadSettings(names), { config, stack: "staging" });

  it("reads services from the map that Pulumi passes as JSON", async () => {
    const { outputs } = await load({
      "marquee:context": "here",
      "marquee:registry": "localhost:5001",
      "marquee:services": '{"auth":{"type":"LoadBalancer","replicas":4}}',
    });
    assert.deepEqual(outputs.services.auth, {
      ...usual,
      type: "LoadBalancer",
      replicas: 4,
      loadBalancer: { annotations: {}, timeoutSeconds: 300 },
    });
  });

  it("reads database from a JSON map", async () => {
    const { outputs } = await load({
      "marquee:context": "here",
      "marquee:registry": "localhost:5001",
      "marquee:database": '{"storage":"20Gi"}',
    });
    assert.deepEqual(outputs.database, { ...usualDatabase, storage: "20Gi" });
  });

  it("reads payments from a JSON map", async () => {
    const { outputs } = await load({
      "marquee:context": "here",
      "marquee:registry": "localhost:5001",
      "marquee:payments": '{"gracePeriod":"P3D","webhookPorts":[8443]}',
    });
    assert.deepEqual(outputs.payments, {
      ...usualPayments,
      gracePeriod: "P3D",
      webhookPorts: [8443],
    });
  });

  it("reads media from a JSON map", async () => {
    const { outputs } = await load({
      "marquee:context": "here",
      "marquee:registry": "localhost:5001",
      "marquee:media": '{"volumeClaim":"films"}',
    });
    assert.deepEqual(outputs.media, { volumeClaim: "films" });
  });

  it("reads trustedProxies from the text that Pulumi passes", async () => {
    const { outputs } = await load({
      "marquee:context": "here",
      "marquee:registry": "localhost:5001",
      "marquee:trustedProxies": "3",
    });
    assert.equal(outputs.trustedProxies, 3);
  });

  it("reads all other keys as text", async () => {
    const { outputs } = await load({
      "marquee:context": "[here]",
      "marquee:registry": "localhost:5001",
      "marquee:imagesFrom": "2026",
    });
    assert.equal(outputs.context, "[here]");
    assert.equal(outputs.imagesFrom, "2026");
  });

  it("treats empty values, which Pulumi.yaml has as defaults, as unset", async () => {
    const { outputs } = await load({
      "marquee:context": "here",
      "marquee:registry": "",
      "marquee:imagesFrom": "staging",
      "marquee:platform": "",
      "marquee:database": "",
      "marquee:payments": "",
      "marquee:media": "",
      "marquee:trustedProxies": "",
      "marquee:secrets": "",
    });
    assert.equal(outputs.registry, "");
    assert.equal(outputs.platform, "linux/amd64");
    assert.deepEqual(outputs.database, usualDatabase);
    assert.deepEqual(outputs.payments, usualPayments);
    assert.deepEqual(outputs.media, {});
    assert.equal(outputs.trustedProxies, 0);
    assert.deepEqual(outputs.secrets, {});
  });

  it("ignores other programs' configuration", async () => {
    const { outputs } = await load({
      "marquee:context": "here",
      "marquee:registry": "localhost:5001",
      "kubernetes:context": "elsewhere",
    });
    assert.equal(outputs.context, "here");
  });

  it("fails without a stack trace, naming the stack and every issue", async () => {
    await ends(
      load({
        "marquee:context": "here",
        "marquee:services": '{"auth":{"replicas":-1}}',
      }),
      "The configuration of stack staging is invalid, so nothing was built or changed:\n" +
        "  - marquee:services.auth.replicas is -1: it must be a whole number, 0 or more.\n" +
        '  - marquee:registry is missing: it must be a host, optionally with a port and a path, in lower case and without "https://", such as localhost:5001 or ghcr.io/acme.\n' +
        "It is in Pulumi.staging.yaml; `pulumi config set --path 'marquee:services.auth.replicas' 3` sets one value.",
    );
  });

  it("rejects the local cluster's context in a shell without its variables", async () => {
    const { MARQUEE_REGISTRY, MARQUEE_PLATFORM } = process.env;
    delete process.env.MARQUEE_REGISTRY;
    delete process.env.MARQUEE_PLATFORM;
    try {
      await ends(
        load({ "marquee:context": "marquee-local" }),
        'Stack staging is for the local cluster, and this shell lacks the variables of one. Create the cluster with `npm run up`, then run: eval "$(npm run -s env)". Or set marquee:registry, marquee:platform, marquee:baseImage and marquee:database.image.',
      );
    } finally {
      Object.assign(process.env, {
        ...(MARQUEE_REGISTRY && { MARQUEE_REGISTRY }),
        ...(MARQUEE_PLATFORM && { MARQUEE_PLATFORM }),
      });
    }
  });
});
