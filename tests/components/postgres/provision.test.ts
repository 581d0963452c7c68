import assert from "node:assert/strict";
import { provisionScript } from "../../../components/postgres/scripts.ts";
import {
  awaited,
  here,
  jobType,
  postgres,
  provisioning,
} from "../../support/components/databases.ts";
import { only } from "../../support/components/engine.ts";

const labels = {
  app: "postgres-provision",
  "app.kubernetes.io/name": "postgres",
  "app.kubernetes.io/part-of": "marquee",
  "app.kubernetes.io/managed-by": "pulumi",
};
const secret = (name: string) => ({
  secretKeyRef: { name: `${name}-1a2b`, key: "value" },
});

describe("Postgres: provisioning Job", () => {
  it("runs psql in a hardened pod, with passwords from Secrets and a limited number of retries", async () => {
    const { resources } = await postgres(here(), {
      connectionLimits: { auth: 65, payment: 405 },
    });
    assert.deepEqual(only(resources, jobType, "postgres-provision").inputs, {
      apiVersion: "batch/v1",
      kind: "Job",
      metadata: {
        namespace: "marquee-dev",
        labels,
        annotations: {
          "pulumi.com/patchForce": "true",
          "pulumi.com/replaceUnready": "true",
        },
      },
      spec: {
        backoffLimit: 1,
        activeDeadlineSeconds: 240,
        template: {
          metadata: { labels },
          spec: {
            restartPolicy: "Never",
            automountServiceAccountToken: false,
            enableServiceLinks: false,
            securityContext: {
              runAsNonRoot: true,
              runAsUser: 65532,
              runAsGroup: 65532,
              seccompProfile: { type: "RuntimeDefault" },
            },
            containers: [
              {
                name: "psql",
                image: "postgres:17",
                command: ["sh", "-euc", provisionScript],
                env: [
                  { name: "SERVICES", value: "auth payment" },
                  { name: "OWNER", value: "marquee/dev" },
                  { name: "PATIENCE", value: "40" },
                  { name: "PGDATABASE", value: "postgres" },
                  { name: "PGCONNECT_TIMEOUT", value: "10" },
                  {
                    name: "PGPASSWORD",
                    valueFrom: secret("postgres-password"),
                  },
                  { name: "PGHOST", value: "postgres" },
                  { name: "PGPORT", value: "5432" },
                  { name: "PGUSER", value: "postgres" },
                  {
                    name: "PASSWORD_auth",
                    valueFrom: secret("auth-database-password"),
                  },
                  { name: "CONNECTIONS_auth", value: "65" },
                  {
                    name: "PASSWORD_payment",
                    valueFrom: secret("payment-database-password"),
                  },
                  { name: "CONNECTIONS_payment", value: "405" },
                ],
                terminationMessagePolicy: "FallbackToLogsOnError",
                securityContext: {
                  allowPrivilegeEscalation: false,
                  readOnlyRootFilesystem: true,
                  capabilities: { drop: ["ALL"] },
                },
                resources: {
                  requests: {
                    cpu: "10m",
                    memory: "32Mi",
                    "ephemeral-storage": "16Mi",
                  },
                  limits: {
                    cpu: "500m",
                    memory: "128Mi",
                    "ephemeral-storage": "64Mi",
                  },
                },
                volumeMounts: [{ name: "tmp", mountPath: "/tmp" }],
              },
            ],
            volumes: [{ name: "tmp", emptyDir: { sizeLimit: "1Mi" } }],
          },
        },
      },
    });
  });

  it("sets OWNER to the project and the stack", async () => {
    const passwords = { auth: "hunter2" };
    const { spec } = await provisioning(here(), "mine", passwords, "staging");
    const owner = spec.template.spec.containers[0].env.find(
      ({ name }: { name: string }) => name === "OWNER",
    );
    assert.equal(owner.value, "marquee/staging");
  });

  it("runs after the server and its Service", async () => {
    const { options } = await postgres();
    assert.deepEqual(await awaited(options["postgres-provision"]), [
      "postgres",
      "postgres",
    ]);
  });

  it("has a longer Pulumi timeout than its own deadline, so that Pulumi reports why it failed", async () => {
    const { options } = await postgres();
    assert.deepEqual(options["postgres-provision"]?.customTimeouts, {
      create: "270s",
    });
  });

  it("is the resource that the services' pods depend on", async () => {
    const { provisioned } = await postgres();
    assert.match(
      provisioned,
      /:Postgres\$kubernetes:batch\/v1:Job::postgres-provision$/,
    );
  });
});
