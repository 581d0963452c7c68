import assert from "node:assert/strict";
import {
  app,
  dns,
  policies,
  saying,
  useDatabaseProgram,
} from "./database-programs.ts";
import { claimType, jobType, statefulSetType } from "./databases.ts";
import { count, only } from "./engine.ts";
import { secretType } from "./microservices.ts";
import { deployed, pods, policyType } from "./program.ts";

describe("the program, with a database", () => {
  const { run } = useDatabaseProgram();

  it("makes a role for auth alone, by passwords of its own", async () => {
    const { resources } = await run();
    assert.deepEqual(count(resources), deployed);
    assert.deepEqual(
      resources
        .filter(({ type }) => type === secretType)
        .map(({ name }) => name)
        .sort(),
      [
        "auth-database-password",
        "auth-key-encryption-key",
        "postgres-password",
      ],
    );
    const { env } = only(resources, jobType).inputs.spec.template.spec
      .containers[0];
    assert.deepEqual(env[0], { name: "SERVICES", value: "auth" });
  });

  it("tells auth where it is, and no other service", async () => {
    const { auth, payment, streaming } = pods((await run()).resources);
    const secret = (name: string) => ({
      secretKeyRef: { name: `${name}-1a2b`, key: "value" },
    });
    assert.deepEqual(auth.containers[0].env, [
      { name: "PORT", value: "8081" },
      { name: "ISSUER", value: "http://auth-service.marquee-dev.svc:8081" },
      { name: "MALLOC_MMAP_THRESHOLD_", value: "131072" },
      {
        name: "DATABASE_PASSWORD",
        valueFrom: secret("auth-database-password"),
      },
      {
        name: "DATABASE_URL",
        value: "postgres://auth:$(DATABASE_PASSWORD)@postgres:5432/auth",
      },
      {
        name: "KEY_ENCRYPTION_KEY",
        valueFrom: secret("auth-key-encryption-key"),
      },
    ]);
    for (const [pod, value] of [
      [payment, "8082"],
      [streaming, "8083"],
    ])
      assert.deepEqual(pod.containers[0].env, [{ name: "PORT", value }]);
  });

  it("lets auth and the Job call it, and nobody else; and both call nothing else", async () => {
    const { resources } = await run();
    const policyTypes = ["Ingress", "Egress"];
    const ports = [{ port: 5432 }];
    const toServer = (service: string) => ({
      ...app(service),
      policyTypes: ["Egress"],
      egress: [{ to: [app("postgres")], ports }],
    });
    assert.deepEqual(policies(resources, "postgres"), {
      "postgres-network": {
        ...app("postgres"),
        policyTypes,
        ingress: [
          { from: [app("auth-service")], ports },
          { from: [app("postgres-provision")], ports },
        ],
        egress: [dns],
      },
      "postgres-provision-network": {
        ...app("postgres-provision"),
        policyTypes,
        ingress: [],
        egress: [dns],
      },
      "auth-calls-postgres": toServer("auth-service"),
      "postgres-provision-calls-postgres": toServer("postgres-provision"),
    });
    assert.deepEqual(policies(resources, "auth-network"), {
      "auth-network": {
        ...app("auth-service"),
        policyTypes,
        ingress: [
          { from: [app("streaming-service")], ports: [{ port: 8081 }] },
        ],
        egress: [dns],
      },
    });
    assert.equal(count(resources)[policyType], 10);
  });

  it("starts auth's pods once its role is there, and other services' at once", async () => {
    const names = (await run()).resources.map(({ name }) => name);
    const order = [
      "payment-deployment",
      "postgres-provision",
      "auth-deployment",
    ];
    assert.deepEqual(
      names.filter((name) => order.includes(name)),
      order,
    );
  });

  it("has pods that the policies mean, of the server and of the Job", async () => {
    const { resources } = await run();
    for (const [type, app] of [
      [statefulSetType, "postgres"],
      [jobType, "postgres-provision"],
    ] as const) {
      const { template } = only(resources, type).inputs.spec;
      assert.equal(template.metadata.labels.app, app);
    }
  });

  it("generates no key for auth where the secrets have one", async () => {
    const { resources } = await run(
      {},
      { secrets: { auth: { KEY_ENCRYPTION_KEY: "hunter2" } } },
    );
    assert.deepEqual(count(resources), deployed);
    const { auth } = pods(resources);
    assert.ok(
      !JSON.stringify(auth.containers[0].env).includes("KEY_ENCRYPTION_KEY"),
    );
    assert.deepEqual(auth.containers[0].envFrom, [
      { secretRef: { name: "auth-secrets-1a2b" } },
    ]);
  });

  it("takes the superuser's password from a secret", async () => {
    const { resources } = await run(
      {},
      { secrets: { postgres: { PASSWORD: "hunter2" } } },
    );
    assert.deepEqual(saying(resources, "hunter2"), ["postgres-password"]);
    assert.deepEqual(count(resources), deployed);
  });

  it("has what the configuration says of it", async () => {
    const database = { storage: "20Gi", image: "ghcr.io/acme/postgres:17" };
    const { resources } = await run({}, { database });
    const { requests } = only(resources, claimType).inputs.spec.resources;
    assert.deepEqual(requests, { storage: "20Gi" });
    for (const type of [statefulSetType, jobType]) {
      const { spec } = only(resources, type).inputs.spec.template;
      assert.equal(spec.containers[0].image, database.image);
    }
  });
});
