import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import {
  claimType,
  jobType,
  postgresType,
  statefulSetType,
} from "../../support/components/databases.ts";
import { count, only } from "../../support/components/engine.ts";
import {
  budgetType,
  deploymentType,
  secretType,
  serviceType,
} from "../../support/components/microservices.ts";
import {
  databaseImage,
  deployed,
  imageType,
  namespaceType,
  policyType,
  prebuilt,
  providerType,
  useProgram,
} from "../../support/components/program.ts";
import { withRegistry } from "../../support/components/registry.ts";

const external = { type: "ExternalName", externalName: "pay.example.com" };
const nodePort = { type: "NodePort", nodePort: 30003, replicas: 3 };

describe("The program", () => {
  const { apiServer, run, failsBeforeCreation, built } = useProgram();

  it("creates three images, three Deployments and three Services in a namespace, and a database", async () => {
    const { resources } = await run({ streaming: nodePort });
    assert.deepEqual(count(resources), {
      ...deployed,
      "marquee:components:ServiceImage": 3,
      [imageType]: 3,
    });
  });

  it("deploys to the configured context, not to the current one", async () => {
    const { resources } = await run({ payment: external });
    const { inputs } = only(resources, providerType);
    assert.deepEqual(
      [inputs.context, inputs.namespace],
      ["here", "marquee-dev"],
    );
    // The client's default limits are meant for controllers, and would slow an update of many services down.
    assert.deepEqual(JSON.parse(inputs.kubeClientSettings), {
      qps: 1000,
      burst: 1000,
    });
    for (const { type, name, provider } of resources)
      if (type.startsWith("kubernetes:"))
        assert.match(provider ?? "", /kubernetes::cluster::/, name);
  });

  it("creates a namespace per stack that enforces the restricted pod security standard", async () => {
    const { outputs, resources } = await run({}, { stack: "staging" });
    assert.deepEqual(only(resources, namespaceType).inputs, {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: {
        name: "marquee-staging",
        annotations: {
          "pulumi.com/patchForce": "true",
          "marquee.local/owner": outputs.deployment.owner,
        },
        labels: { "pod-security.kubernetes.io/enforce": "restricted" },
      },
    });
  });

  it("adds the annotations and labels of marquee:namespace to the namespace's own, and to nothing else", async () => {
    const namespace = {
      annotations: { "example.com/contact": "ada" },
      labels: { "pod-security.kubernetes.io/warn": "restricted" },
    };
    const { outputs, resources } = await run(
      {},
      { config: { "marquee:namespace": JSON.stringify(namespace) } },
    );
    const { metadata } = only(resources, namespaceType).inputs;
    assert.deepEqual(metadata, {
      name: "marquee-dev",
      annotations: {
        "example.com/contact": "ada",
        "pulumi.com/patchForce": "true",
        "marquee.local/owner": outputs.deployment.owner,
      },
      labels: {
        "pod-security.kubernetes.io/warn": "restricted",
        "pod-security.kubernetes.io/enforce": "restricted",
      },
    });
    for (const { type, name, inputs } of resources)
      if (type !== namespaceType)
        assert.ok(
          !JSON.stringify(inputs).includes("example.com/contact"),
          name,
        );
  });

  it("creates every object in the resulting namespace", async () => {
    const { resources } = await run(
      { payment: external },
      {
        answers: {
          [namespaceType]: () => ({ metadata: { name: "as-it-was-made" } }),
        },
      },
    );
    for (const { type, name, inputs } of resources)
      if (type.startsWith("kubernetes:") && type !== namespaceType)
        assert.equal(inputs.metadata.namespace, "as-it-was-made", name);
  });

  it("runs every service's image by digest, on its port, with the configured replicas", async () => {
    const { resources, reference } = await run({
      payment: { replicas: 0 },
      streaming: nodePort,
    });
    const pods = resources
      .filter(({ type }) => type === deploymentType)
      .map(({ name, inputs: { spec } }) => {
        const { image, ports } = spec.template.spec.containers[0];
        return [name, spec.replicas, ports[0].containerPort, image];
      });
    assert.deepEqual(pods.sort(), [
      ["auth-deployment", 2, 8081, reference("auth")],
      ["payment-deployment", 0, 8082, reference("payment")],
      ["streaming-deployment", 3, 8083, reference("streaming")],
    ]);
  });

  it("exports node ports at the API server's address if that is a node's", async () => {
    writeFileSync(
      process.env.KUBECONFIG as string,
      apiServer.kubeconfig("https://127.0.0.3:6443"),
    );
    const { outputs } = await run(
      { streaming: nodePort },
      {
        // Already deployed, so that the cluster is not asked for anything.
        state: {
          outputs: {
            deployment: { context: "here", owner: "ours" },
            images: prebuilt,
          },
        },
      },
    );
    assert.equal(outputs.endpoints.streaming, "http://127.0.0.3:30003");
  });

  it("exports the endpoints, the images, the namespace and the deployment", async () => {
    const { outputs, reference } = await run({ streaming: nodePort });
    const { deployment, ...rest } = outputs;
    assert.equal(deployment.context, "here");
    assert.deepEqual(deployment.databaseImage, {
      setting: databaseImage,
      reference: databaseImage,
    });
    assert.match(deployment.owner, /^[\w-]{16}$/);
    assert.deepEqual(rest, {
      endpoints: {
        auth: "http://auth-service.marquee-dev.svc:8081",
        payment: "http://payment-service.marquee-dev.svc:8082",
        streaming: "http://<a node's address>:30003",
      },
      images: {
        auth: reference("auth"),
        payment: reference("payment"),
        streaming: reference("streaming"),
      },
      namespace: "marquee-dev",
    });
  });

  describe("a service that runs elsewhere", () => {
    it("leaves only the two others to build and deploy", async () => {
      const { resources } = await run({ payment: external });
      assert.deepEqual(count(resources), {
        [providerType]: 1,
        [namespaceType]: 1,
        "marquee:components:ServiceImage": 2,
        [imageType]: 2,
        "marquee:components:Microservice": 2,
        "marquee:components:ExternalService": 1,
        [deploymentType]: 2,
        [serviceType]: 4,
        "kubernetes:core/v1:ServiceAccount": 3,
        [budgetType]: 2,
        [postgresType]: 1,
        [statefulSetType]: 1,
        [claimType]: 1,
        [jobType]: 2,
        [secretType]: 5,
        "marquee:components:NetworkPaths": 1,
        [policyType]: 10,
      });
      assert.deepEqual(built(), ["auth", "streaming"]);
    });

    it("has its external URL in the endpoints, and no image", async () => {
      const { endpoints, images } = (await run({ payment: external })).outputs;
      assert.equal(
        (endpoints as Record<string, unknown>).payment,
        "http://pay.example.com:8082",
      );
      assert.deepEqual(Object.keys(images), ["auth", "streaming"]);
    });
  });

  describe("issues", () => {
    it("fails before anything is built for an issue in the configuration", async () => {
      await failsBeforeCreation(
        { auth: { replicas: -1 } },
        /services\.auth\.replicas is -1/,
      );
      assert.deepEqual(built(), []);
    });

    it("fails before anything is built for a context that the kubeconfig lacks", async () => {
      process.env.KUBECONFIG = "/nowhere";
      await failsBeforeCreation({}, /not in the kubeconfig \(\/nowhere/);
      assert.deepEqual(built(), []);
    });

    it("fails before anything is built for a registry that answers 404", async () => {
      await withRegistry(404, (registry) =>
        failsBeforeCreation({}, /answers 404, so it is not a registry/, {
          config: { "marquee:registry": registry },
        }),
      );
      assert.deepEqual(built(), []);
    });
  });
});
