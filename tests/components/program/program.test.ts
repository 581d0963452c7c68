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

describe("the program", () => {
  const { apiServer, run, endsUnmade, built } = useProgram();

  it("is three images, three Deployments and three Services in a namespace, and a database", async () => {
    const { resources } = await run({ streaming: nodePort });
    assert.deepEqual(count(resources), {
      ...deployed,
      "marquee:components:ServiceImage": 3,
      [imageType]: 3,
    });
  });

  it("deploys to the context that is named, never to the current one", async () => {
    const { resources } = await run({ payment: external });
    const { inputs } = only(resources, providerType);
    assert.deepEqual(
      [inputs.context, inputs.namespace],
      ["here", "marquee-dev"],
    );
    // Or a hundred services would wait for the client's own limits, meant for controllers.
    assert.deepEqual(JSON.parse(inputs.kubeClientSettings), {
      qps: 1000,
      burst: 1000,
    });
    for (const { type, name, provider } of resources)
      if (type.startsWith("kubernetes:"))
        assert.match(provider ?? "", /kubernetes::cluster::/, name);
  });

  it("has a namespace per stack, which takes restricted pods alone", async () => {
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

  it("puts every object into that namespace, once it is there", async () => {
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

  it("runs every service by its image's digest, on its port, as often as was asked for", async () => {
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

  it("puts out node ports at the API server's address where it is a node's", async () => {
    writeFileSync(
      process.env.KUBECONFIG as string,
      apiServer.kubeconfig("https://127.0.0.3:6443"),
    );
    const { outputs } = await run(
      { streaming: nodePort },
      {
        // Deployed before, so that the cluster is not asked for anything.
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

  it("puts out what to open, what runs, and where", async () => {
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

  describe("with a service that runs elsewhere", () => {
    it("builds and deploys the two others alone", async () => {
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

    it("says where it answers, and that no image of it runs here", async () => {
      const { endpoints, images } = (await run({ payment: external })).outputs;
      assert.equal(
        (endpoints as Record<string, unknown>).payment,
        "http://pay.example.com:8082",
      );
      assert.deepEqual(Object.keys(images), ["auth", "streaming"]);
    });
  });

  describe("with a mistake", () => {
    it("in the configuration ends before anything is built", async () => {
      await endsUnmade(
        { auth: { replicas: -1 } },
        /services\.auth\.replicas is -1/,
      );
      assert.deepEqual(built(), []);
    });

    it("in the kubeconfig ends before anything is built", async () => {
      process.env.KUBECONFIG = "/nowhere";
      await endsUnmade({}, /not in the kubeconfig \(\/nowhere/);
      assert.deepEqual(built(), []);
    });

    it("in the registry ends before anything is built", async () => {
      await withRegistry(404, (registry) =>
        endsUnmade({}, /answers 404, as no registry does/, {
          config: { "marquee:registry": registry },
        }),
      );
      assert.deepEqual(built(), []);
    });
  });
});
