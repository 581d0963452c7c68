import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import {
  createGeneratedSecret,
  environmentOf,
  type GeneratedValues,
} from "../../components/generated-secret.ts";
import { deploy, noting, only } from "../support/components/engine.ts";
import {
  autonamedSecret,
  secretType,
} from "../support/components/microservices.ts";

const { isRpcSecret, unwrapRpcSecret } = pulumi.runtime;
const reference = { secretKeyRef: { name: "auth-key-1a2b", key: "value" } };

/** Makes a Secret of auth; returns what refers to it, what the cluster would be asked for, and with which options. */
async function generated(given?: string, existing?: GeneratedValues) {
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
  it("makes a Secret whose name Pulumi makes, and refers to it as it was made", async () => {
    const { outputs, inputs } = await generated();
    assert.deepEqual(inputs, autonamedSecret);
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

describe("createGeneratedSecret, where the namespace holds a value,", () => {
  const existing = { "auth-key": "the former one" };

  it("goes on with it", async () => {
    const { data, options } = await generated(undefined, existing);
    assert.deepEqual(data, { value: "the former one" });
    assert.deepEqual(options?.ignoreChanges, ["stringData", "data"]);
  });

  it("generates one of its own if it is of another Secret", async () => {
    const { data } = await generated(undefined, { "auth-pepper": "other" });
    assert.match(data.value, /^[\w-]{32}$/);
  });

  it("prefers one that is given", async () => {
    const { data } = await generated("hunter2", existing);
    assert.deepEqual(data, { value: "hunter2" });
  });
});

describe("createGeneratedSecret, when its service goes,", () => {
  it("leaves a generated value, which data may be encrypted with", async () => {
    const { options } = await generated();
    assert.equal(options?.retainOnDelete, true);
  });

  it("leaves no value that was given, which the configuration has", async () => {
    const { options } = await generated("hunter2");
    assert.equal(options?.retainOnDelete, undefined);
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
