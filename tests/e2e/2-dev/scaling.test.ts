import assert from "node:assert/strict";
import {
  configure,
  ensureUp,
  generations,
  json,
  ok,
  restoreDev,
  sh,
  until,
} from "../../support/e2e/environment.ts";
import { underLoad } from "../../support/e2e/load.ts";
import { picture } from "../../support/e2e/people.ts";

const streaming = () =>
  json("kubectl get deployment streaming-deployment -o json");
const fixed = { type: "NodePort", nodePort: 30003, replicas: 2 };
const autoscaled = {
  type: "NodePort",
  nodePort: 30003,
  autoscale: { min: 2, max: 4, cpuPercent: 50 },
};

describe("Scaling", function () {
  this.timeout("10m");
  before(async () => {
    await ensureUp();
    await ok("pulumi stack select dev");
    configure("streaming", fixed);
    await ok("pulumi up --yes --skip-preview");
  });
  after(restoreDev);

  it("hands the number of pods over to an autoscaler without touching the pods", async () => {
    const before = await generations();
    configure("streaming", autoscaled);
    await ok("pulumi up --yes --skip-preview");
    assert.deepEqual(await generations(), before);
    assert.equal((await streaming()).spec.replicas, 2);
    const { spec } = await json("kubectl get hpa streaming-autoscaler -o json");
    assert.deepEqual(
      [spec.minReplicas, spec.maxReplicas, spec.scaleTargetRef.name],
      [2, 4, "streaming-deployment"],
    );
  });

  it("adds pods under load, which pulumi up keeps", async () => {
    await underLoad(
      picture,
      () =>
        until(
          async () => assert.equal((await streaming()).status.readyReplicas, 4),
          110,
        ),
      206,
    );
    await ok("pulumi preview --expect-no-changes");
    const { metadata } = await streaming();
    await ok("pulumi up --yes --skip-preview");
    const after = await streaming();
    assert.equal(after.spec.replicas, 4);
    assert.equal(after.metadata.generation, metadata.generation);
  });

  it("rolls out a change to all pods of an autoscaled service", async () => {
    configure("streaming", {
      ...autoscaled,
      resources: { limits: { memory: "300Mi" } },
    });
    await ok("pulumi up --yes --skip-preview");
    const { spec, status } = await streaming();
    assert.deepEqual([spec.replicas, status.updatedReplicas], [4, 4]);
    assert.equal(
      spec.template.spec.containers[0].resources.limits.memory,
      "300Mi",
    );
  });

  it("takes the number of pods back from the autoscaler", async () => {
    configure("streaming", fixed);
    await ok("pulumi up --yes --skip-preview");
    assert.equal((await sh("kubectl get hpa streaming-autoscaler")).code, 1);
    await ok("pulumi up --yes --skip-preview"); // in case the autoscaler changed the number in between
    await until(async () =>
      assert.equal((await streaming()).status.readyReplicas, 2),
    );
  });

  it("limits voluntary evictions to one pod of a service at a time", async () => {
    const pods = await json("kubectl get pods -l app=auth-service -o json");
    const names: string[] = pods.items
      .filter(
        ({ metadata }: { metadata: object }) =>
          !("deletionTimestamp" in metadata),
      )
      .map(({ metadata }: { metadata: { name: string } }) => metadata.name);
    const evict = (name: string) =>
      sh(
        `echo '{"apiVersion":"policy/v1","kind":"Eviction","metadata":{"name":"${name}","namespace":"marquee-dev"}}' | kubectl create --raw /api/v1/namespaces/marquee-dev/pods/${name}/eviction -f -`,
      );
    assert.equal(names.length, 2);
    const [first, second] = names as [string, string];
    assert.equal((await evict(first)).code, 0);
    const refused = await evict(second);
    assert.notEqual(refused.code, 0);
    assert.match(refused.output, /disruption budget/);
    await until(async () => assert.equal((await evict(second)).code, 0), 60);
    await ok("kubectl rollout status deployment auth-deployment");
  });
});
