import assert from "node:assert/strict";
import {
  defaultLoadBalancer,
  type LoadBalancerSettings,
} from "../../../config/load-balancer.ts";
import type { DeployedSettings } from "../../../config/service.ts";
import {
  auth,
  labels,
  serviceType,
} from "../../support/components/microservices.ts";

/** Deploys auth behind a load balancer. */
const balanced = (
  settings: Partial<LoadBalancerSettings> = {},
  scale: Partial<DeployedSettings> = {},
) =>
  auth({
    type: "LoadBalancer",
    loadBalancer: { ...defaultLoadBalancer, ...settings },
    ...scale,
  });

const awaited = { "pulumi.com/patchForce": "true" };
const skipped = { ...awaited, "pulumi.com/skipAwait": "true" };

describe("Microservice behind a load balancer", () => {
  it("waits until the Service has an address", async () => {
    const { service } = await balanced();
    assert.deepEqual(service, {
      apiVersion: "v1",
      kind: "Service",
      metadata: {
        name: "auth-service",
        namespace: "marquee-dev",
        labels,
        annotations: awaited,
      },
      spec: {
        type: "LoadBalancer",
        selector: { app: "auth-service" },
        ports: [{ name: "http", port: 8081, targetPort: "http" }],
      },
    });
  });

  it("waits for an address with an autoscaler, too", async () => {
    const { service } = await balanced(
      {},
      { autoscale: { min: 1, max: 2, cpuPercent: 80 } },
    );
    assert.deepEqual(service.metadata.annotations, awaited);
  });

  it("waits for an address with 0 replicas, too", async () => {
    const { service } = await balanced({}, { replicas: 0 });
    assert.deepEqual(service.metadata.annotations, awaited);
  });

  it("lets callers depend on the Deployment instead of the Service's address", async () => {
    assert.match((await balanced()).arrival, /::auth-deployment$/);
    assert.match((await auth()).arrival, /::auth-service$/);
  });

  it("adds the configured annotations to those of Marquee", async () => {
    const annotations = {
      "service.beta.kubernetes.io/aws-load-balancer-type": "nlb",
      a: "",
    };
    const { service } = await balanced({ annotations });
    assert.deepEqual(service.metadata.annotations, {
      ...awaited,
      ...annotations,
    });
  });

  it("does not let configured annotations override those of Marquee", async () => {
    const annotations = {
      "pulumi.com/patchForce": "false",
      "example.com/a": "b",
    };
    const { service } = await balanced({ annotations });
    assert.deepEqual(service.metadata.annotations, {
      ...awaited,
      "example.com/a": "b",
    });
  });

  it("annotates nothing but the Service", async () => {
    const annotations = { "example.com/only": "here" };
    const { resources } = await balanced({ annotations });
    assert.deepEqual(
      resources
        .filter(({ inputs }) => JSON.stringify(inputs).includes("only"))
        .map(({ type }) => type),
      [serviceType],
    );
  });

  it("sets loadBalancerSourceRanges to the configured ranges", async () => {
    const sourceRanges = ["203.0.113.0/24", "2001:db8::/32"];
    const { service } = await balanced({ sourceRanges });
    assert.deepEqual(service.spec.loadBalancerSourceRanges, sourceRanges);
  });

  for (const timeoutSeconds of [1, 300, 3600])
    it(`waits up to ${timeoutSeconds} s for an address if timeoutSeconds says so`, async () => {
      const { options } = await balanced({ timeoutSeconds });
      assert.deepEqual(options[serviceType]?.customTimeouts, {
        create: `${timeoutSeconds}s`,
        update: `${timeoutSeconds}s`,
        delete: `${Math.max(timeoutSeconds, 120)}s`,
      });
    });

  for (const type of ["ClusterIP", "NodePort"] as const)
    it(`does not wait for an address with type ${type}`, async () => {
      const { service, options } = await auth({ type });
      assert.deepEqual(service.metadata.annotations, skipped);
      assert.ok(!("loadBalancerSourceRanges" in service.spec));
      assert.deepEqual(options[serviceType]?.customTimeouts, {
        create: "120s",
        update: "120s",
        delete: "120s",
      });
    });
});
