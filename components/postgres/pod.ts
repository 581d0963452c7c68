import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { type DeployedDatabase, databasePort } from "../../config/database.ts";
import { environmentOf, type SecretValue } from "../container-environment.ts";
import { containerSecurity, podSecurity } from "../pod-security.ts";
import { checkVersion, setPassword } from "./scripts.ts";

const data = "/var/lib/postgresql/data";

/** A folder below the mount, which may contain lost+found and does not belong to PostgreSQL's user. */
const dataFolder = `${data}/pgdata`;

/** The official image's user, the only one it supports. It owns the files on the volume. */
const user = { runAsUser: 999, runAsGroup: 999 };

/** The security context of every pod that mounts the volume. */
const volumeSecurity = {
  ...podSecurity,
  ...user,
  fsGroup: user.runAsGroup,
  fsGroupChangePolicy: "OnRootMismatch",
};

const isReady = {
  exec: { command: ["pg_isready", "--host=127.0.0.1", "--quiet"] },
  timeoutSeconds: 5,
};

/**
 * The pod that runs PostgreSQL. Only its volume and temporary folders are writable.
 * @param password the superuser's
 * @param claimName the name of the volume's claim
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
      // The builtin locale sorts text the same in every release of the C library. Data pages have checksums. Local
      // connections, such as those of `kubectl port-forward`, need the password, too.
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
    // Time for the shutdown checkpoint. Without one, the restart takes longer, as it replays the write-ahead log.
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
        // After a crash, the server replays its write-ahead log before it answers. 10 minutes are enough for a long
        // one.
        startupProbe: { ...isReady, periodSeconds: 1, failureThreshold: 600 },
        readinessProbe: { ...isReady, periodSeconds: 2 },
        // TCP only: a server that rejects clients may be replaying its log, and must not be restarted.
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
 * The pod that checks whether an image can be pulled and has the PostgreSQL version of the data on the volume. It runs
 * on the server's node, as a ReadWriteOnce volume can't be mounted on another.
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
