import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { type DeployedDatabase, databasePort } from "../../config/database.ts";
import { environmentOf, type SecretValue } from "../generated-secret.ts";
import { containerSecurity, podSecurity } from "../pod-security.ts";

const data = "/var/lib/postgresql/data";

/** Below the mount, which may have a lost+found and does not belong to PostgreSQL. */
const dataFolder = `${data}/pgdata`;

/** The official image's user, which alone it knows; it owns what is on the volume. */
const user = { runAsUser: 999, runAsGroup: 999 };

/** The security context of every pod that mounts the volume. */
const volumeSecurity = {
  ...podSecurity,
  ...user,
  fsGroup: user.runAsGroup,
  fsGroupChangePolicy: "OnRootMismatch",
};

const answers = {
  exec: { command: ["pg_isready", "--host=127.0.0.1", "--quiet"] },
  timeoutSeconds: 5,
};

/**
 * The pod that PostgreSQL runs in, with nothing to write to but its volume, and what it needs while it runs.
 * @param password the superuser's
 * @param claimName of the volume
 */
export function postgresPod(
  { image, maxConnections, resources }: DeployedDatabase,
  password: SecretValue,
  claimName: pulumi.Input<string>,
): k8s.types.input.core.v1.PodSpec {
  const container = {
    image,
    env: environmentOf({
      POSTGRES_PASSWORD: password,
      // As text sorts in every release of the C library; of data, each page has a checksum; and who comes by
      // `kubectl port-forward` needs the password, too.
      POSTGRES_INITDB_ARGS:
        "--locale-provider=builtin --locale=C.UTF-8 --data-checksums --auth-host=scram-sha-256",
      PGDATA: dataFolder,
    }),
    securityContext: containerSecurity,
    terminationMessagePolicy: "FallbackToLogsOnError",
    resources,
    volumeMounts: [
      { name: "data", mountPath: data },
      { name: "tmp", mountPath: "/tmp" },
      { name: "socket", mountPath: "/var/run/postgresql" },
      { name: "memory", mountPath: "/dev/shm" },
    ],
  };
  return {
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    // Time to write what is in memory; a restart that has to read the log again takes longer.
    terminationGracePeriodSeconds: 60,
    securityContext: volumeSecurity,
    initContainers: [
      {
        ...container,
        name: "password",
        command: ["bash", "-euc", setPassword],
      },
    ],
    containers: [
      {
        ...container,
        name: "postgres",
        args: ["-c", `max_connections=${maxConnections}`],
        ports: [{ name: "postgres", containerPort: databasePort }],
        // After a crash it reads its log before it answers: 10 minutes are a lot of log.
        startupProbe: { ...answers, periodSeconds: 1, failureThreshold: 600 },
        readinessProbe: { ...answers, periodSeconds: 2 },
        // A server that refuses clients for a while is not dead: it may be reading its log.
        livenessProbe: {
          tcpSocket: { port: "postgres" },
          periodSeconds: 10,
          timeoutSeconds: 5,
        },
      },
    ],
    volumes: [
      { name: "data", persistentVolumeClaim: { claimName } },
      { name: "tmp", emptyDir: { sizeLimit: "16Mi" } },
      { name: "socket", emptyDir: { sizeLimit: "1Mi" } },
      { name: "memory", emptyDir: { medium: "Memory", sizeLimit: "128Mi" } },
    ],
  };
}

/**
 * The pod that checks whether an image can be pulled and runs the PostgreSQL version of the data on the volume. It runs on
 * the server's node, as a ReadWriteOnce volume can't be mounted on another.
 * @param labels of all pods of the database
 */
export function imageCheckPod(
  image: string,
  labels: Record<string, string>,
  claimName: pulumi.Input<string>,
): k8s.types.input.core.v1.PodSpec {
  return {
    restartPolicy: "Never",
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    securityContext: volumeSecurity,
    affinity: {
      podAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: [
          {
            topologyKey: "kubernetes.io/hostname",
            labelSelector: { matchLabels: labels },
          },
        ],
      },
    },
    containers: [
      {
        name: "check",
        image,
        command: ["bash", "-euc", checkVersion],
        env: environmentOf({ PGDATA: dataFolder, IMAGE: image }),
        terminationMessagePolicy: "FallbackToLogsOnError",
        securityContext: containerSecurity,
        resources: {
          requests: { cpu: "10m", memory: "16Mi", "ephemeral-storage": "16Mi" },
          limits: { cpu: "500m", memory: "64Mi", "ephemeral-storage": "64Mi" },
        },
        volumeMounts: [{ name: "data", mountPath: data, readOnly: true }],
      },
    ],
    volumes: [{ name: "data", persistentVolumeClaim: { claimName } }],
  };
}

/** Fails where the volume has data of another major version, which PostgreSQL can't read. */
const checkVersion = `
[ -s "$PGDATA/PG_VERSION" ] || exit 0
data=$(<"$PGDATA/PG_VERSION")
[[ $(postgres --version) =~ [0-9]+ ]]
image=\${BASH_REMATCH[0]}
if [ "$data" != "$image" ]; then
  echo "The volume has data of PostgreSQL $data, and $IMAGE runs PostgreSQL $image, which cannot read it. The server was left as it is. Set marquee:database.image to an image of PostgreSQL $data, or move the data as README.md says under Another version of PostgreSQL." >&2
  exit 1
fi
`.trim();

/**
 * Gives the superuser the password that the Secret has, before the server starts: it may be another than the one that the
 * volume was made with. At the first start there is no server yet, and its entry point sets it.
 */
const setPassword = `
[ -s "$PGDATA/PG_VERSION" ] || exit 0
quoted=\${POSTGRES_PASSWORD//\\'/\\'\\'}
postgres --single -j -D "$PGDATA" postgres <<<"ALTER ROLE postgres PASSWORD '$quoted';" >/dev/null
`.trim();
