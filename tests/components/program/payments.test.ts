import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import {
  app,
  containing,
  dns,
  policies,
  useDatabaseProgram,
} from "../../support/components/database-programs.ts";
import { jobType } from "../../support/components/databases.ts";
import { count, only, type Resource } from "../../support/components/engine.ts";
import { secretType } from "../../support/components/microservices.ts";
import {
  deployed,
  pods,
  policyType,
  prebuilt,
} from "../../support/components/program.ts";

const stripe = { processor: "stripe" };
const secrets = {
  payment: { STRIPE_SECRET_KEY: "hunter2", STRIPE_WEBHOOK_SECRET: "pa55word" },
};
const external = { type: "ExternalName", externalName: "pay.example.com" };

/** The variables of a service's pods that the payments configuration sets. */
const configured = (resources: Resource[], service = "payment") =>
  Object.fromEntries(
    pods(resources)
      [service].containers[0].env.filter(({ name }: { name: string }) =>
        /^(PROCESSOR|\w+_PERIOD)$/.test(name),
      )
      .map(({ name, value }: { name: string; value: string }) => [name, value]),
  );

/** The egress rules in a service's own policy. */
const egress = (resources: Resource[], service = "payment") =>
  only(resources, policyType, `${service}-network`).inputs.spec.egress;

/** The names of the policies that open a port. */
const opening = (resources: Resource[], port: number) =>
  containing(resources, `"port":${port}`).filter((name) =>
    resources.some((one) => one.name === name && one.type === policyType),
  );

/** The policies that select payment's pods, by name. */
const ofPayment = (resources: Resource[]) =>
  Object.fromEntries(
    Object.entries(policies(resources, "")).filter(
      ([, { podSelector }]) =>
        podSelector.matchLabels?.app === "payment-service",
    ),
  );

describe("The program: payments", () => {
  const { run, failsBeforeCreation } = useDatabaseProgram();

  it("fails before anything is created if Stripe's secrets are missing", () =>
    failsBeforeCreation(
      prebuilt,
      /is invalid.*secrets\.payment\.STRIPE_SECRET_KEY is missing.*secrets\.payment\.STRIPE_WEBHOOK_SECRET is missing/s,
      { config: { "marquee:payments": JSON.stringify(stripe) } },
    ));

  it("allows payment to call only auth and postgres with the sandbox", async () => {
    const { resources } = await run();
    const out = (called: string, port: number) => ({
      ...app("payment-service"),
      policyTypes: ["Egress"],
      egress: [{ to: [app(called)], ports: [{ port }] }],
    });
    assert.deepEqual(ofPayment(resources), {
      "payment-network": {
        ...app("payment-service"),
        policyTypes: ["Ingress", "Egress"],
        ingress: [
          { from: [app("streaming-service")], ports: [{ port: 8082 }] },
        ],
        egress: [dns],
      },
      "payment-calls-auth": out("auth-service", 8081),
      "payment-calls-postgres": out("postgres", 5432),
    });
    assert.deepEqual(opening(resources, 443), []);
  });

  it("creates no Secret of the configuration with the sandbox", async () => {
    const { resources } = await run();
    assert.ok(!("envFrom" in pods(resources).payment.containers[0]));
    assert.ok(
      !resources.some(({ name }) => name === "payment-secrets"),
      "payment-secrets",
    );
  });

  it("passes the processor to payment and streaming, and Stripe's secrets only to payment", async () => {
    const { resources, outputs } = await run({}, { payments: stripe, secrets });
    assert.deepEqual(count(resources), {
      ...deployed,
      [secretType]: deployed[secretType] + 1,
    });
    assert.deepEqual(configured(resources), {
      PROCESSOR: "stripe",
      BILLING_PERIOD: "P1M",
      GRACE_PERIOD: "P7D",
    });
    const { auth, payment, streaming } = pods(resources);
    assert.deepEqual(payment.containers[0].envFrom, [
      { secretRef: { name: "payment-secrets-1a2b" } },
    ]);
    const { inputs } = only(resources, secretType, "payment-secrets");
    assert.deepEqual(
      pulumi.runtime.unwrapRpcSecret(inputs.stringData),
      secrets.payment,
    );
    for (const value of Object.values(secrets.payment)) {
      assert.deepEqual(containing(resources, value), ["payment-secrets"]);
      assert.ok(!JSON.stringify(outputs).includes(value));
    }
    assert.ok(!/PROCESSOR|STRIPE|payment-secrets/.test(JSON.stringify(auth)));
    // Streaming's pages have another card form for Stripe.
    assert.deepEqual(configured(resources, "streaming"), {
      PROCESSOR: "stripe",
    });
    assert.ok(!/STRIPE|payment-secrets/.test(JSON.stringify(streaming)));
  });

  it("allows egress to port 443 only for payment with Stripe", async () => {
    const { resources } = await run({}, { payments: stripe, secrets });
    assert.deepEqual(egress(resources), [dns, { ports: [{ port: 443 }] }]);
    assert.deepEqual(opening(resources, 443), ["payment-network"]);
    for (const service of ["auth", "streaming"])
      assert.deepEqual(egress(resources, service), [dns]);
    assert.equal(count(resources)[policyType], deployed[policyType]);
  });

  it("allows egress to webhookPorts only for payment", async () => {
    const payments = { webhookPorts: [8443] };
    const { resources } = await run({}, { payments });
    assert.deepEqual(egress(resources), [dns, { ports: [{ port: 8443 }] }]);
    assert.deepEqual(opening(resources, 8443), ["payment-network"]);
    assert.deepEqual(opening(resources, 443), []);
  });

  it("allows egress to the ports of Stripe and webhookPorts without duplicates", async () => {
    const payments = { ...stripe, webhookPorts: [8443, 443] };
    const { resources } = await run({}, { payments, secrets });
    assert.deepEqual(egress(resources), [
      dns,
      { ports: [{ port: 443 }, { port: 8443 }] },
    ]);
  });

  it("passes the configured periods to payment", async () => {
    const payments = { billingPeriod: "PT30S", gracePeriod: "PT10S" };
    const { resources } = await run({}, { payments });
    assert.deepEqual(configured(resources), {
      PROCESSOR: "sandbox",
      BILLING_PERIOD: "PT30S",
      GRACE_PERIOD: "PT10S",
    });
  });

  it("generates no keys that payment's secrets set", async () => {
    const keys = { KEY_ENCRYPTION_KEY: "hunter2", OPERATOR_KEY: "pa55word" };
    const { resources } = await run({}, { secrets: { payment: keys } });
    const { env, envFrom } = pods(resources).payment.containers[0];
    assert.ok(!/KEY_ENCRYPTION_KEY|OPERATOR_KEY/.test(JSON.stringify(env)));
    assert.deepEqual(envFrom, [
      { secretRef: { name: "payment-secrets-1a2b" } },
    ]);
    assert.deepEqual(
      resources
        .filter(({ type }) => type === secretType)
        .map(({ name }) => name)
        .filter((name) => name.startsWith("payment-"))
        .sort(),
      ["payment-database-password", "payment-secrets"],
    );
  });

  it("creates no database, no keys and no policy for payment if it runs elsewhere", async () => {
    const { resources } = await run(
      { payment: external },
      { payments: { webhookPorts: [8443] } },
    );
    const { env } = only(resources, jobType, "postgres-provision").inputs.spec
      .template.spec.containers[0];
    assert.deepEqual(env[0], { name: "SERVICES", value: "auth streaming" });
    assert.ok(!JSON.stringify(env).includes("payment"));
    assert.deepEqual(
      resources
        .filter(({ type }) => type === secretType)
        .filter(({ name }) => name.startsWith("payment")),
      [],
    );
    assert.deepEqual(ofPayment(resources), {});
    assert.deepEqual(Object.keys(policies(resources, "payment")), [
      "streaming-calls-payment",
    ]);
    assert.deepEqual(opening(resources, 8443), []);
  });

  it("creates a database for payment, and none for auth, if auth runs elsewhere", async () => {
    const { resources } = await run({
      auth: { ...external, externalName: "auth.example.com" },
    });
    const { env } = only(resources, jobType, "postgres-provision").inputs.spec
      .template.spec.containers[0];
    assert.deepEqual(env[0], {
      name: "SERVICES",
      value: "payment streaming",
    });
    assert.ok(!JSON.stringify(env).includes("auth"));
    assert.deepEqual(policies(resources, "payment-calls"), {
      "payment-calls-auth": {
        ...app("payment-service"),
        policyTypes: ["Egress"],
        egress: [{ ports: [{ port: 8081 }] }],
      },
      "payment-calls-postgres": {
        ...app("payment-service"),
        policyTypes: ["Egress"],
        egress: [{ to: [app("postgres")], ports: [{ port: 5432 }] }],
      },
    });
  });
});
