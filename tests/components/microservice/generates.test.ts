import assert from "node:assert/strict";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { Microservice } from "../../../components/microservice/microservice.ts";
import { defaultResources } from "../../../config/resources.ts";
import { image } from "../../support/components/configurations.ts";
import { awaited } from "../../support/components/databases.ts";
import {
  count,
  deploy,
  only,
  recordOptions,
} from "../../support/components/engine.ts";
import {
  auth,
  deploymentType,
  recommended,
  secretType,
} from "../../support/components/microservices.ts";

const { isRpcSecret, unwrapRpcSecret } = pulumi.runtime;
const autonamed = {
  [secretType]: ({ name }: { name: string }) => ({
    metadata: { name: `${name}-1a2b` },
  }),
};
const reference = (name: string) => ({
  valueFrom: { secretKeyRef: { name: `${name}-1a2b`, key: "value" } },
});
const port = { name: "PORT", value: "8081" };

describe("Microservice with generated variables", () => {
  const generates = ["KEY_ENCRYPTION_KEY", "PEPPER"];

  it("generates each variable once, in a Secret of its own", async () => {
    const { resources, options } = await auth(
      {},
      { generatedSecrets: generates },
    );
    const names = ["auth-key-encryption-key", "auth-pepper"];
    for (const name of names) {
      const { stringData, metadata } = only(resources, secretType, name).inputs;
      assert.deepEqual(metadata, {
        namespace: "marquee-dev",
        labels: recommended,
        annotations: { "pulumi.com/patchForce": "true" },
      });
      assert.ok(isRpcSecret(stringData));
      assert.match(unwrapRpcSecret(stringData).value, /^[\w-]{32}$/);
      assert.deepEqual(options[name]?.ignoreChanges, ["stringData", "data"]);
    }
    const plain = count((await auth()).resources);
    assert.deepEqual(count(resources), { ...plain, [secretType]: 2 });
  });

  it("passes generated variables as Secret references, after the other variables", async () => {
    const { pod } = await auth(
      {},
      { generatedSecrets: generates, env: { ISSUER: "http://auth" } },
      autonamed,
    );
    assert.deepEqual(pod.containers[0].env, [
      port,
      { name: "ISSUER", value: "http://auth" },
      { name: "KEY_ENCRYPTION_KEY", ...reference("auth-key-encryption-key") },
      { name: "PEPPER", ...reference("auth-pepper") },
    ]);
    assert.ok(!("envFrom" in pod.containers[0]));
  });

  it("generates no variable that the service's secrets set", async () => {
    const { resources, pod } = await auth(
      {},
      {
        generatedSecrets: generates,
        secrets: { PEPPER: "hunter2", TOKEN: "mine" },
      },
      autonamed,
    );
    assert.deepEqual(
      resources
        .filter(({ type }) => type === secretType)
        .map(({ name }) => name)
        .sort(),
      ["auth-key-encryption-key", "auth-secrets"],
    );
    assert.deepEqual(pod.containers[0].env, [
      port,
      { name: "KEY_ENCRYPTION_KEY", ...reference("auth-key-encryption-key") },
    ]);
    assert.deepEqual(pod.containers[0].envFrom, [
      { secretRef: { name: "auth-secrets-1a2b" } },
    ]);
  });

  it("passes generated variables only to the service's container", async () => {
    const { pod } = await auth(
      { logSidecar: {} },
      { generatedSecrets: generates, logShipperImage: image("log-shipper") },
      autonamed,
    );
    assert.ok(!JSON.stringify(pod.initContainers).includes("PEPPER"));
    assert.deepEqual(
      pod.containers[0].env.map(({ name }: { name: string }) => name),
      ["PORT", ...generates, "LOG_FILE"],
    );
  });

  for (const generates of [undefined, []])
    it(`creates no Secrets if generates is ${JSON.stringify(generates) ?? "undefined"}`, async () => {
      const { resources, pod } = await auth(
        {},
        { generatedSecrets: generates },
      );
      assert.equal(count(resources)[secretType], undefined);
      assert.deepEqual(pod.containers[0].env, [port]);
    });
});

describe("Microservice with an environment", () => {
  it("passes Secret references and texts in the given order", async () => {
    const secretKeyRef = { name: pulumi.output("auth-password"), key: "value" };
    const { pod } = await auth(
      {},
      {
        env: {
          DATABASE_PASSWORD: { secretKeyRef },
          DATABASE_URL: "postgres://auth:$(DATABASE_PASSWORD)@postgres/auth",
        },
      },
    );
    assert.deepEqual(pod.containers[0].env, [
      port,
      {
        name: "DATABASE_PASSWORD",
        valueFrom: { secretKeyRef: { name: "auth-password", key: "value" } },
      },
      {
        name: "DATABASE_URL",
        value: "postgres://auth:$(DATABASE_PASSWORD)@postgres/auth",
      },
    ]);
  });
});

describe("Microservice with a dependency", () => {
  it("creates its Deployment after the given resource, and waits for nothing else", async () => {
    const options: Record<string, pulumi.CustomResourceOptions> = {};
    await deploy(() => {
      const startAfter = new k8s.batch.v1.Job("before-it");
      new Microservice(
        "auth",
        {
          namespace: "marquee-dev",
          image: image(),
          containerPort: 8081,
          type: "ClusterIP",
          resources: defaultResources,
          startAfter,
        },
        recordOptions(options),
      );
    });
    assert.deepEqual(await awaited(options[deploymentType]), ["before-it"]);
  });

  it("waits for nothing if no resource is given", async () => {
    const { options } = await auth();
    assert.deepEqual(await awaited(options[deploymentType]), []);
  });
});
