import assert from "node:assert/strict";
import {
  awaited,
  claimType,
  here,
  jobType,
  postgres,
  postgresType,
  statefulSetType,
} from "../../support/components/databases.ts";
import { count, only } from "../../support/components/engine.ts";
import {
  secretType,
  serviceType,
} from "../../support/components/microservices.ts";

const recommended = {
  "app.kubernetes.io/name": "postgres",
  "app.kubernetes.io/part-of": "marquee",
  "app.kubernetes.io/managed-by": "pulumi",
};
const labels = { app: "postgres", ...recommended };
const patchForce = { "pulumi.com/patchForce": "true" };
const podSecurity = {
  runAsNonRoot: true,
  runAsUser: 999,
  runAsGroup: 999,
  seccompProfile: { type: "RuntimeDefault" },
};
const containerSecurity = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ["ALL"] },
};
const secret = (name: string) => ({
  secretKeyRef: { name: `${name}-1a2b`, key: "value" },
});
const ready = {
  exec: { command: ["pg_isready", "--host=127.0.0.1", "--quiet"] },
  timeoutSeconds: 5,
};

describe("Postgres", () => {
  it("creates a StatefulSet with a volume and a Service, a Secret for each password and Jobs for the roles and the image check, and nothing else", async () => {
    const services = ["auth", "payment"];
    const { resources } = await postgres(here(), { services });
    assert.deepEqual(count(resources), {
      [postgresType]: 1,
      [statefulSetType]: 1,
      [claimType]: 1,
      [serviceType]: 1,
      [jobType]: 2,
      [secretType]: 3,
    });
  });

  describe("StatefulSet", () => {
    it("runs one hardened pod with the data volume and scratch volumes of limited size", async () => {
      const { resources } = await postgres();
      const { template, ...spec } = only(resources, statefulSetType).inputs
        .spec;
      assert.deepEqual(only(resources, statefulSetType).inputs, {
        apiVersion: "apps/v1",
        kind: "StatefulSet",
        metadata: {
          name: "postgres",
          namespace: "marquee-dev",
          labels,
          annotations: patchForce,
        },
        spec: { ...spec, template },
      });
      assert.deepEqual(spec, {
        replicas: 1,
        podManagementPolicy: "Parallel",
        serviceName: "postgres",
        selector: { matchLabels: { app: "postgres" } },
      });
      const { containers, initContainers, ...pod } = template.spec;
      assert.deepEqual(template.metadata, { labels });
      assert.deepEqual(pod, {
        automountServiceAccountToken: false,
        enableServiceLinks: false,
        terminationGracePeriodSeconds: 60,
        securityContext: {
          ...podSecurity,
          fsGroup: 999,
          fsGroupChangePolicy: "OnRootMismatch",
        },
        volumes: [
          {
            name: "data",
            persistentVolumeClaim: { claimName: "postgres-data" },
          },
          { name: "tmp", emptyDir: { sizeLimit: "16Mi" } },
          { name: "socket", emptyDir: { sizeLimit: "1Mi" } },
          {
            name: "memory",
            emptyDir: { medium: "Memory", sizeLimit: "128Mi" },
          },
        ],
      });
      assert.deepEqual([containers.length, initContainers.length], [1, 1]);
    });

    const shared = {
      image: "postgres:17",
      env: [
        { name: "POSTGRES_PASSWORD", valueFrom: secret("postgres-password") },
        {
          name: "POSTGRES_INITDB_ARGS",
          value:
            "--locale-provider=builtin --locale=C.UTF-8 --data-checksums --auth-host=scram-sha-256",
        },
        { name: "PGDATA", value: "/var/lib/postgresql/data/pgdata" },
      ],
      securityContext: containerSecurity,
      terminationMessagePolicy: "FallbackToLogsOnError",
      resources: {
        requests: { cpu: "100m", memory: "256Mi", "ephemeral-storage": "64Mi" },
        limits: { cpu: "2", memory: "1Gi", "ephemeral-storage": "256Mi" },
      },
      volumeMounts: [
        { name: "data", mountPath: "/var/lib/postgresql/data" },
        { name: "tmp", mountPath: "/tmp" },
        { name: "socket", mountPath: "/var/run/postgresql" },
        { name: "memory", mountPath: "/dev/shm" },
      ],
    };

    it("sets max_connections to the configured number", async () => {
      const { resources } = await postgres(here({ maxConnections: 420 }));
      const { spec } = only(resources, statefulSetType).inputs.spec.template;
      assert.deepEqual(spec.containers[0].args, ["-c", "max_connections=420"]);
    });

    it("runs the server with startup, readiness and liveness probes", async () => {
      const { resources } = await postgres();
      const { spec } = only(resources, statefulSetType).inputs.spec.template;
      assert.deepEqual(spec.containers[0], {
        ...shared,
        name: "postgres",
        args: ["-c", "max_connections=200"],
        ports: [{ name: "postgres", containerPort: 5432 }],
        startupProbe: { ...ready, periodSeconds: 1, failureThreshold: 600 },
        readinessProbe: { ...ready, periodSeconds: 2 },
        livenessProbe: {
          tcpSocket: { port: "postgres" },
          periodSeconds: 10,
          timeoutSeconds: 5,
        },
      });
    });

    it("sets the password in an init container", async () => {
      const { resources } = await postgres();
      const { spec } = only(resources, statefulSetType).inputs.spec.template;
      const { command, ...container } = spec.initContainers[0];
      assert.deepEqual(container, { ...shared, name: "password" });
      assert.deepEqual(command.slice(0, 2), ["bash", "-euc"]);
    });

    it("uses the configured image and resources", async () => {
      const image = "ghcr.io/acme/postgres:17";
      const resources = {
        requests: { cpu: "1", memory: "1Gi", "ephemeral-storage": "1Gi" },
        limits: { cpu: "2", memory: "2Gi", "ephemeral-storage": "3Gi" },
      };
      const deployed = await postgres(here({ image, resources }));
      const { spec } = only(deployed.resources, statefulSetType).inputs.spec
        .template;
      for (const container of [...spec.containers, ...spec.initContainers])
        assert.deepEqual(
          [container.image, container.resources],
          [image, resources],
        );
      const job = only(deployed.resources, jobType, "postgres-provision").inputs
        .spec.template.spec;
      assert.equal(job.containers[0].image, image);
    });

    it("has a Pulumi timeout of 5 minutes, and of 2 minutes for its deletion", async () => {
      const { options } = await postgres();
      assert.deepEqual(options[statefulSetType]?.customTimeouts, {
        create: "5m",
        update: "5m",
        delete: "2m",
      });
    });
  });

  it("creates a Service for the server after the StatefulSet", async () => {
    const { resources, options } = await postgres();
    assert.deepEqual(only(resources, serviceType, "postgres").inputs, {
      apiVersion: "v1",
      kind: "Service",
      metadata: {
        name: "postgres",
        namespace: "marquee-dev",
        labels,
        annotations: { ...patchForce, "pulumi.com/skipAwait": "true" },
      },
      spec: {
        type: "ClusterIP",
        selector: { app: "postgres" },
        ports: [{ name: "postgres", port: 5432, targetPort: "postgres" }],
      },
    });
    assert.deepEqual(await awaited(options[serviceType]), ["postgres"]);
  });
});
