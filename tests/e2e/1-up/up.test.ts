import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { homedir, tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { removeAbandonedTestContainers } from "../../../local/docker/test-containers.ts";
import {
  begin,
  clone,
  container,
  edit,
  ensureUp,
  generations,
  host,
  json,
  ok,
  type Result,
  resourceCount,
  sh,
  until,
} from "../../support/e2e/environment.ts";
import { picture } from "../../support/e2e/people.ts";

const locks = join(
  process.env.XDG_STATE_HOME ?? join(homedir(), ".local/state"),
  "marquee/marquee-1/pulumi/.pulumi/locks/organization/marquee/dev",
);

const held = () =>
  existsSync(locks)
    ? readdirSync(locks).filter((file) => file.endsWith(".json")).length
    : 0;

const containerId = () =>
  ok(`docker container inspect --format '{{.Id}}' ${container}`);

/** The uid of the namespace, which differs in another cluster. */
const namespaceId = () =>
  ok("kubectl get namespace marquee-dev -o jsonpath={.metadata.uid}");

/** Runs a command in the cluster's volume while its container is stopped or removed. */
const inVolume = (image: string, command: string) =>
  ok(
    `docker run --rm --volume ${container}:/var/lib/marquee --workdir /var/lib/marquee --entrypoint sh ${image} -c '${command}'`,
  );
const nodeImage = () =>
  ok(`docker container inspect --format '{{.Config.Image}}' ${container}`);

/** Replaces the API server's certificate by an expired one of the same authority. */
const expireCertificate =
  "cd /var/lib/marquee/pki && openssl req -new -key apiserver.key -subj /CN=kube-apiserver | " +
  "openssl x509 -req -CA ca.crt -CAkey ca.key -days -1 -out /tmp/expired.crt && cat /tmp/expired.crt >apiserver.crt";

describe("npm run up", function () {
  this.timeout("60m"); // it may have to compile Kubernetes and Pulumi
  let first: Result;
  before(async () => {
    // What a killed test run left.
    if ((await sh("docker version")).code === 0)
      await removeAbandonedTestContainers();
    await sh("npm run -s down");
    first = await ensureUp();
  });

  it("prints where its logs are, what it does, and how long each part took", () => {
    assert.match(first.output, /Logs: \/.+marquee-1\/logs/);
    assert.match(
      first.output,
      /✓ local cluster \(registry and Kubernetes\) \(\d+ s\)/,
    );
  });

  it("prints the URLs and three commands to try next", () => {
    assert.match(
      first.stdout,
      new RegExp(`streaming +http://${host}:30003$`, "m"),
    );
    assert.match(first.stdout, /eval "\$\(npm run -s env\)"/);
    assert.match(
      first.stdout,
      /kubectl port-forward service\/auth-service 8081/,
    );
    assert.match(
      first.stdout,
      /pulumi config set --path 'marquee:services.auth.replicas' 5 && pulumi up/,
    );
  });

  it("leaves the clone unchanged", async () => {
    assert.equal(await ok("git status --porcelain"), "");
  });

  it("runs the pods that the stack's configuration asks for", async () => {
    const { items } = await json("kubectl get deployments -o json");
    assert.deepEqual(
      items.map(
        (item: {
          metadata: { name: string };
          status: { readyReplicas: number };
        }) => [item.metadata.name, item.status.readyReplicas],
      ),
      [
        ["auth-deployment", 2],
        ["payment-deployment", 2],
        ["streaming-deployment", 3],
      ],
    );
  });

  it("runs images by digest, from the cluster's registry, that pass Pod Security restricted", async () => {
    const { items } = await json(
      "kubectl get pods -l 'app in (auth-service, payment-service, streaming-service)' -o json",
    );
    assert.equal(items.length, 7);
    for (const { spec } of items)
      assert.match(
        spec.containers[0].image,
        new RegExp(
          `^${host}:5001/marquee-(auth|payment|streaming)@sha256:[0-9a-f]{64}$`,
        ),
      );
    const { metadata } = await json(
      "kubectl get namespace marquee-dev -o json",
    );
    assert.equal(
      metadata.labels["pod-security.kubernetes.io/enforce"],
      "restricted",
    );
    const refused = await sh(
      "kubectl run root --image=busybox --restart=Never",
    );
    assert.match(refused.output, /violates PodSecurity "restricted/);
  });

  it("changes nothing when it is run again", async () => {
    const before = await generations();
    const again = await ok("npm run -s up 2>&1");
    assert.match(
      again,
      new RegExp(`Resources:\\s+${await resourceCount()} unchanged`),
    );
    assert.deepEqual(await generations(), before);
  });

  it("resumes after a run that was killed during an update", async () => {
    const config = join(clone(), "Pulumi.dev.yaml");
    edit(config, /(auth:\n +type: ClusterIP\n +replicas:) 2/, "$1 3");
    const killed = begin("npm run -s up", { detached: true });
    await until(async () => assert.ok(held() === 1), 60);
    process.kill(-(killed.pid as number), "SIGKILL");
    await until(async () =>
      assert.ok(killed.signalCode !== null || killed.exitCode !== null),
    );
    assert.equal(held(), 1, "the killed run leaves its lock");

    const next = await ok("npm run -s up 2>&1");
    assert.match(next, /an earlier `pulumi up` was killed/);
    assert.equal(
      (await json("kubectl get deployment auth-deployment -o json")).spec
        .replicas,
      3,
    );
    await ok("git checkout Pulumi.dev.yaml && pulumi up --yes");
  });

  it("restores a missing kubeconfig from the cluster", async () => {
    const before = [await containerId(), await generations()];
    await ok('rm -r "$KUBECONFIG" "$(dirname "$KUBECONFIG")/node"');
    await ok("npm run -s up");
    assert.deepEqual([await containerId(), await generations()], before);
  });

  it("pushes the base images to a registry that has lost them", async () => {
    const bases = ["node/manifests/24", "postgres/manifests/17"];
    const answers = () =>
      Promise.all(
        bases.map(async (base) => {
          const url = `http://${host}:5001/v2/${base}`;
          const accept = "application/vnd.docker.distribution.manifest.v2+json";
          return (await fetch(url, { headers: { accept } })).status;
        }),
      );
    await ok(
      `docker exec ${container} sh -c 'cd /var/lib/marquee/registry/docker/registry/v2/repositories && rm -r node postgres'`,
    );
    assert.deepEqual(await answers(), [404, 404]);
    await ok("npm run -s up");
    assert.deepEqual(await answers(), [200, 200]);
  });

  it("rejects a cluster of another home folder, as does npm run down", async () => {
    const before = [await containerId(), await namespaceId()];
    const home = mkdtempSync(join(tmpdir(), "marquee-home-"));
    const asAnother = (command: string) =>
      sh(
        `env -u XDG_STATE_HOME -u XDG_CACHE_HOME DOCKER_CONFIG="\${DOCKER_CONFIG:-$HOME/.docker}" HOME=${home} npm run -s ${command}`,
      );
    const belongs = new RegExp(
      `belongs to ${userInfo().username}: its state folder is /.+/marquee-1, yours is ${home}/`,
    );

    const up = await asAnother("up");
    assert.equal(up.code, 1, up.output);
    assert.match(up.output, belongs);
    assert.match(up.output, /`MARQUEE_LOCAL=2 npm run up`/);
    assert.match(up.output, /its owner runs `npm run down`/);

    const down = await asAnother("down");
    assert.equal(down.code, 1, down.output);
    assert.match(down.output, belongs);
    assert.ok(down.output.includes(`docker volume rm ${container}`));

    assert.deepEqual([await containerId(), await namespaceId()], before);
    rmSync(home, { recursive: true });
  });

  it("keeps the cluster's data when the container was killed", async () => {
    const before = await namespaceId();
    await ok(`docker kill ${container}`);
    await ok("npm run -s up");
    assert.equal(await namespaceId(), before);
    await ok("kubectl rollout status deployment --timeout=60s");
    await until(async () => assert.equal((await fetch(picture)).status, 200));
  });

  it("renews certificates that expired while the cluster ran", async () => {
    const before = [await namespaceId(), await generations()];
    await ok(`docker exec ${container} sh -c '${expireCertificate}'`);
    await until(async () => {
      const { output } = await sh("kubectl get --raw /readyz");
      assert.match(output, /certificate has expired/);
    });
    assert.match(
      await ok("npm run -s up 2>&1"),
      /the cluster's certificates have expired: restarting it renews them/,
    );
    assert.deepEqual([await namespaceId(), await generations()], before);
    await ok("kubectl rollout status deployment --timeout=60s");
  });

  it("reuses the volume of a removed container, and renews expired certificates in it", async () => {
    const before = [await namespaceId(), await generations()];
    const image = await nodeImage();
    await ok(`docker rm --force ${container}`);
    await inVolume(image, expireCertificate);
    await ok("npm run -s up");
    assert.deepEqual([await namespaceId(), await generations()], before);
    await ok("kubectl rollout status deployment --timeout=60s");
  });

  it("reports why a cluster can't start, and leaves it unchanged", async () => {
    const before = [await containerId(), await namespaceId()];
    const image = await nodeImage();
    await ok(`docker kill ${container}`);
    await inVolume(
      image,
      "cd etcd/member/snap && mv db good && head -c 100000 /dev/zero >db",
    );
    const failed = await sh("npm run -s up");
    assert.equal(failed.code, 1, failed.output);
    assert.match(failed.output, /The local cluster did not become ready/);
    assert.match(failed.output, /etcd ended with code \d+\.\n.+failed to/s);
    assert.match(failed.output, /`npm run down` deletes the cluster/);

    await inVolume(image, "cd etcd/member/snap && mv good db");
    await ok("npm run -s up");
    assert.deepEqual([await containerId(), await namespaceId()], before);
    await ok("kubectl rollout status deployment --timeout=60s");
  });

  it("resumes a start that was killed", async () => {
    await ok("npm run -s down");
    const killed = begin("npm run -s up", { detached: true });
    await until(async () =>
      assert.equal(
        await ok(
          `docker container inspect --format '{{.State.Running}}' ${container}`,
        ),
        "true",
      ),
    );
    process.kill(-(killed.pid as number), "SIGKILL");
    const before = await containerId();
    const output = await ok("npm run -s up 2>&1");
    assert.match(output, new RegExp(`\\+ ${await resourceCount()} created`));
    assert.equal(await containerId(), before);
  });

  it("is suggested by npm run env, which prints only an error without a cluster", async () => {
    const { code, stdout, output } = await sh("MARQUEE_LOCAL=9 npm run -s env");
    assert.equal(code, 1);
    assert.equal(stdout, "");
    assert.match(
      output,
      /There is no local cluster. `npm run up` creates one./,
    );
  });
});
