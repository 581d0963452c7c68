import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
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

/** An image for each service, made somewhere else. */
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

/** What three services with prebuilt images are, each of which has a database. */
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

/** By digest, so that no registry is asked for them. */
export const baseImage = image("node");

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

/** For the suite that calls it: runs index.ts, each test in a project folder of its own. */
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

  /** With this configuration of services, and more where options say so; what is pushed gets a digest. */
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
        "marquee:issuer": "https://auth.example.com", // required then
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

  /** As `runWithoutRegistry`, with one that answers, and what refers to an image that was pushed there. */
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
    /** What the cluster has. */
    apiServer,
    run,
    runWithoutRegistry,
    /** As `runWithoutRegistry`, in a preview, which may not know what it puts out. */
    preview: (services: object, options: EngineOptions = {}) =>
      deploy(
        async () => {
          await program();
        },
        configured(services, { ...options, preview: true }),
      ),
    /** Asserts that it ends with a message before anything is made: a push, a provider, a namespace. */
    endsUnmade: async (
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
    /** What was built in it. */
    built: () => {
      const build = join(folder, "build");
      return existsSync(build) ? readdirSync(build).sort() : [];
    },
  };
}
