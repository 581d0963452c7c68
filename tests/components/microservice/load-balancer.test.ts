import assert from "node:assert/strict";
import {
  defaultLoadBalancer,
  type LoadBalancerSettings,
} from "../../../components/load-balancer.ts";
import type { DeployedSettings } from "../../../components/service-settings.ts";
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

describe("Microservice's LoadBalancer", () => {
  it("is awaited until it has an address", async () => {
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

  it("is awaited where an autoscaler says how many pods there are", async () => {
    const { service } = await balanced(
      {},
      { autoscale: { min: 1, max: 2, cpuPercent: 80 } },
    );
    assert.deepEqual(service.metadata.annotations, awaited);
  });

  it("is awaited without pods, too", async () => {
    const { service } = await balanced({}, { replicas: 0 });
    assert.deepEqual(service.metadata.annotations, awaited);
  });

  it("is no reason for callers to wait: they may come once the pods are ready", async () => {
    assert.match((await balanced()).arrival, /::auth-deployment$/);
    assert.match((await auth()).arrival, /::auth-service$/);
  });

  it("tells the cloud what it wants to know, beside what Marquee says", async () => {
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

  it("stays Marquee's own, whatever annotations say", async () => {
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

  it("tells the cloud alone: nothing else has its annotations", async () => {
    const annotations = { "example.com/only": "here" };
    const { resources } = await balanced({ annotations });
    assert.deepEqual(
      resources
        .filter(({ inputs }) => JSON.stringify(inputs).includes("only"))
        .map(({ type }) => type),
      [serviceType],
    );
  });

  it("lets those connect that are said", async () => {
    const sourceRanges = ["203.0.113.0/24", "2001:db8::/32"];
    const { service } = await balanced({ sourceRanges });
    assert.deepEqual(service.spec.loadBalancerSourceRanges, sourceRanges);
  });

  for (const timeoutSeconds of [1, 300, 3600])
    it(`may take ${timeoutSeconds} s for its address where that is said`, async () => {
      const { options } = await balanced({ timeoutSeconds });
      assert.deepEqual(options[serviceType]?.customTimeouts, {
        create: `${timeoutSeconds}s`,
        update: `${timeoutSeconds}s`,
        delete: `${Math.max(timeoutSeconds, 120)}s`,
      });
    });

  for (const type of ["ClusterIP", "NodePort"] as const)
    it(`is not what a ${type} is: that has nothing to wait for`, async () => {
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
