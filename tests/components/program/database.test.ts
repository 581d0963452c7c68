import assert from "node:assert/strict";
import {
  app,
  dns,
  policies,
  useDatabaseProgram,
} from "../../support/components/database-programs.ts";
import {
  jobType,
  statefulSetType,
} from "../../support/components/databases.ts";
import { count, only } from "../../support/components/engine.ts";
import { secretType } from "../../support/components/microservices.ts";
import {
  databaseImage,
  deployed,
  pods,
  policyType,
  prebuilt,
} from "../../support/components/program.ts";

describe("The program: database", () => {
  const { run } = useDatabaseProgram();

  it("provisions a role with its own password for each service", async () => {
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
        "payment-database-password",
        "payment-key-encryption-key",
        "payment-operator-key",
        "postgres-password",
        "streaming-database-password",
        "streaming-playback-key",
      ],
    );
    const { env } = only(resources, jobType, "postgres-provision").inputs.spec
      .template.spec.containers[0];
    assert.deepEqual(env[0], {
      name: "SERVICES",
      value: "auth payment streaming",
    });
  });

  it("limits each role to the connections of the service's pods", async () => {
    const { resources } = await run(
      { streaming: { ...prebuilt.streaming, autoscale: { max: 30 } } },
      { database: { image: databaseImage, maxConnections: 365 } },
    );
    const { env } = only(resources, jobType, "postgres-provision").inputs.spec
      .template.spec.containers[0];
    assert.deepEqual(
      env.filter(({ name }: { name: string }) => /^CONNECTIONS/.test(name)),
      [
        { name: "CONNECTIONS_auth", value: "65" },
        { name: "CONNECTIONS_payment", value: "65" },
        { name: "CONNECTIONS_streaming", value: "305" },
      ],
    );
    const server = only(resources, statefulSetType).inputs.spec.template.spec;
    assert.deepEqual(server.containers[0].args, ["-c", "max_connections=365"]);
  });

  it("passes each service only the URL and the password of its own database", async () => {
    const { auth, payment, streaming } = pods((await run()).resources);
    const secret = (name: string) => ({
      secretKeyRef: { name: `${name}-1a2b`, key: "value" },
    });
    assert.deepEqual(auth.containers[0].env, [
      { name: "PORT", value: "8081" },
      { name: "ISSUER", value: "http://auth-service.marquee-dev.svc:8081" },
      { name: "MALLOC_MMAP_THRESHOLD_", value: "131072" },
      { name: "TRUSTED_PROXIES", value: "1" },
      { name: "CLIENT_ADDRESSES", value: "hidden" },
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
    assert.deepEqual(payment.containers[0].env, [
      { name: "PORT", value: "8082" },
      { name: "ISSUER", value: "http://auth-service.marquee-dev.svc:8081" },
      {
        name: "JWKS_URL",
        value: "http://auth-service:8081/.well-known/jwks.json",
      },
      { name: "PROCESSOR", value: "sandbox" },
      { name: "BILLING_PERIOD", value: "P1M" },
      { name: "GRACE_PERIOD", value: "P7D" },
      {
        name: "DATABASE_PASSWORD",
        valueFrom: secret("payment-database-password"),
      },
      {
        name: "DATABASE_URL",
        value: "postgres://payment:$(DATABASE_PASSWORD)@postgres:5432/payment",
      },
      {
        name: "KEY_ENCRYPTION_KEY",
        valueFrom: secret("payment-key-encryption-key"),
      },
      { name: "OPERATOR_KEY", valueFrom: secret("payment-operator-key") },
    ]);
    assert.deepEqual(streaming.containers[0].env, [
      { name: "PORT", value: "8083" },
      { name: "ISSUER", value: "http://auth-service.marquee-dev.svc:8081" },
      {
        name: "JWKS_URL",
        value: "http://auth-service:8081/.well-known/jwks.json",
      },
      { name: "AUTH_URL", value: "http://auth-service:8081" },
      { name: "PAYMENT_URL", value: "http://payment-service:8082" },
      { name: "PROCESSOR", value: "sandbox" },
      { name: "TRUSTED_PROXIES", value: "0" },
      {
        name: "DATABASE_PASSWORD",
        valueFrom: secret("streaming-database-password"),
      },
      {
        name: "DATABASE_URL",
        value:
          "postgres://streaming:$(DATABASE_PASSWORD)@postgres:5432/streaming",
      },
      { name: "PLAYBACK_KEY", valueFrom: secret("streaming-playback-key") },
    ]);
  });

  it("allows only the services and the Job to call the database, and auth and the Job to call nothing else", async () => {
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
          { from: [app("payment-service")], ports },
          { from: [app("streaming-service")], ports },
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
      "payment-calls-postgres": toServer("payment-service"),
      "streaming-calls-postgres": toServer("streaming-service"),
      "postgres-provision-calls-postgres": toServer("postgres-provision"),
    });
    assert.deepEqual(policies(resources, "auth-network"), {
      "auth-network": {
        ...app("auth-service"),
        policyTypes,
        ingress: ["payment-service", "streaming-service"].map((caller) => ({
          from: [app(caller)],
          ports: [{ port: 8081 }],
        })),
        egress: [dns],
      },
    });
    assert.equal(count(resources)[policyType], 13);
  });

  it("creates every service's Deployment after the provisioning Job", async () => {
    const names = (await run()).resources
      .map(({ name }) => name)
      .filter((name) => /-(deployment|provision)$/.test(name));
    assert.equal(names[0], "postgres-provision");
    assert.deepEqual(names.slice(1).sort(), [
      "auth-deployment",
      "payment-deployment",
      "streaming-deployment",
    ]);
  });

  it("labels the pods of the server and the Job as the network policies select them", async () => {
    const { resources } = await run();
    for (const [type, app] of [
      [statefulSetType, "postgres"],
      [jobType, "postgres-provision"],
    ] as const) {
      const { template } = only(resources, type, app).inputs.spec;
      assert.equal(template.metadata.labels.app, app);
    }
  });
});
