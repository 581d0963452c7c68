import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { image } from "../../support/components/configurations.ts";
import {
  jobType,
  statefulSetType,
} from "../../support/components/databases.ts";
import {
  count,
  type EngineOptions,
  only,
  type Resource,
} from "../../support/components/engine.ts";
import {
  deploymentType,
  secretType,
} from "../../support/components/microservices.ts";
import {
  deployed,
  namespaceType,
  pods,
  prebuilt,
  providerType,
  useProgram,
} from "../../support/components/program.ts";

const accountType = "kubernetes:core/v1:ServiceAccount";
const key = "marquee:registryCredentials";
const password = "hunter2";
const credentials = { "ghcr.io": { username: "ada", password } };

describe("The program: registryCredentials", () => {
  const { runWithoutRegistry, preview, failsBeforeCreation } = useProgram();
  const options = (registries: object): EngineOptions => ({
    config: { [key]: JSON.stringify(registries) },
    encrypted: [key],
  });
  const run = (registries: object = credentials, services: object = prebuilt) =>
    runWithoutRegistry(services, options(registries));
  const accounts = (resources: Resource[]) =>
    Object.fromEntries(
      resources
        .filter(({ type }) => type === accountType)
        .map(({ name, inputs }) => [name, inputs.imagePullSecrets]),
    );

  it("creates one image pull Secret with a fixed name and secret content", async () => {
    const { resources } = await run({
      ...credentials,
      "docker.io": { username: "grace", password: "pass:word" },
    });
    const secret = only(resources, secretType, "registry-credentials");
    const { stringData, ...inputs } = secret.inputs;
    assert.deepEqual(inputs, {
      apiVersion: "v1",
      kind: "Secret",
      metadata: {
        name: "registry-credentials",
        namespace: "marquee-dev",
        annotations: { "pulumi.com/patchForce": "true" },
      },
      type: "kubernetes.io/dockerconfigjson",
    });
    assert.ok(pulumi.runtime.isRpcSecret(stringData));
    const { ".dockerconfigjson": config, ...others } =
      pulumi.runtime.unwrapRpcSecret(stringData);
    assert.deepEqual(others, {});
    assert.deepEqual(JSON.parse(config), {
      auths: {
        "ghcr.io": { username: "ada", password, auth: "YWRhOmh1bnRlcjI=" },
        "https://index.docker.io/v1/": {
          username: "grace",
          password: "pass:word",
          auth: "Z3JhY2U6cGFzczp3b3Jk",
        },
      },
    });
  });

  it("updates the Secret in place, through a provider that no other object uses", async () => {
    const { resources } = await run();
    const mutable = only(resources, providerType, "cluster-mutable-secrets");
    const usual = only(resources, providerType, "cluster");
    assert.deepEqual(mutable.inputs, {
      ...usual.inputs,
      enableSecretMutable: "true",
    });
    assert.deepEqual(
      resources
        .filter(({ provider }) => provider?.includes("mutable-secrets"))
        .map(({ name }) => name),
      ["registry-credentials"],
    );
  });

  it("adds the Secret to the ServiceAccount of each service and to the default one", async () => {
    const pullSecrets = [{ name: "registry-credentials" }];
    const { resources } = await run();
    assert.deepEqual(accounts(resources), {
      default: pullSecrets,
      auth: pullSecrets,
      payment: pullSecrets,
      streaming: pullSecrets,
    });
    // The pods of PostgreSQL and its Jobs use the default account.
    for (const type of [statefulSetType, jobType])
      for (const { name, inputs } of resources.filter(
        (resource) => resource.type === type,
      ))
        assert.ok(!("serviceAccountName" in inputs.spec.template.spec), name);
  });

  it("creates no pod before its ServiceAccount has the Secret, which admission copies from there", async () => {
    const { resources } = await runWithoutRegistry(prebuilt, {
      ...options(credentials),
      answers: {
        [secretType]: ({ name }) => ({ metadata: { name: `${name}-made` } }),
        [accountType]: ({ name }) => ({
          metadata: { name: `${name}-made`, namespace: `after-${name}` },
        }),
      },
    });
    const made = [{ name: "registry-credentials-made" }];
    assert.deepEqual(Object.values(accounts(resources)), Array(4).fill(made));
    for (const { type, name, inputs } of resources)
      if ([statefulSetType, jobType, deploymentType].includes(type))
        assert.equal(inputs.metadata.namespace, "after-default", name);
    for (const [name, pod] of Object.entries(pods(resources)))
      assert.equal(pod.serviceAccountName, `${name}-made`);
  });

  it("changes no other object for another password", async () => {
    const others = async (password: string) => {
      const { resources } = await run({
        "ghcr.io": { username: "ada", password },
      });
      return withoutMark(
        resources.filter(({ name }) => name !== "registry-credentials"),
      );
    };
    assert.deepEqual(await others("hunter2"), await others("hunter3"));
  });

  it("keeps the password out of all other resources and outputs", async () => {
    const { resources, outputs } = await run();
    for (const { name, inputs } of resources)
      assert.equal(
        JSON.stringify(inputs).includes(password),
        name === "registry-credentials",
        name,
      );
    assert.ok(!JSON.stringify(outputs).includes(password));
  });

  it("covers the log sidecar's image through the service's ServiceAccount", async () => {
    const { resources } = await runWithoutRegistry(
      { ...prebuilt, auth: { ...prebuilt.auth, logSidecar: true } },
      {
        ...options(credentials),
        config: {
          ...options(credentials).config,
          "marquee:logShipperImage": image("log-shipper"),
        },
      },
    );
    const { auth } = pods(resources);
    assert.equal(auth.initContainers[0].image, image("log-shipper"));
    assert.equal(auth.serviceAccountName, "auth");
  });

  it("adds only a Secret and a provider to the resources", async () => {
    const { resources } = await run();
    assert.deepEqual(count(resources), {
      ...deployed,
      [secretType]: deployed[secretType] + 1,
      [providerType]: deployed[providerType] + 1,
    });
  });

  for (const registries of [{}, { "ghcr.io": null }])
    it(`changes nothing if registryCredentials is ${JSON.stringify(registries)}`, async () => {
      const { resources } = await run(registries);
      const { resources: usual } = await runWithoutRegistry(prebuilt);
      assert.deepEqual(withoutMark(resources), withoutMark(usual));
      assert.deepEqual(accounts(resources), {
        default: undefined,
        auth: undefined,
        payment: undefined,
        streaming: undefined,
      });
    });

  it("previews before anything is deployed", () =>
    preview(prebuilt, options(credentials)));

  it("fails before anything is created if the password is not encrypted", () =>
    failsBeforeCreation(
      prebuilt,
      /is invalid.*registryCredentials\["ghcr\.io"\]\.password is not encrypted/s,
      { config: { [key]: JSON.stringify(credentials) } },
    ));
});

/** The resources without the values that each run generates: the owner's mark and secrets. */
const withoutMark = (resources: Resource[]) =>
  resources
    .filter(({ type }) => ![namespaceType, secretType].includes(type))
    .map(({ type, name, inputs, provider }) => ({
      ...{ type, name, inputs },
      provider: provider?.replace(/::[^:]*$/, ""),
    }))
    .sort((a, b) => (`${a.type}${a.name}` < `${b.type}${b.name}` ? -1 : 1));
