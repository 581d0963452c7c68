import assert from "node:assert/strict";
import {
  app,
  containing,
  dns,
  elsewhere,
  policies,
  useDatabaseProgram,
} from "../../support/components/database-programs.ts";
import {
  claimType,
  jobType,
  statefulSetType,
} from "../../support/components/databases.ts";
import { count, only } from "../../support/components/engine.ts";
import {
  secretType,
  serviceType,
} from "../../support/components/microservices.ts";
import {
  deployed,
  namespaceType,
  policyType,
  prebuilt,
  providerType,
} from "../../support/components/program.ts";

const external = { type: "ExternalName", externalName: "api.example.com" };

describe("The program: database outside the cluster", () => {
  const { runElsewhere, failsBeforeCreation } = useDatabaseProgram();

  it("runs only the provisioning Job, and creates an ExternalName Service", async () => {
    const { resources } = await runElsewhere();
    const {
      [statefulSetType]: _,
      [claimType]: __,
      [policyType]: policies,
      [jobType]: jobs,
      ...rest
    } = deployed;
    assert.deepEqual(count(resources), {
      ...rest,
      [policyType]: policies - 1,
      [jobType]: jobs - 1, // there is no image to check
    });
    assert.deepEqual(only(resources, serviceType, "postgres").inputs.spec, {
      type: "ExternalName",
      externalName: "db.example.com",
    });
  });

  it("allows only the services and the Job egress to the database's port", async () => {
    const { resources } = await runElsewhere();
    const out = (service: string) => ({
      ...app(service),
      policyTypes: ["Egress"],
      egress: [{ ports: [{ port: 6432 }] }],
    });
    assert.deepEqual(policies(resources, "postgres"), {
      "postgres-provision-network": {
        ...app("postgres-provision"),
        policyTypes: ["Ingress", "Egress"],
        ingress: [],
        egress: [dns],
      },
      "auth-calls-postgres": out("auth-service"),
      "payment-calls-postgres": out("payment-service"),
      "streaming-calls-postgres": out("streaming-service"),
      "postgres-provision-calls-postgres": out("postgres-provision"),
    });
    const others = resources
      .filter(({ type }) => type === policyType)
      .filter(({ name }) => !name.endsWith("-calls-postgres"));
    assert.ok(
      !JSON.stringify(others.map(({ inputs }) => inputs)).includes("6432"),
    );
  });

  it("keeps the administrator's password in one Secret and out of the outputs", async () => {
    const { resources, outputs } = await runElsewhere();
    assert.deepEqual(containing(resources, "hunter2"), ["postgres-password"]);
    assert.ok(!JSON.stringify(outputs).includes("hunter2"));
  });

  it("fails before it creates anything if the database's password is missing", () =>
    failsBeforeCreation(
      prebuilt,
      /marquee:secrets\.postgres\.PASSWORD is missing/,
      {
        config: { "marquee:database": JSON.stringify(elsewhere) },
      },
    ));
});

describe("The program: services that run elsewhere", () => {
  const { run, runElsewhere } = useDatabaseProgram();

  for (const [where, start] of Object.entries({
    here: run,
    elsewhere: runElsewhere,
  }))
    it(`creates no part of a database ${where} if every service runs elsewhere`, async () => {
      const { resources } = await start({
        auth: external,
        payment: external,
        streaming: external,
      });
      assert.deepEqual(count(resources), {
        [providerType]: 1,
        [namespaceType]: 1,
        "kubernetes:core/v1:ServiceAccount": 1,
        "marquee:components:ExternalService": 3,
        [serviceType]: 3,
        "marquee:components:NetworkPaths": 1,
        [policyType]: 1,
      });
      assert.deepEqual(Object.keys(policies(resources, "")), ["default-deny"]);
      assert.deepEqual(policies(resources, "postgres"), {});
    });

  for (const [where, start] of Object.entries({
    here: run,
    elsewhere: runElsewhere,
  }))
    it(`provisions a database ${where} only for the one service that runs here`, async () => {
      const { resources } = await start({ auth: external, payment: external });
      const { env } = only(resources, jobType, "postgres-provision").inputs.spec
        .template.spec.containers[0];
      assert.deepEqual(env[0], { name: "SERVICES", value: "streaming" });
      assert.deepEqual(
        env
          .map(({ name }: { name: string }) => name)
          .filter((name: string) => name.startsWith("PASSWORD_")),
        ["PASSWORD_streaming"],
      );
      assert.deepEqual(
        Object.keys(policies(resources, "-calls-postgres")).sort(),
        ["postgres-provision-calls-postgres", "streaming-calls-postgres"],
      );
      assert.deepEqual(
        resources
          .filter(({ type }) => type === secretType)
          .map(({ name }) => name)
          .sort(),
        [
          "postgres-password",
          "streaming-database-password",
          "streaming-playback-key",
        ],
      );
    });
});
