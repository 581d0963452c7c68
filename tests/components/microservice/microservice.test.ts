import assert from "node:assert/strict";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { image } from "../../support/components/configurations.ts";
import { count, formerParents, only } from "../../support/components/engine.ts";
import {
  auth,
  budgetType,
  deploymentType,
  labels,
  recommended,
  serviceType,
} from "../../support/components/microservices.ts";

describe("Microservice", () => {
  it("creates a Deployment, a Service, a PodDisruptionBudget and a ServiceAccount, and nothing else", async () => {
    const { resources, urns } = await auth();
    assert.deepEqual(count(resources), {
      "marquee:components:Microservice": 1,
      [deploymentType]: 1,
      [serviceType]: 1,
      [budgetType]: 1,
      "kubernetes:core/v1:ServiceAccount": 1,
    });
    const parent = "urn:pulumi:dev::marquee::marquee:components:Microservice";
    assert.deepEqual(urns, [
      `${parent}$${deploymentType}::auth-deployment`,
      `${parent}$${serviceType}::auth-service`,
    ]);
  });

  it("creates a ServiceAccount of its own, without a token", async () => {
    const { resources } = await auth();
    const { metadata, automountServiceAccountToken } = only(
      resources,
      "kubernetes:core/v1:ServiceAccount",
    ).inputs;
    assert.equal(metadata.name, "auth");
    assert.equal(automountServiceAccountToken, false);
  });

  describe("Deployment", () => {
    it("runs hardened pods of the image by digest", async () => {
      const { deployment } = await auth();
      assert.deepEqual(deployment, {
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: {
          name: "auth-deployment",
          namespace: "marquee-dev",
          labels,
          annotations: { "pulumi.com/patchForce": "true" },
        },
        spec: {
          replicas: 2,
          selector: { matchLabels: { app: "auth-service" } },
          strategy: { rollingUpdate: { maxSurge: "25%", maxUnavailable: 0 } },
          progressDeadlineSeconds: 120,
          template: {
            metadata: { labels },
            spec: {
              serviceAccountName: "auth",
              automountServiceAccountToken: false,
              topologySpreadConstraints: [
                {
                  maxSkew: 1,
                  topologyKey: "kubernetes.io/hostname",
                  whenUnsatisfiable: "ScheduleAnyway",
                  labelSelector: { matchLabels: { app: "auth-service" } },
                  matchLabelKeys: ["pod-template-hash"],
                },
              ],
              enableServiceLinks: false,
              terminationGracePeriodSeconds: 30,
              securityContext: {
                runAsNonRoot: true,
                runAsUser: 65532,
                runAsGroup: 65532,
                seccompProfile: { type: "RuntimeDefault" },
              },
              containers: [
                {
                  name: "auth",
                  image: image(),
                  ports: [{ name: "http", containerPort: 8081 }],
                  env: [{ name: "PORT", value: "8081" }],
                  startupProbe: {
                    httpGet: { path: "/livez", port: "http" },
                    periodSeconds: 1,
                    failureThreshold: 60,
                  },
                  readinessProbe: {
                    httpGet: { path: "/readyz", port: "http" },
                    periodSeconds: 1,
                  },
                  livenessProbe: {
                    httpGet: { path: "/livez", port: "http" },
                    periodSeconds: 10,
                    timeoutSeconds: 5,
                  },
                  lifecycle: { preStop: { sleep: { seconds: 5 } } },
                  terminationMessagePolicy: "FallbackToLogsOnError",
                  resources: {
                    requests: {
                      cpu: "50m",
                      memory: "96Mi",
                      "ephemeral-storage": "64Mi",
                    },
                    limits: {
                      cpu: "1",
                      memory: "256Mi",
                      "ephemeral-storage": "256Mi",
                    },
                  },
                  securityContext: {
                    allowPrivilegeEscalation: false,
                    readOnlyRootFilesystem: true,
                    capabilities: { drop: ["ALL"] },
                  },
                },
              ],
            },
          },
        },
      });
    });

    it("runs no pods with 0 replicas", async () => {
      const { deployment } = await auth({ replicas: 0 });
      assert.equal(deployment.spec.replicas, 0);
    });

    it("sets the configured resources", async () => {
      const resources = {
        requests: { cpu: "1", memory: "1Gi", "ephemeral-storage": "1Gi" },
        limits: { cpu: "2", memory: "2Gi", "ephemeral-storage": "3Gi" },
      };
      const { pod } = await auth({ resources });
      assert.deepEqual(pod.containers[0].resources, resources);
    });

    it("does not ignore changes to replicas", async () => {
      const { options } = await auth();
      assert.equal(options[deploymentType]?.ignoreChanges, undefined);
    });

    it("passes the given environment to the program besides PORT", async () => {
      const { pod } = await auth(
        {},
        { env: { PAYMENT_URL: pulumi.output("http://payment-service:8082") } },
      );
      assert.deepEqual(pod.containers[0].env, [
        { name: "PORT", value: "8081" },
        { name: "PAYMENT_URL", value: "http://payment-service:8082" },
      ]);
    });

    it("has a longer Pulumi timeout than its own deadline, so that Pulumi reports why it failed", async () => {
      const { options } = await auth();
      assert.deepEqual(options[deploymentType]?.customTimeouts, {
        create: "3m",
        update: "3m",
        delete: "2m",
      });
    });
  });

  describe("Service", () => {
    const annotations = {
      "pulumi.com/patchForce": "true",
      "pulumi.com/skipAwait": "true",
    };
    const http = { name: "http", port: 8081, targetPort: "http" };

    it("selects the pods as a ClusterIP", async () => {
      const { service } = await auth();
      assert.deepEqual(service, {
        apiVersion: "v1",
        kind: "Service",
        metadata: {
          name: "auth-service",
          namespace: "marquee-dev",
          labels,
          annotations,
        },
        spec: {
          type: "ClusterIP",
          selector: { app: "auth-service" },
          ports: [http],
        },
      });
    });

    it("uses the configured node port as a NodePort", async () => {
      const { service } = await auth({ type: "NodePort", nodePort: 30003 });
      assert.equal(service.spec.type, "NodePort");
      assert.deepEqual(service.spec.ports, [{ ...http, nodePort: 30003 }]);
      assert.deepEqual(service.metadata.annotations, annotations);
    });

    it("lets Kubernetes choose the node port if none is configured", async () => {
      const { service } = await auth({ type: "NodePort" });
      assert.deepEqual(service.spec.ports, [http]);
    });

    it("keeps the Service object of a service that was external before", async () => {
      const { options } = await auth();
      assert.deepEqual(await formerParents(options[serviceType]), [
        "urn:pulumi:dev::marquee::marquee:components:ExternalService::auth",
      ]);
    });

    it("is updated only after the Deployment's pods are ready", async () => {
      const { options } = await auth();
      const [deployment, ...more] = [options[serviceType]?.dependsOn].flat();
      assert.ok(deployment instanceof k8s.apps.v1.Deployment);
      assert.deepEqual(more, []);
    });
  });

  describe("PodDisruptionBudget", () => {
    it("limits voluntary evictions to one pod at a time, and always allows those of unready pods", async () => {
      const { resources } = await auth();
      assert.deepEqual(only(resources, budgetType).inputs, {
        apiVersion: "policy/v1",
        kind: "PodDisruptionBudget",
        metadata: {
          name: "auth-disruption-budget",
          namespace: "marquee-dev",
          labels: recommended,
          annotations: {
            "pulumi.com/patchForce": "true",
            "pulumi.com/waitFor": "jsonpath={.status.observedGeneration}",
          },
        },
        spec: {
          maxUnavailable: 1,
          selector: { matchLabels: { app: "auth-service" } },
          unhealthyPodEvictionPolicy: "AlwaysAllow",
        },
      });
    });

    it("is created after the Deployment", async () => {
      const { options } = await auth();
      const [deployment] = [options[budgetType]?.dependsOn].flat();
      assert.ok(deployment instanceof k8s.apps.v1.Deployment);
    });
  });
});
