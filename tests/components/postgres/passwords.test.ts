import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import {
  elsewhere,
  here,
  postgres,
} from "../../support/components/databases.ts";
import { only, type Resource } from "../../support/components/engine.ts";
import { secretType } from "../../support/components/microservices.ts";

const { isRpcSecret, unwrapRpcSecret } = pulumi.runtime;
const services = ["auth", "payment"];
const passwords = ["auth-database-password", "payment-database-password"];
const superuser = "postgres-password";

const secrets = (resources: Resource[]) =>
  resources.filter(({ type }) => type === secretType);
/** What is in the Secrets, by their names. */
const values = (resources: Resource[]): Record<string, string> =>
  Object.fromEntries(
    secrets(resources).map(({ name, inputs }) => [
      name,
      unwrapRpcSecret(inputs.stringData).value,
    ]),
  );

describe("Postgres' passwords", () => {
  it("are in a Secret each: one of who makes roles, and one of each role", async () => {
    for (const settings of [here(), elsewhere()]) {
      const { resources } = await postgres(settings, { services });
      assert.deepEqual(
        secrets(resources)
          .map(({ name }) => name)
          .sort(),
        [...passwords, superuser].sort(),
      );
    }
  });

  it("are labelled as whom they are for, and have names that Pulumi makes", async () => {
    const { resources } = await postgres(here(), { services });
    for (const [name, owner] of [
      [passwords[0], "auth"],
      [passwords[1], "payment"],
      [superuser, "postgres"],
    ]) {
      const { metadata } = only(resources, secretType, name).inputs;
      assert.deepEqual(metadata, {
        namespace: "marquee-dev",
        labels: {
          "app.kubernetes.io/name": owner,
          "app.kubernetes.io/part-of": "marquee",
          "app.kubernetes.io/managed-by": "pulumi",
        },
        annotations: { "pulumi.com/patchForce": "true" },
      });
    }
  });

  it("are long, random and never the same", async () => {
    const one = await postgres(here(), { services });
    const another = await postgres(here(), { services });
    const all = [one, another].flatMap(({ resources }) =>
      Object.values(values(resources)),
    );
    assert.equal(new Set(all).size, 6);
    // They stand in a URL as they are.
    for (const value of all) assert.match(value, /^[\w-]{32}$/);
  });

  it("stay as they were made first", async () => {
    const { options } = await postgres(here(), { services });
    for (const name of [...passwords, superuser])
      assert.deepEqual(options[name]?.ignoreChanges, ["stringData", "data"]);
  });

  for (const [where, settings] of Object.entries({ here, elsewhere }))
    it(`are what was said of who makes roles, ${where}, whenever that changes`, async () => {
      const { resources, options } = await postgres(settings(), {
        services,
        password: "it's $mine",
      });
      assert.equal(values(resources)[superuser], "it's $mine");
      assert.equal(options[superuser]?.ignoreChanges, undefined);
      for (const name of passwords)
        assert.deepEqual(options[name]?.ignoreChanges, ["stringData", "data"]);
    });

  for (const [where, settings] of Object.entries({ here, elsewhere }))
    it(`are secret, ${where}, and nowhere else`, async () => {
      const { resources, options, variables } = await postgres(settings(), {
        services,
        password: "hunter2",
      });
      for (const { name, inputs } of secrets(resources)) {
        assert.ok(isRpcSecret(inputs.stringData), name);
        assert.deepEqual(options[name]?.additionalSecretOutputs, [
          "data",
          "stringData",
        ]);
      }
      const all = values(resources);
      assert.equal(all[superuser], "hunter2");
      const others = resources.filter(({ type }) => type !== secretType);
      const rest = JSON.stringify([
        ...others.map(({ inputs }) => inputs),
        variables,
      ]);
      for (const [name, value] of Object.entries(all))
        assert.ok(!rest.includes(value), name);
    });

  it("are given to a service by the Secret, before the URL that they are put into", async () => {
    const { variables } = await postgres(here(), { services });
    const secret = (name: string) => ({
      secretKeyRef: { name: `${name}-1a2b`, key: "value" },
    });
    // Kubernetes expands only what stands before.
    assert.deepEqual(variables, [
      [
        ["DATABASE_PASSWORD", secret("auth-database-password")],
        [
          "DATABASE_URL",
          "postgres://auth:$(DATABASE_PASSWORD)@postgres:5432/auth",
        ],
      ],
      [
        ["DATABASE_PASSWORD", secret("payment-database-password")],
        [
          "DATABASE_URL",
          "postgres://payment:$(DATABASE_PASSWORD)@postgres:5432/payment",
        ],
      ],
      [],
    ]);
  });
});
