import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { type DatabaseSettings, databasePort } from "../../config/database.ts";
import { timeouts } from "../../packages/service-kit/database/timeouts.ts";
import { type EnvValue, environmentOf } from "../generated-secret.ts";
import { forcePatch, recommendedLabels } from "../naming.ts";
import { containerSecurity, podSecurity } from "../pod-security.ts";

export const provisioner = "postgres-provision";

/** A role without a limit but the server's own: elsewhere, a pooler may serve many pods with few connections. */
const unlimited = -1;

/** Seconds that it may take: a database that is just being started, and a node that has to pull the image. */
const deadlineSeconds = 240;

/**
 * How often it is asked, a second apart, whether the server answers; a question may take 3 s. Then psql says what is wrong,
 * which a pod that is ended by the deadline could not.
 */
const patience = 40;

export interface ProvisioningArgs {
  /** The namespace's name. */
  namespace: pulumi.Input<string>;
  settings: DatabaseSettings;
  /** The password of who makes them. */
  adminPassword: EnvValue;
  /** By service, the password that its role is to have. */
  passwords: Record<string, EnvValue>;
  /** By service, the most connections of its role. Only for a server here. */
  connectionLimits: Readonly<Record<string, number>>;
}

/**
 * A Job that makes each service a role and a database of that name, which nobody else may connect to; the role owns it and
 * may do nothing elsewhere. What is there already stays; passwords become what they are to be. Made anew when any of it changes.
 */
export function createProvisioning(
  {
    namespace,
    settings,
    adminPassword,
    passwords,
    connectionLimits,
  }: ProvisioningArgs,
  opts: pulumi.CustomResourceOptions,
): k8s.batch.v1.Job {
  const labels = { app: provisioner, ...recommendedLabels("postgres") };
  const services = Object.keys(passwords);
  return new k8s.batch.v1.Job(
    provisioner,
    {
      metadata: {
        namespace,
        labels,
        // One that failed is not tried again by itself, but by the next `pulumi up`.
        annotations: { ...forcePatch, "pulumi.com/replaceUnready": "true" },
      },
      spec: {
        backoffLimit: 1,
        activeDeadlineSeconds: deadlineSeconds,
        template: {
          metadata: { labels },
          spec: {
            restartPolicy: "Never",
            automountServiceAccountToken: false,
            enableServiceLinks: false,
            securityContext: podSecurity,
            containers: [
              {
                name: "psql",
                image: settings.image,
                command: ["sh", "-euc", script],
                env: environmentOf({
                  SERVICES: services.join(" "),
                  OWNER: `${pulumi.getProject()}/${pulumi.getStack()}`,
                  PATIENCE: `${patience}`,
                  PGDATABASE: "postgres",
                  PGCONNECT_TIMEOUT: "10", // seconds
                  PGPASSWORD: adminPassword,
                  ...server(settings),
                  ...Object.fromEntries(
                    services.flatMap((name) => [
                      [`PASSWORD_${name}`, passwords[name] as EnvValue],
                      [
                        `CONNECTIONS_${name}`,
                        `${"externalName" in settings ? unlimited : connectionLimits[name]}`,
                      ],
                    ]),
                  ),
                }),
                terminationMessagePolicy: "FallbackToLogsOnError",
                securityContext: containerSecurity,
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
    },
    {
      ...opts,
      customTimeouts: { create: `${deadlineSeconds + 30}s` },
    },
  );
}

/** Where psql finds the server, in its own variables. */
const server = (settings: DatabaseSettings): Record<string, string> =>
  "externalName" in settings
    ? {
        // Not by the Service's name: the server's certificate has its own.
        PGHOST: settings.externalName,
        PGPORT: `${settings.port}`,
        PGUSER: settings.user,
        PGSSLMODE: {
          off: "disable",
          require: "require",
          verify: "verify-full",
        }[settings.tls],
        ...(settings.certificateAuthority && {
          PGSSLROOTCERT: "/tmp/authority.pem",
          AUTHORITY: settings.certificateAuthority,
        }),
      }
    : { PGHOST: "postgres", PGPORT: `${databasePort}`, PGUSER: "postgres" };

/**
 * The psql script that creates or updates one service's role and database. It fails if another stack owns the role. No
 * statement depends on the session, because a connection pooler may run each transaction in a different one.
 * Kubernetes would take "$$" for an escaped "$", so the script avoids it.
 */
const sql = `
BEGIN;
SELECT set_config('marquee.role', :'role', true), set_config('marquee.owner', :'owner', true) \\g /dev/null
DO $body$
DECLARE
  owner text := (SELECT shobj_description(oid, 'pg_authid') FROM pg_roles WHERE rolname = current_setting('marquee.role'));
BEGIN
  IF current_setting('marquee.role') = current_user THEN
    RAISE EXCEPTION '% is who makes roles and databases (marquee:database.user), and the name of a service, which needs a role of its own.', current_user;
  END IF;
  IF owner <> current_setting('marquee.owner') THEN
    RAISE EXCEPTION 'The role % on this server is of %, and this is %. Give each stack a database server of its own.',
      current_setting('marquee.role'), owner, current_setting('marquee.owner');
  END IF;
END $body$;
SET LOCAL createrole_self_grant = 'set, inherit';
SELECT format('CREATE ROLE %I', :'role') WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'role') \\gexec
ALTER ROLE :"role" LOGIN CONNECTION LIMIT :connections PASSWORD :'password';
${Object.entries(timeouts)
  .map(([name, ms]) => `ALTER ROLE :"role" SET ${name} = ${ms};`)
  .join("\n")}
COMMENT ON ROLE :"role" IS :'owner';
COMMIT;
SELECT format('CREATE DATABASE %I OWNER %I', :'role', :'role') WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'role') \\gexec
REVOKE ALL ON DATABASE :"role" FROM PUBLIC;
SELECT format('REVOKE CONNECT ON DATABASE %I FROM PUBLIC', datname) FROM pg_database
  WHERE datname IN ('postgres', 'template1') AND pg_has_role(datdba, 'USAGE') \\gexec
`;

/** What the Job runs. Its last words are in the pod's status if it fails. */
export const script = `
if [ -n "\${AUTHORITY:-}" ]; then printf '%s\\n' "$AUTHORITY" >/tmp/authority.pem; fi
for _ in $(seq "$PATIENCE"); do
  if pg_isready --quiet; then break; fi
  sleep 1
done
run() { psql --no-psqlrc --quiet --no-password --set ON_ERROR_STOP=1 "$@"; }
for role in $SERVICES; do
  export ROLE_PASSWORD="$(printenv "PASSWORD_$role")"
  run --set role="$role" --set owner="$OWNER" --set connections="$(printenv "CONNECTIONS_$role")" <<'SQL'
\\getenv password ROLE_PASSWORD
${sql.trim()}
SQL
  echo "role and database: $role"
done
`.trimStart();
