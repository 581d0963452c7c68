import assert from "node:assert/strict";
import {
  asInPod,
  ok,
  useContainers,
} from "../../support/components/containers.ts";
import {
  awaited,
  here,
  jobType,
  postgres,
} from "../../support/components/databases.ts";
import { only } from "../../support/components/engine.ts";
import { postgresImage } from "../../support/docker.ts";

const check = "postgres-image-check";
const recommended = {
  "app.kubernetes.io/name": "postgres",
  "app.kubernetes.io/part-of": "marquee",
  "app.kubernetes.io/managed-by": "pulumi",
};
const job = async (settings = here()) =>
  only((await postgres(settings)).resources, jobType, check).inputs;

describe("Postgres: image check", () => {
  it("runs as a Job with a deadline, which the next update replaces if it failed", async () => {
    const { metadata, spec } = await job();
    assert.deepEqual(metadata, {
      namespace: "marquee-dev",
      labels: recommended,
      annotations: {
        "pulumi.com/patchForce": "true",
        "pulumi.com/replaceUnready": "true",
      },
    });
    const { template, ...rest } = spec;
    assert.deepEqual(rest, { backoffLimit: 0, activeDeadlineSeconds: 120 });
    assert.deepEqual(template.metadata, { labels: recommended });
  });

  it("runs the image on the server's node, with the data read-only", async () => {
    const image = "ghcr.io/acme/postgres:18";
    const { affinity, containers, volumes, ...pod } = (
      await job(here({ image }))
    ).spec.template.spec;
    assert.deepEqual(affinity, {
      podAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: [
          {
            topologyKey: "kubernetes.io/hostname",
            labelSelector: { matchLabels: recommended },
          },
        ],
      },
    });
    assert.deepEqual(pod, {
      restartPolicy: "Never",
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: 999,
        runAsGroup: 999,
        fsGroup: 999,
        fsGroupChangePolicy: "OnRootMismatch",
        seccompProfile: { type: "RuntimeDefault" },
      },
    });
    assert.deepEqual(volumes, [
      { name: "data", persistentVolumeClaim: { claimName: "postgres-data" } },
    ]);
    const [{ command, env, ...container }] = containers;
    assert.equal(containers.length, 1);
    assert.deepEqual(env, [
      { name: "PGDATA", value: "/var/lib/postgresql/data/pgdata" },
      { name: "IMAGE", value: image },
    ]);
    assert.deepEqual(command.slice(0, 2), ["bash", "-euc"]);
    assert.deepEqual(container, {
      name: "check",
      image,
      terminationMessagePolicy: "FallbackToLogsOnError",
      securityContext: {
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ["ALL"] },
      },
      resources: {
        requests: { cpu: "10m", memory: "16Mi", "ephemeral-storage": "16Mi" },
        limits: { cpu: "500m", memory: "64Mi", "ephemeral-storage": "64Mi" },
      },
      volumeMounts: [
        { name: "data", mountPath: "/var/lib/postgresql/data", readOnly: true },
      ],
    });
  });

  it("has a longer Pulumi timeout than its own deadline, so that Pulumi reports why it failed", async () => {
    const { options } = await postgres();
    assert.deepEqual(options[check]?.customTimeouts, { create: "150s" });
  });

  it("runs before the server in an update, but after it in the first deployment", async () => {
    const first = (await postgres()).options;
    assert.deepEqual(
      await awaited(first["kubernetes:apps/v1:StatefulSet"]),
      [],
    );
    assert.deepEqual(await awaited(first[check]), ["postgres"]);
    const later = (await postgres(here(), { isDeployed: true })).options;
    assert.deepEqual(await awaited(later["kubernetes:apps/v1:StatefulSet"]), [
      check,
    ]);
    assert.deepEqual(await awaited(later[check]), []);
  });

  it("ignores changes to a deployed server's podManagementPolicy, which is immutable", async () => {
    const { options } = await postgres(here(), { isDeployed: true });
    assert.deepEqual(options["kubernetes:apps/v1:StatefulSet"]?.ignoreChanges, [
      "spec.podManagementPolicy",
    ]);
  });
});

describe("Postgres: image check in Docker", () => {
  const { runToEnd, volume } = useContainers();

  /** Runs the check on a volume with data of this version, or on an empty volume. */
  async function run(version?: string) {
    const data = await volume();
    if (version)
      await ok([
        ...["run", "--rm", "--user", "0", "--volume", `${data}:/data`],
        ...["--entrypoint", "bash", postgresImage, "-c"],
        `mkdir -p /data/pgdata && echo ${version} >/data/pgdata/PG_VERSION && chown -R 999:999 /data`,
      ]);
    const { spec } = (await job(here({ image: postgresImage }))).spec.template;
    return runToEnd(
      asInPod(spec, spec.containers[0], { claims: { "postgres-data": data } }),
    );
  }

  it("passes on an empty volume", async () => {
    assert.deepEqual(await run(), { code: 0, stdout: "", stderr: "" });
  });

  it("passes on data of the image's version", async () => {
    assert.deepEqual(await run("17"), { code: 0, stdout: "", stderr: "" });
  });

  for (const version of ["16", "18", "9.6"])
    it(`fails on data of PostgreSQL ${version}, and says what to do`, async () => {
      assert.deepEqual(await run(version), {
        code: 1,
        stdout: "",
        stderr: `The volume has data of PostgreSQL ${version}, and ${postgresImage} runs PostgreSQL 17, which cannot read it. The server was left as it is. Set marquee:database.image to an image of PostgreSQL ${version}, or dump and restore the data (docs/database.md).\n`,
      });
    });
});
