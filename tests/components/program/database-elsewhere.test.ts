import assert from "node:assert/strict";
import {
  app,
  dns,
  elsewhere,
  policies,
  saying,
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

describe("the program, with a database that runs elsewhere", () => {
  const { runElsewhere, endsUnmade } = useDatabaseProgram();

  it("runs nothing of it here but the Job, and leads there", async () => {
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

  it("lets the services and the Job out to any address at its port, and nobody else", async () => {
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

  it("says its password to the Job's Secret alone, and puts it out nowhere", async () => {
    const { resources, outputs } = await runElsewhere();
    assert.deepEqual(saying(resources, "hunter2"), ["postgres-password"]);
    assert.ok(!JSON.stringify(outputs).includes("hunter2"));
  });

  it("ends before anything is made where nobody knows its password", () =>
    endsUnmade(prebuilt, /marquee:secrets\.postgres\.PASSWORD is missing/, {
      config: { "marquee:database": JSON.stringify(elsewhere) },
    }));
});

describe("the program, without a service that keeps something here", () => {
  const { run, runElsewhere } = useDatabaseProgram();

  for (const [where, start] of Object.entries({ run, runElsewhere }))
    it(`is names of services that run elsewhere, and none of it: ${where}`, async () => {
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

  for (const [where, start] of Object.entries({ run, runElsewhere }))
    it(`has it for the one alone that does: ${where}`, async () => {
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
