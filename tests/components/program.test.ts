import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { useFolders } from "../folders.ts";
import { count, deploy, type EngineOptions, only } from "./engine.ts";
import { withRegistry } from "./registry.ts";

const imageType = "docker:index/image:Image";
const deploymentType = "kubernetes:apps/v1:Deployment";
const namespaceType = "kubernetes:core/v1:Namespace";
const providerType = "pulumi:providers:kubernetes";
const serviceType = "kubernetes:core/v1:Service";

const digest = `sha256:${"b".repeat(64)}`;
const sources = {
  "services/Dockerfile": "FROM scratch\n",
  "services/auth/server.ts": "console.log('auth');\n",
  "services/payment/server.ts": "console.log('payment');\n",
  "services/streaming/server.ts": "console.log('streaming');\n",
  kubeconfig: JSON.stringify({
    clusters: [{ name: "c", cluster: { server: "https://127.0.0.3:6443" } }],
    contexts: [{ name: "here", context: { cluster: "c" } }],
  }),
};
const nodePort = { type: "NodePort", nodePort: 30003, replicas: 3 };
const external = { type: "ExternalName", externalName: "pay.example.com" };
let runs = 0;

describe("the program", () => {
  const useFolder = useFolders();
  const { KUBECONFIG } = process.env;
  const cwd = process.cwd();
  let folder: string;

  beforeEach(() => {
    folder = useFolder(sources);
    process.chdir(folder);
    process.env.KUBECONFIG = join(folder, "kubeconfig");
  });
  afterEach(() => {
    process.chdir(cwd);
    if (KUBECONFIG === undefined) delete process.env.KUBECONFIG;
    else process.env.KUBECONFIG = KUBECONFIG;
  });

  /** Runs index.ts in a project folder of its own, where a registry answers. */
  const run = (services: object, options: EngineOptions = {}) =>
    withRegistry(200, async (registry) => {
      const result = await deploy(
        async (): Promise<typeof import("../../index.ts")> => ({
          ...(await import(`../../index.ts?run=${++runs}`)),
        }),
        {
          ...options,
          config: {
            "marquee:context": "here",
            "marquee:registry": registry,
            "marquee:services": JSON.stringify(services),
          },
          answers: {
            [imageType]: ({ inputs }) => ({
              repoDigest: inputs.imageName.replace(/:[^:]+$/, `@${digest}`),
            }),
            ...options.answers,
          },
        },
      );
      const reference = (service: string) =>
        `${registry}/marquee-${service}@${digest}`;
      return { ...result, reference };
    });

  it("is three images, three Deployments and three Services in a namespace", async () => {
    const { resources } = await run({ streaming: nodePort });
    assert.deepEqual(count(resources), {
      [providerType]: 1,
      [namespaceType]: 1,
      "marquee:components:ServiceImage": 3,
      [imageType]: 3,
      "marquee:components:Microservice": 3,
      [deploymentType]: 3,
      [serviceType]: 3,
      "kubernetes:core/v1:ServiceAccount": 3,
      "marquee:components:NetworkPaths": 1,
      "kubernetes:networking.k8s.io/v1:NetworkPolicy": 4,
    });
  });

  it("deploys to the context that is named, never to the current one", async () => {
    const { resources } = await run({ payment: external });
    const { context, namespace } = only(resources, providerType).inputs;
    assert.deepEqual([context, namespace], ["here", "marquee-dev"]);
    for (const { type, name, provider } of resources)
      if (type.startsWith("kubernetes:"))
        assert.match(provider ?? "", /kubernetes::cluster::/, name);
  });

  it("has a namespace per stack, which takes restricted pods alone", async () => {
    const { resources } = await run({}, { stack: "staging" });
    assert.deepEqual(only(resources, namespaceType).inputs, {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: {
        name: "marquee-staging",
        annotations: { "pulumi.com/patchForce": "true" },
        labels: { "pod-security.kubernetes.io/enforce": "restricted" },
      },
    });
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
      if (type === deploymentType || type === serviceType)
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

  it("puts out what to open, what runs, and where", async () => {
    const { outputs, reference } = await run({ streaming: nodePort });
    assert.deepEqual(outputs, {
      endpoints: {
        auth: "http://auth-service.marquee-dev.svc:8081",
        payment: "http://payment-service.marquee-dev.svc:8082",
        streaming: "http://127.0.0.3:30003",
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
        [serviceType]: 3,
        "kubernetes:core/v1:ServiceAccount": 2,
        "marquee:components:NetworkPaths": 1,
        "kubernetes:networking.k8s.io/v1:NetworkPolicy": 3,
      });
      assert.ok(!existsSync(join(folder, "build/payment")));
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
    const ends = async (work: Promise<unknown>, message: RegExp) => {
      await assert.rejects(work, (error: Error) => {
        assert.ok(pulumi.RunError.isInstance(error), error.stack);
        assert.match(error.message, message);
        return true;
      });
      assert.ok(!existsSync(join(folder, "build")));
    };

    it("in the configuration ends before anything is built", () =>
      ends(run({ auth: { replicas: -1 } }), /services\.auth\.replicas is -1/));

    it("in the kubeconfig ends before anything is built", () => {
      process.env.KUBECONFIG = "/nowhere";
      return ends(run({}), /not in the kubeconfig \(\/nowhere/);
    });
  });
});
