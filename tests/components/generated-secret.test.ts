import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { environmentOf } from "../../components/container-environment.ts";
import {
  createGeneratedSecret,
  type GeneratedValues,
} from "../../components/generated-secret.ts";
import { deploy, only, recordOptions } from "../support/components/engine.ts";
import {
  autonamedSecret,
  secretType,
} from "../support/components/microservices.ts";

const { isRpcSecret, unwrapRpcSecret } = pulumi.runtime;
const reference = { secretKeyRef: { name: "auth-key-1a2b", key: "value" } };

/** Creates a generated Secret for auth; returns the reference to it, its inputs, its data and its options. */
async function generated(given?: string, existing?: GeneratedValues) {
  const options: Record<string, pulumi.CustomResourceOptions> = {};
  const { outputs, resources } = await deploy(
    () => {
      const parent = new pulumi.ComponentResource(
        "test:Parent",
        "parent",
        {},
        recordOptions(options),
      );
      return createGeneratedSecret(
        "auth-key",
        { namespace: "marquee-dev", owner: "auth", given, existing },
        { parent },
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
  it("creates an autonamed Secret, and refers to it by its resulting name", async () => {
    const { outputs, inputs } = await generated();
    assert.deepEqual(inputs, autonamedSecret);
    assert.deepEqual(outputs, reference);
  });

  it("generates 192 random bits, which differ each time", async () => {
    const first = (await generated()).data;
    const second = (await generated()).data;
    for (const data of [first, second]) {
      assert.deepEqual(Object.keys(data), ["value"]);
      assert.match(data.value, /^[\w-]{32}$/);
    }
    assert.notEqual(first.value, second.value);
  });

  it("ignores later changes to a generated value", async () => {
    const { options } = await generated();
    assert.deepEqual(options?.ignoreChanges, ["stringData", "data"]);
  });

  for (const given of ["hunter2", ""])
    it(`uses the given value ${JSON.stringify(given)}, and follows its changes`, async () => {
      const { outputs, data, options } = await generated(given);
      assert.deepEqual(data, { value: given });
      assert.equal(options?.ignoreChanges, undefined);
      assert.deepEqual(outputs, reference);
    });
});

describe("createGeneratedSecret: existing values", () => {
  const existing = { "auth-key": "the former one" };

  it("keeps the existing value", async () => {
    const { data, options } = await generated(undefined, existing);
    assert.deepEqual(data, { value: "the former one" });
    assert.deepEqual(options?.ignoreChanges, ["stringData", "data"]);
  });

  it("generates a value if only another Secret has one", async () => {
    const { data } = await generated(undefined, { "auth-pepper": "other" });
    assert.match(data.value, /^[\w-]{32}$/);
  });

  it("prefers a given value to the existing one", async () => {
    const { data } = await generated("hunter2", existing);
    assert.deepEqual(data, { value: "hunter2" });
  });
});

describe("createGeneratedSecret: removal of the service", () => {
  it("retains a generated value, because data may be encrypted with it", async () => {
    const { options } = await generated();
    assert.equal(options?.retainOnDelete, true);
  });

  it("deletes a given value, because the configuration still has it", async () => {
    const { options } = await generated("hunter2");
    assert.equal(options?.retainOnDelete, undefined);
  });
});

describe("environmentOf", () => {
  it("lists texts, outputs and Secret references in order", async () => {
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

  it("returns an empty list without variables", () => {
    assert.deepEqual(environmentOf({}), []);
  });
});
