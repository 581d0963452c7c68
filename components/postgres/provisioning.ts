import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { type DatabaseSettings, databasePort } from "../../config/database.ts";
import { type EnvValue, environmentOf } from "../container-environment.ts";
import { forcePatch, recommendedLabels } from "../naming.ts";
import { containerSecurity, podSecurity } from "../pod-security.ts";
import { provisionScript } from "./scripts.ts";

export const provisioner = "postgres-provision";

/** A role without a limit of its own: elsewhere, a pooler may serve many pods with few connections. */
const unlimited = -1;

/** Seconds that the Job may take: the database may be starting, and the node may have to pull the image. */
const deadlineSeconds = 240;

/**
 * How often the Job checks, a second apart, whether the server answers; a check may take 3 s. Then psql runs and prints
 * its error, which a pod that is killed at the deadline could not.
 */
const maxReadinessChecks = 40;

/** A database, as config/database.ts defines them, and the roles to create in it. */
export type ProvisioningArgs = DatabaseSettings & {
  /** The namespace's name. */
  namespace: pulumi.Input<string>;
  /** The administrator's password. */
  adminPassword: EnvValue;
  /** The password of each service's role. */
  passwords: Record<string, EnvValue>;
  /** The connection limit of each service's role. Only used for a server in this cluster. */
  connectionLimits: Readonly<Record<string, number>>;
};

/**
 * Creates a Job that creates a role and a database of its name for each service. Only the role may connect to the
 * database, which it owns, and the role has no rights elsewhere. The Job keeps existing roles and databases, and
 * updates passwords. It is replaced, and so runs again, whenever its arguments change.
 */
export function createProvisioning(
  args: ProvisioningArgs,
  opts: pulumi.CustomResourceOptions,
): k8s.batch.v1.Job {
  const labels = { app: provisioner, ...recommendedLabels("postgres") };
  return new k8s.batch.v1.Job(
    provisioner,
    {
      metadata: {
        namespace: args.namespace,
        labels,
        // A failed Job is not retried by itself; the next `pulumi up` runs it again.
        annotations: { ...forcePatch, "pulumi.com/replaceUnready": "true" },
      },
      spec: {
        backoffLimit: 1,
        activeDeadlineSeconds: deadlineSeconds,
        template: { metadata: { labels }, spec: podSpec(args) },
      },
    },
    {
      ...opts,
      customTimeouts: { create: `${deadlineSeconds + 30}s` },
    },
  );
}

const podSpec = (args: ProvisioningArgs): k8s.types.input.core.v1.PodSpec => ({
  restartPolicy: "Never",
  automountServiceAccountToken: false,
  enableServiceLinks: false,
  securityContext: podSecurity,
  containers: [
    {
      name: "psql",
      image: args.image,
      command: ["sh", "-euc", provisionScript],
      env: environmentOf({
        SERVICES: Object.keys(args.passwords).join(" "),
        OWNER: `${pulumi.getProject()}/${pulumi.getStack()}`,
        PATIENCE: `${maxReadinessChecks}`,
        PGDATABASE: "postgres",
        PGCONNECT_TIMEOUT: "10", // seconds
        PGPASSWORD: args.adminPassword,
        ...connectionVariables(args),
        ...roleVariables(args),
      }),
      terminationMessagePolicy: "FallbackToLogsOnError",
      securityContext: containerSecurity,
      resources: {
        requests: { cpu: "10m", memory: "32Mi", "ephemeral-storage": "16Mi" },
        limits: { cpu: "500m", memory: "128Mi", "ephemeral-storage": "64Mi" },
      },
      volumeMounts: [{ name: "tmp", mountPath: "/tmp" }],
    },
  ],
  volumes: [{ name: "tmp", emptyDir: { sizeLimit: "1Mi" } }],
});

/** The password and the connection limit of each service's role. */
function roleVariables(args: ProvisioningArgs): Record<string, EnvValue> {
  const variables: Record<string, EnvValue> = {};
  for (const [name, password] of Object.entries(args.passwords)) {
    const limit =
      "externalName" in args ? unlimited : args.connectionLimits[name];
    variables[`PASSWORD_${name}`] = password;
    variables[`CONNECTIONS_${name}`] = `${limit}`;
  }
  return variables;
}

const sslModes = {
  off: "disable",
  require: "require",
  verify: "verify-full",
} as const;

/** The server's address in psql's own variables. */
const connectionVariables = (
  settings: DatabaseSettings,
): Record<string, string> =>
  "externalName" in settings
    ? {
        // The server's own name, not the Service's: its certificate is for that name.
        PGHOST: settings.externalName,
        PGPORT: `${settings.port}`,
        PGUSER: settings.user,
        PGSSLMODE: sslModes[settings.tls],
        ...(settings.certificateAuthority && {
          PGSSLROOTCERT: "/tmp/authority.pem",
          AUTHORITY: settings.certificateAuthority,
        }),
      }
    : { PGHOST: "postgres", PGPORT: `${databasePort}`, PGUSER: "postgres" };
