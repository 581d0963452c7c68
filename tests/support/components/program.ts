import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
// esbuild keeps the folder in which it is loaded: it must not be one that a test removes.
import "esbuild";
import { useFolders } from "../folders.ts";
import { useApiServer } from "./api-server.ts";
import { image } from "./configurations.ts";
import {
  claimType,
  jobType,
  postgresType,
  statefulSetType,
} from "./databases.ts";
import { deploy, type EngineOptions, ends, type Resource } from "./engine.ts";
import {
  budgetType,
  deploymentType,
  secretType,
  serviceType,
} from "./microservices.ts";
import { withRegistry } from "./registry.ts";

export const imageType = "docker:index/image:Image";
export const namespaceType = "kubernetes:core/v1:Namespace";
export const policyType = "kubernetes:networking.k8s.io/v1:NetworkPolicy";
export const providerType = "pulumi:providers:kubernetes";

/** A prebuilt image of each service. */
export const images = {
  auth: image("auth"),
  payment: image("payment"),
  streaming: image("streaming"),
};
export const prebuilt = {
  auth: { image: images.auth },
  payment: { image: images.payment },
  streaming: { image: images.streaming },
};

/** The number of resources by type of a program with prebuilt images and a database for each service. */
export const deployed = {
  [providerType]: 1,
  [namespaceType]: 1,
  "marquee:components:Microservice": 3,
  [deploymentType]: 3,
  [serviceType]: 4,
  "kubernetes:core/v1:ServiceAccount": 4,
  [budgetType]: 3,
  [postgresType]: 1,
  [statefulSetType]: 1,
  [claimType]: 1,
  [jobType]: 2,
  [secretType]: 8,
  "marquee:components:NetworkPaths": 1,
  [policyType]: 13,
};

/** The pod of each service. */
export const pods = (resources: Resource[]) =>
  Object.fromEntries(
    resources
      .filter(({ type }) => type === deploymentType)
      .map(({ name, inputs }) => [
        name.replace("-deployment", ""),
        inputs.spec.template.spec,
      ]),
  );

/** Pinned by digest, so that no registry is asked. */
const baseImage = image("node");

export const databaseImage = image("postgres");

const digest = `sha256:${"b".repeat(64)}`;
const sources = {
  "services/Dockerfile": "FROM scratch\n",
  "services/auth/server.ts": "console.log('auth');\n",
  "services/log-shipper/server.ts": "console.log('log-shipper');\n",
  "services/payment/server.ts": "console.log('payment');\n",
  "services/streaming/server.ts": "console.log('streaming');\n",
};
let runs = 0;

/** Lets the calling suite run index.ts, each test in its own project folder. */
export function useProgram() {
  const useFolder = useFolders();
  const apiServer = useApiServer();
  const { KUBECONFIG } = process.env;
  const cwd = process.cwd();
  let folder: string;

  beforeEach(() => {
    folder = useFolder({ ...sources, kubeconfig: apiServer.kubeconfig() });
    process.chdir(folder);
    process.env.KUBECONFIG = join(folder, "kubeconfig");
  });
  afterEach(() => {
    process.chdir(cwd);
    if (KUBECONFIG === undefined) delete process.env.KUBECONFIG;
    else process.env.KUBECONFIG = KUBECONFIG;
  });

  const program = (): Promise<typeof import("../../../index.ts")> =>
    import(`../../../index.ts?run=${++runs}`);

  /** Options with this configuration of services; pushed images get a digest. */
  const configured = (
    services: { auth?: { type?: string } },
    options: EngineOptions,
  ): EngineOptions => ({
    ...options,
    config: {
      "marquee:context": "here",
      "marquee:baseImage": baseImage,
      "marquee:services": JSON.stringify(services),
      ...(services.auth?.type === "ExternalName" && {
        "marquee:issuer": "https://auth.example.com", // required if auth runs elsewhere
      }),
      ...options.config,
      "marquee:database": JSON.stringify({
        image: databaseImage,
        ...JSON.parse(options.config?.["marquee:database"] ?? "{}"),
      }),
    },
    answers: {
      [imageType]: ({ inputs }) => ({
        repoDigest: inputs.imageName.replace(/:[^:]+$/, `@${digest}`),
      }),
      ...options.answers,
    },
  });

  const runWithoutRegistry = (services: object, options: EngineOptions = {}) =>
    deploy(
      async () => ({ ...(await program()) }),
      configured(services, options),
    );

  /** `runWithoutRegistry` with a registry that answers; `reference` returns the reference to a pushed image. */
  const run = (services: object, options: EngineOptions = {}) =>
    withRegistry(200, async (registry) => ({
      ...(await runWithoutRegistry(services, {
        ...options,
        config: { "marquee:registry": registry, ...options.config },
      })),
      reference: (service: string) =>
        `${registry}/marquee-${service}@${digest}`,
    }));

  return {
    /** The cluster's API server. */
    apiServer,
    run,
    runWithoutRegistry,
    /** `runWithoutRegistry` in a preview, whose outputs may be unknown. */
    preview: (services: object, options: EngineOptions = {}) =>
      deploy(
        async () => {
          await program();
        },
        configured(services, { ...options, preview: true }),
      ),
    /** Asserts that the program fails with a message before it creates an image, a provider or a namespace. */
    failsBeforeCreation: async (
      services: object,
      message: RegExp,
      options: EngineOptions = {},
    ) => {
      const made: string[] = [];
      const note = ({ type }: Resource) => {
        made.push(type);
        return {};
      };
      const answers = Object.fromEntries(
        [imageType, providerType, namespaceType].map((type) => [type, note]),
      );
      await ends(run(services, { ...options, answers }), message);
      assert.deepEqual(made, []);
    },
    /** The names of the services with a build context. */
    built: () => {
      const build = join(folder, "build");
      return existsSync(build) ? readdirSync(build).sort() : [];
    },
  };
}
