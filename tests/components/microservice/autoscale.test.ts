import assert from "node:assert/strict";
import { count, only } from "../../support/components/engine.ts";
import {
  auth,
  autoscalerType,
  deploymentType,
  recommended,
} from "../../support/components/microservices.ts";

const autoscale = { min: 3, max: 30, cpuPercent: 65 };

describe("Microservice with autoscale", () => {
  it("sets no replicas, and ignores changes to them", async () => {
    const { deployment, options } = await auth({ autoscale });
    assert.ok(!("replicas" in deployment.spec));
    assert.deepEqual(options[deploymentType]?.ignoreChanges, ["spec.replicas"]);
  });

  it("sets no replicas even if the settings have a number", async () => {
    const { deployment } = await auth({ autoscale, replicas: 7 });
    assert.ok(!("replicas" in deployment.spec));
  });

  it("changes nothing else in the Deployment", async () => {
    const { spec, ...scaled } = (await auth({ autoscale })).deployment;
    const { deployment } = await auth();
    assert.deepEqual({ ...scaled, spec: { ...spec, replicas: 2 } }, deployment);
  });

  it("creates an autoscaler that measures only the CPU of the service's container", async () => {
    const { resources } = await auth({ autoscale });
    assert.deepEqual(
      only(resources, autoscalerType, "auth-autoscaler").inputs,
      {
        apiVersion: "autoscaling/v2",
        kind: "HorizontalPodAutoscaler",
        metadata: {
          name: "auth-autoscaler",
          namespace: "marquee-dev",
          labels: recommended,
          annotations: {
            "pulumi.com/patchForce": "true",
            "pulumi.com/skipAwait": "true",
          },
        },
        spec: {
          scaleTargetRef: {
            apiVersion: "apps/v1",
            kind: "Deployment",
            name: "auth-deployment",
          },
          minReplicas: 3,
          maxReplicas: 30,
          metrics: [
            {
              type: "ContainerResource",
              containerResource: {
                container: "auth",
                name: "cpu",
                target: { type: "Utilization", averageUtilization: 65 },
              },
            },
          ],
        },
      },
    );
  });

  it("targets the Deployment by its resulting name and namespace", async () => {
    const { resources } = await auth(
      { autoscale },
      {},
      {
        [deploymentType]: () => ({
          metadata: { name: "as-it-was-made", namespace: "there" },
        }),
      },
    );
    const { metadata, spec } = only(resources, autoscalerType).inputs;
    assert.equal(spec.scaleTargetRef.name, "as-it-was-made");
    assert.equal(metadata.namespace, "there");
  });

  it("adds only the autoscaler to the resources", async () => {
    const { [autoscalerType]: autoscalers, ...others } = count(
      (await auth({ autoscale })).resources,
    );
    assert.equal(autoscalers, 1);
    assert.deepEqual(others, count((await auth()).resources));
  });
});
