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
/** The values of the Secrets, by name. */
const values = (resources: Resource[]): Record<string, string> =>
  Object.fromEntries(
    secrets(resources).map(({ name, inputs }) => [
      name,
      unwrapRpcSecret(inputs.stringData).value,
    ]),
  );

describe("Postgres: passwords", () => {
  it("creates a Secret for the administrator and one for each role", async () => {
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

  it("labels each Secret with its owner, and lets Pulumi name it", async () => {
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

  it("generates passwords of 32 random characters, which are all different", async () => {
    const one = await postgres(here(), { services });
    const another = await postgres(here(), { services });
    const all = [one, another].flatMap(({ resources }) =>
      Object.values(values(resources)),
    );
    assert.equal(new Set(all).size, 6);
    // They are put into a URL unescaped.
    for (const value of all) assert.match(value, /^[\w-]{32}$/);
  });

  it("ignores later changes to generated passwords", async () => {
    const { options } = await postgres(here(), { services });
    for (const name of [...passwords, superuser])
      assert.deepEqual(options[name]?.ignoreChanges, ["stringData", "data"]);
  });

  for (const [where, settings] of Object.entries({ here, elsewhere }))
    it(`uses the configured administrator's password of a database ${where}, and follows its changes`, async () => {
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
    it(`marks the passwords of a database ${where} as secret, and keeps them in their Secrets only`, async () => {
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

  it("passes a password as a Secret reference before the URL that contains it", async () => {
    const { variables } = await postgres(here(), { services });
    const secret = (name: string) => ({
      secretKeyRef: { name: `${name}-1a2b`, key: "value" },
    });
    // Kubernetes expands only variables that are listed before.
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
