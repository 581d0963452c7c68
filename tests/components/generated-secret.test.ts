import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import {
  createGeneratedSecret,
  environmentOf,
  readGeneratedSecrets,
  type SecretLifetime,
} from "../../components/generated-secret.ts";
import { deploy, noting, only } from "./engine.ts";
import { recommended, secretType } from "./microservices.ts";

const { isRpcSecret, unwrapRpcSecret } = pulumi.runtime;
const reference = { secretKeyRef: { name: "auth-key-1a2b", key: "value" } };

/** Makes a Secret of auth; returns what refers to it, what the cluster would be asked for, and with which options. */
async function generated(given?: string, lifetime?: SecretLifetime) {
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
        { namespace: "marquee-dev", owner: "auth", given, lifetime },
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

describe("createGeneratedSecret, of a value that outlives its stack,", () => {
  const lifetime = { retain: true, adopted: { "auth-key": "the former one" } };

  it("goes on with the value that an adopted namespace holds", async () => {
    const { data, options } = await generated(undefined, lifetime);
    assert.deepEqual(data, { value: "the former one" });
    assert.deepEqual(options?.ignoreChanges, ["stringData", "data"]);
  });

  it("generates a value where the adopted namespace holds none of that name", async () => {
    const { data } = await generated(undefined, { retain: true, adopted: {} });
    assert.match(data.value, /^[\w-]{32}$/);
  });

  it("leaves the Secret when the stack is destroyed", async () => {
    const { options } = await generated(undefined, lifetime);
    assert.equal(options?.retainOnDelete, true);
  });

  it("deletes the Secret with the stack unless told to retain it", async () => {
    const { options } = await generated();
    assert.equal(options?.retainOnDelete, undefined);
  });

  it("prefers a given value, whose Secret is deleted when it changes", async () => {
    const { data, options } = await generated("hunter2", lifetime);
    assert.deepEqual(data, { value: "hunter2" });
    assert.equal(options?.retainOnDelete, undefined);
  });
});

describe("readGeneratedSecrets", () => {
  const secret = (name: string, createdAt: string, value?: string) => ({
    name,
    createdAt: new Date(createdAt),
    data: value === undefined ? { other: "x" } : { value },
  });
  const read = (...secrets: ReturnType<typeof secret>[]) =>
    readGeneratedSecrets("marquee-dev", { secrets: async () => secrets });

  it("names values as the program does, without the provider's suffix", async () => {
    assert.deepEqual(
      await read(secret("auth-key-encryption-key-0a1b2c3d", "2026-01-01", "k")),
      { "auth-key-encryption-key": "k" },
    );
  });

  it("takes the newest of several Secrets of one name", async () => {
    const older = secret("auth-key-0a1b2c3d", "2026-01-01", "older");
    const newer = secret("auth-key-ffffffff", "2026-01-02", "newer");
    for (const order of [
      [older, newer],
      [newer, older],
    ])
      assert.deepEqual(await read(...order), { "auth-key": "newer" });
  });

  it("ignores Secrets that the program did not generate", async () => {
    assert.deepEqual(
      await read(
        secret("mine", "2026-01-01", "x"),
        secret("auth-secrets-0a1b2c3d", "2026-01-01"),
      ),
      {},
    );
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
