import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { image } from "../../support/components/configurations.ts";
import { count, only } from "../../support/components/engine.ts";
import {
  auth,
  autonamedSecret,
  secretType,
} from "../../support/components/microservices.ts";

const { isRpcSecret, unwrapRpcSecret } = pulumi.runtime;
const secrets = { TOKEN: "hunter2", DB_URL: "postgres://ada:hunter2@db/auth" };
const autonamed = {
  [secretType]: () => ({ metadata: { name: "auth-secrets-1a2b3c4d" } }),
};

describe("Microservice with secrets", () => {
  it("stores the secrets in an autonamed Secret", async () => {
    const { resources } = await auth({}, { secrets });
    const { stringData, ...inputs } = only(
      resources,
      secretType,
      "auth-secrets",
    ).inputs;
    assert.deepEqual(inputs, autonamedSecret);
    assert.deepEqual(unwrapRpcSecret(stringData), secrets);
  });

  it("marks the secrets as secret, so that Pulumi encrypts them in its state", async () => {
    const { resources, options } = await auth({}, { secrets });
    assert.ok(isRpcSecret(only(resources, secretType).inputs.stringData));
    assert.deepEqual(options[secretType]?.additionalSecretOutputs, [
      "data",
      "stringData",
    ]);
  });

  it("passes the secrets to the program by the Secret's resulting name", async () => {
    const { pod } = await auth({}, { secrets }, autonamed);
    assert.deepEqual(pod.containers[0].envFrom, [
      { secretRef: { name: "auth-secrets-1a2b3c4d" } },
    ]);
    assert.deepEqual(pod.containers[0].env, [{ name: "PORT", value: "8081" }]);
  });

  it("keeps the secrets' values out of all other resources and outputs", async () => {
    const { resources, images, urns } = await auth(
      { logSidecar: {}, autoscale: { min: 1, max: 2, cpuPercent: 80 } },
      { secrets, logShipperImage: image("log-shipper") },
      autonamed,
    );
    for (const { type, inputs } of resources)
      assert.equal(
        JSON.stringify(inputs).includes("hunter2"),
        type === secretType,
        type,
      );
    assert.ok(!JSON.stringify([images, urns]).includes("hunter2"));
  });

  it("passes the secrets only to the service's container", async () => {
    const { pod } = await auth(
      { logSidecar: {} },
      { secrets, logShipperImage: image("log-shipper") },
      autonamed,
    );
    assert.ok("envFrom" in pod.containers[0]);
    assert.ok(!("envFrom" in pod.initContainers[0]));
  });

  it("adds only the Secret to the resources", async () => {
    const { [secretType]: made, ...others } = count(
      (await auth({}, { secrets })).resources,
    );
    assert.equal(made, 1);
    assert.deepEqual(others, count((await auth()).resources));
  });

  it("creates no Secret without secrets, and refers to none", async () => {
    const { resources, pod } = await auth({}, { secrets: undefined });
    assert.equal(count(resources)[secretType], undefined);
    assert.ok(!("envFrom" in pod.containers[0]));
  });
});
