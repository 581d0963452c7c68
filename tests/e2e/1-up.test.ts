import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
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
  resources,
  sh,
  until,
} from "./environment.ts";
import { picture } from "./people.ts";

const locks = join(
  process.env.XDG_STATE_HOME ?? join(homedir(), ".local/state"),
  "marquee/marquee-1/pulumi/.pulumi/locks/organization/marquee/dev",
);

const held = () =>
  existsSync(locks)
    ? readdirSync(locks).filter((file) => file.endsWith(".json")).length
    : 0;

describe("npm run up, on a machine without a cluster", function () {
  this.timeout("60m"); // it may have to compile Kubernetes and Pulumi
  let first: Result;
  before(async () => {
    await sh("npm run -s down"); // what a run of these tests that was killed left behind
    first = await ensureUp();
  });

  it("says where its logs are, what it does, and how long each part took", () => {
    assert.match(first.output, /Logs: \/.+marquee-1\/logs/);
    assert.match(
      first.output,
      /✓ local cluster \(registry and Kubernetes\) \(\d+ s\)/,
    );
  });

  it("ends with the URLs and three commands to try next", () => {
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

  it("leaves the clone as it was", async () => {
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
    assert.match(again, new RegExp(`Resources:\\s+${resources} unchanged`));
    assert.deepEqual(await generations(), before);
  });

  it("picks up where a run was killed in the middle of an update", async () => {
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

  it("goes on with what it held when the machine was restarted", async () => {
    const uid = "kubectl get namespace marquee-dev -o jsonpath={.metadata.uid}";
    const before = await ok(uid);
    await ok(`docker kill ${container}`);
    await ok("npm run -s up");
    assert.equal(await ok(uid), before);
    await ok("kubectl rollout status deployment --timeout=60s");
    await until(async () => assert.equal((await fetch(picture)).status, 200));
  });

  it("begins anew where a run was killed while the cluster started", async () => {
    await ok("npm run -s down");
    const killed = begin("npm run -s up", { detached: true });
    await until(async () =>
      assert.equal(
        await ok(`docker inspect --format '{{.State.Running}}' ${container}`),
        "true",
      ),
    );
    process.kill(-(killed.pid as number), "SIGKILL");
    assert.match(
      await ok("npm run -s up 2>&1"),
      new RegExp(`\\+ ${resources} created`),
    );
  });

  it("prints nothing but an error where there is no cluster to work on", async () => {
    const { code, stdout, output } = await sh("MARQUEE_LOCAL=9 npm run -s env");
    assert.equal(code, 1);
    assert.equal(stdout, "");
    assert.match(output, /There is no local cluster. `npm run up` makes one./);
  });
});
