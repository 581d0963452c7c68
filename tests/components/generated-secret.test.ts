import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import {
  createGeneratedSecret,
  environmentOf,
} from "../../components/generated-secret.ts";
import { deploy, noting, only } from "./engine.ts";
import { recommended, secretType } from "./microservices.ts";

const { isRpcSecret, unwrapRpcSecret } = pulumi.runtime;
const reference = { secretKeyRef: { name: "auth-key-1a2b", key: "value" } };

/** Makes a Secret of auth; returns what refers to it, what the cluster would be asked for, and with which options. */
async function generated(given?: string) {
  const options: Record<string, pulumi.CustomResourceOptions> = {};
  const { outputs, resources } = await deploy(
    () => {
      const parent = new pulumi.ComponentResource(
        "test:Parent",
        "parent",
        {},
        noting(options),
      );
      return createGeneratedSecret(
        "auth-key",
        "marquee-dev",
        "auth",
        { parent },
        given,
      );
    },
    {
      answers: {
        [secretType]: ({ name }) => ({ metadata: { name: `${name}-1a2b` } }),
      },
    },
  );
  const { stringData, ...inputs } = only(resources, secretType).inputs;
  assert.ok(isRpcSecret(stringData));
  return {
    outputs,
    inputs,
    data: unwrapRpcSecret(stringData),
    options: options["auth-key"],
  };
}

describe("createGeneratedSecret", () => {
  it("makes a Secret whose name Pulumi makes, and refers to it as it was made", async () => {
    const { outputs, inputs } = await generated();
    assert.deepEqual(inputs, {
      apiVersion: "v1",
      kind: "Secret",
      metadata: {
        namespace: "marquee-dev",
        labels: recommended,
        annotations: { "pulumi.com/patchForce": "true" },
      },
    });
    assert.deepEqual(outputs, reference);
  });

  it("puts 192 random bits into it, others each time", async () => {
    const first = (await generated()).data;
    const second = (await generated()).data;
    for (const data of [first, second]) {
      assert.deepEqual(Object.keys(data), ["value"]);
      assert.match(data.value, /^[\w-]{32}$/);
    }
    assert.notEqual(first.value, second.value);
  });

  it("keeps what was put into it first", async () => {
    const { options } = await generated();
    assert.deepEqual(options?.ignoreChanges, ["stringData", "data"]);
  });

  for (const given of ["hunter2", ""])
    it(`takes ${JSON.stringify(given)} that was given, whenever it changes`, async () => {
      const { outputs, data, options } = await generated(given);
      assert.deepEqual(data, { value: given });
      assert.equal(options?.ignoreChanges, undefined);
      assert.deepEqual(outputs, reference);
    });
});

describe("environmentOf", () => {
  it("is a list of variables in their order: texts, outputs, and what Secrets have", async () => {
    const { outputs } = await deploy(() =>
      environmentOf({
        B: "text",
        A: reference,
        C: pulumi.output("known later"),
        D: "",
      }),
    );
    assert.deepEqual(outputs, [
      { name: "B", value: "text" },
      { name: "A", valueFrom: reference },
      { name: "C", value: "known later" },
      { name: "D", value: "" },
    ]);
  });

  it("is empty without any", () => {
    assert.deepEqual(environmentOf({}), []);
  });
});
