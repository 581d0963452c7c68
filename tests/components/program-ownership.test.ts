import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { namespaceObject } from "./api-server.ts";
import { only, type Resource } from "./engine.ts";
import { secretType } from "./microservices.ts";
import { namespaceType, prebuilt, useProgram } from "./program.ts";

const path = "/api/v1/namespaces/marquee-dev";
const ownerKey = "marquee.local/owner";
const output = { deployment: { context: "here", owner: "ours" } };

/** What a generated Secret of the program holds. */
const secretValue = (resources: Resource[], name: string) =>
  pulumi.runtime.unwrapRpcSecret(
    only(resources, secretType, name).inputs.stringData,
  ).value;

describe("the program, on a namespace that exists", () => {
  const { apiServer, run, endsUnmade } = useProgram();
  const theirs = () => namespaceObject("marquee-dev", { [ownerKey]: "theirs" });

  it("changes nothing where its state does not have the namespace", async () => {
    apiServer.objects[path] = theirs();
    await endsUnmade(
      {},
      /The namespace marquee-dev exists in this cluster, and this stack's state does not have it: .*pulumi config set marquee:adopt theirs/,
    );
  });

  it("changes nothing where marquee:adopt names a former owner", async () => {
    apiServer.objects[path] = theirs();
    await endsUnmade({}, /marquee:adopt theirs/, {
      config: { "marquee:adopt": "formerly-theirs" },
    });
  });

  it("adopts it by its mark, under a new one, and goes on with its keys and passwords", async () => {
    apiServer.objects[path] = theirs();
    const secret = (name: string, value: string) => ({
      metadata: { name, creationTimestamp: "2026-01-01T00:00:00Z" },
      data: { value: Buffer.from(value).toString("base64") },
    });
    apiServer.objects[`${path}/secrets`] = {
      kind: "SecretList",
      apiVersion: "v1",
      items: [
        secret("auth-key-encryption-key-0a1b2c3d", "the key"),
        secret("auth-database-password-0a1b2c3d", "the password"),
      ],
    };
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

  it("updates its own without asking the cluster", async () => {
    apiServer.objects[path] = namespaceObject("marquee-dev", {
      [ownerKey]: "ours",
    });
    const { resources, outputs } = await run(prebuilt, {
      state: { outputs: output },
    });
    assert.deepEqual(outputs.deployment, output.deployment);
    assert.equal(
      only(resources, namespaceType).inputs.metadata.annotations[ownerKey],
      "ours",
    );
    assert.deepEqual(apiServer.asked, []);
  });

  it("goes on with a first update that did not finish", async () => {
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

describe("the program, before anything is built", () => {
  const { endsUnmade } = useProgram();

  it("refuses another context than the one that the stack is deployed to", () =>
    endsUnmade(
      {},
      /marquee:context is "here", but this stack is deployed to "elsewhere"/,
      {
        state: {
          outputs: { deployment: { context: "elsewhere", owner: "ours" } },
        },
      },
    ));

  it("refuses another context also after a first update that did not finish", () =>
    endsUnmade({}, /but this stack is deployed to "elsewhere"/, {
      state: {
        resources: {
          "urn:pulumi:dev::marquee::pulumi:providers:kubernetes::cluster": {
            outputs: { context: "elsewhere" },
          },
        },
      },
    }));

  it("tells a stack's name that is no DNS label together with all other mistakes", () =>
    endsUnmade(
      { auth: { replicas: -1 } },
      /has 2 mistakes[\s\S]+ {2}- The stack is named "PR_123"[\s\S]+pulumi stack rename pr-123[\s\S]+ {2}- marquee:services\.auth\.replicas is -1/,
      { stack: "PR_123" },
    ));
});
