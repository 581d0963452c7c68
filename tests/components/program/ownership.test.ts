import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { namespaceObject } from "../../support/components/api-server.ts";
import { only, type Resource } from "../../support/components/engine.ts";
import { secretType } from "../../support/components/microservices.ts";
import {
  namespaceType,
  prebuilt,
  useProgram,
} from "../../support/components/program.ts";
import { withImage, withRegistry } from "../../support/components/registry.ts";

const path = "/api/v1/namespaces/marquee-dev";
const ownerKey = "marquee.local/owner";
const output = {
  deployment: { context: "here", owner: "ours" },
  images: prebuilt,
};

/** The value of a generated Secret. */
const secretValue = (resources: Resource[], name: string) =>
  pulumi.runtime.unwrapRpcSecret(
    only(resources, secretType, name).inputs.stringData,
  ).value;

/** Secrets as the API server lists them, each a day younger than the one before. */
const secrets = (values: Record<string, string>) => ({
  kind: "SecretList",
  apiVersion: "v1",
  items: Object.entries(values).map(([name, value], index) => ({
    metadata: { name, creationTimestamp: `2026-01-0${index + 1}T00:00:00Z` },
    data: { value: Buffer.from(value).toString("base64") },
  })),
});

describe("The program: existing namespace", () => {
  const { apiServer, run, failsBeforeCreation } = useProgram();
  const theirs = () => namespaceObject("marquee-dev", { [ownerKey]: "theirs" });

  it("rejects a namespace that is missing in its state", async () => {
    apiServer.objects[path] = theirs();
    await failsBeforeCreation(
      {},
      /The namespace marquee-dev exists in this cluster, and this stack's state does not have it: .*pulumi config set marquee:adopt theirs/,
    );
  });

  it("rejects a marquee:adopt that names a former owner", async () => {
    apiServer.objects[path] = theirs();
    await failsBeforeCreation({}, /marquee:adopt theirs/, {
      config: { "marquee:adopt": "formerly-theirs" },
    });
  });

  it("adopts the namespace under a new owner mark, and keeps its keys and passwords", async () => {
    apiServer.objects[path] = theirs();
    apiServer.objects[`${path}/secrets`] = secrets({
      "auth-key-encryption-key-0a1b2c3d": "the key",
      "auth-database-password-0a1b2c3d": "the password",
      mine: "not the program's",
    });
    const { resources, outputs } = await run(prebuilt, {
      config: { "marquee:adopt": "theirs" },
    });
    assert.equal(secretValue(resources, "auth-key-encryption-key"), "the key");
    assert.equal(
      secretValue(resources, "auth-database-password"),
      "the password",
    );
    assert.match(
      secretValue(resources, "payment-key-encryption-key"),
      /^[\w-]{32}$/,
    );
    assert.notEqual(outputs.deployment.owner, "theirs");
  });

  it("updates its own namespace without asking the cluster", async () => {
    apiServer.objects[path] = namespaceObject("marquee-dev", {
      [ownerKey]: "ours",
    });
    const { resources, outputs } = await run(prebuilt, {
      state: { outputs: output },
    });
    assert.equal(outputs.deployment.owner, "ours");
    assert.equal(
      only(resources, namespaceType).inputs.metadata.annotations[ownerKey],
      "ours",
    );
    assert.deepEqual(apiServer.requestedPaths, []);
  });

  it("reuses the newest former key of a service that ran elsewhere in the meantime", async () => {
    const { auth, streaming } = prebuilt;
    apiServer.objects[`${path}/secrets`] = secrets({
      "payment-key-encryption-key-ffffffff": "older",
      "payment-key-encryption-key-00000000": "newer",
    });
    const { resources } = await run(prebuilt, {
      state: { outputs: { ...output, images: { auth, streaming } } },
    });
    assert.equal(secretValue(resources, "payment-key-encryption-key"), "newer");
  });

  it("fails before any change if the former keys can't be read", async () => {
    const { auth, streaming } = prebuilt;
    apiServer.refuses(`${path}/secrets`, 403);
    await failsBeforeCreation(
      prebuilt,
      /^The keys and passwords in the namespace marquee-dev can't be read, so nothing was built or changed: its API server answers 403\.$/,
      { state: { outputs: { ...output, images: { auth, streaming } } } },
    );
  });

  it("resumes a first update that did not finish", async () => {
    apiServer.objects[path] = namespaceObject("marquee-dev", {
      [ownerKey]: "ours",
    });
    const { outputs } = await run(prebuilt, {
      state: {
        resources: {
          "urn:pulumi:dev::marquee::kubernetes:core/v1:Namespace::marquee-dev":
            {
              outputs: { metadata: { annotations: { [ownerKey]: "ours" } } },
            },
        },
      },
    });
    assert.equal(outputs.deployment.owner, "ours");
  });
});

describe("The program: database image by tag", () => {
  const { run, runWithoutRegistry } = useProgram();
  const digests = [1, 2].map((digit) => `sha256:${`${digit}`.repeat(64)}`);
  const imagesIn = (resources: Resource[]) =>
    resources
      .filter(({ name }) => name.startsWith("postgres"))
      .flatMap(({ inputs }) => inputs.spec?.template?.spec.containers ?? [])
      .map(({ image }) => image);

  it("pins the tag's digest in the server and both Jobs", () =>
    withImage({ postgres: digests[0] as string }, async (registry) => {
      const setting = `${registry}/postgres:17`;
      const reference = `${registry}/postgres@${digests[0]}`;
      const { outputs, resources } = await run(prebuilt, {
        config: { "marquee:database": JSON.stringify({ image: setting }) },
      });
      assert.deepEqual(imagesIn(resources), Array(3).fill(reference));
      assert.deepEqual(outputs.deployment.databaseImage, {
        setting,
        reference,
      });
    }));

  it("keeps the pinned digest without asking the registry", () =>
    withRegistry(undefined, async (registry) => {
      const setting = `${registry}/postgres:17`;
      const reference = `${registry}/postgres@${digests[0]}`;
      const { resources } = await runWithoutRegistry(prebuilt, {
        config: { "marquee:database": JSON.stringify({ image: setting }) },
        state: {
          outputs: {
            ...output,
            deployment: {
              ...output.deployment,
              databaseImage: { setting, reference },
            },
          },
        },
      });
      assert.deepEqual(imagesIn(resources), Array(3).fill(reference));
    }));

  it("pins another digest if the setting changes", () =>
    withImage({ postgres: digests[1] as string }, async (registry) => {
      const { resources } = await run(prebuilt, {
        config: {
          "marquee:database": JSON.stringify({
            image: `${registry}/postgres:17.7`,
          }),
        },
        state: {
          outputs: {
            ...output,
            deployment: {
              ...output.deployment,
              databaseImage: {
                setting: `${registry}/postgres:17`,
                reference: `${registry}/postgres@${digests[0]}`,
              },
            },
          },
        },
      });
      assert.deepEqual(
        imagesIn(resources),
        Array(3).fill(`${registry}/postgres@${digests[1]}`),
      );
    }));
});

describe("The program: checks before the build", () => {
  const { failsBeforeCreation } = useProgram();

  it("rejects a context other than the one that the stack is deployed to", () =>
    failsBeforeCreation(
      {},
      /marquee:context is "here", but this stack is deployed to "elsewhere"/,
      {
        state: {
          outputs: { deployment: { context: "elsewhere", owner: "ours" } },
        },
      },
    ));

  it("rejects another context after a first update that did not finish", () =>
    failsBeforeCreation({}, /but this stack is deployed to "elsewhere"/, {
      state: {
        resources: {
          "urn:pulumi:dev::marquee::pulumi:providers:kubernetes::cluster": {
            outputs: { context: "elsewhere" },
          },
        },
      },
    }));

  it("reports a stack name that is not a DNS label together with all other issues", () =>
    failsBeforeCreation(
      { auth: { replicas: -1 } },
      /is invalid[\s\S]+ {2}- The stack is named "PR_123"[\s\S]+pulumi stack rename pr-123[\s\S]+ {2}- marquee:services\.auth\.replicas is -1/,
      { stack: "PR_123" },
    ));
});
