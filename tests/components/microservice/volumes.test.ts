import assert from "node:assert/strict";
import type { PodVolume } from "../../../components/microservice/pod-volume.ts";
import { image } from "../../support/components/configurations.ts";
import { count } from "../../support/components/engine.ts";
import { auth } from "../../support/components/microservices.ts";

const films: PodVolume = {
  volume: {
    name: "films",
    persistentVolumeClaim: { claimName: "films-2026", readOnly: true },
  },
  mount: { name: "films", mountPath: "/films", readOnly: true },
};
const scratch: PodVolume = {
  volume: { name: "scratch", emptyDir: {} },
  mount: { name: "scratch", mountPath: "/tmp" },
};
const volumes = [films, scratch];
const logs = {
  volume: { name: "logs", emptyDir: { sizeLimit: "64Mi" } },
  mount: { name: "logs", mountPath: "/var/log/marquee" },
};
const logShipperImage = image("log-shipper");

describe("Microservice with volumes", () => {
  it("adds the volumes to its pods and mounts them in the given order", async () => {
    const { pod } = await auth({}, { volumes });
    assert.deepEqual(pod.volumes, [films.volume, scratch.volume]);
    assert.deepEqual(pod.containers[0].volumeMounts, [
      films.mount,
      scratch.mount,
    ]);
    assert.ok(!("initContainers" in pod));
  });

  it("adds the log folder after the volumes, and mounts only the log folder in a log sidecar", async () => {
    const { pod } = await auth(
      { logSidecar: {} },
      { volumes, logShipperImage },
    );
    assert.deepEqual(pod.volumes, [films.volume, scratch.volume, logs.volume]);
    assert.deepEqual(pod.containers[0].volumeMounts, [
      films.mount,
      scratch.mount,
      logs.mount,
    ]);
    assert.equal(pod.initContainers.length, 1);
    assert.deepEqual(pod.initContainers[0].volumeMounts, [logs.mount]);
  });

  for (const settings of [{}, { logSidecar: {} }])
    it(`changes nothing but volumes and mounts with settings ${JSON.stringify(settings)}`, async () => {
      const changed = await auth(settings, { volumes, logShipperImage });
      const plain = await auth(settings, { logShipperImage });
      const without = ({ volumes, containers, ...pod }: typeof plain.pod) => {
        const [{ volumeMounts, ...container }, ...others] = containers;
        return { ...pod, containers: [container, ...others] };
      };
      assert.deepEqual(without(changed.pod), without(plain.pod));
      assert.deepEqual(changed.service, plain.service);
      assert.deepEqual(count(changed.resources), count(plain.resources));
    });

  it("does not modify the given list of volumes", async () => {
    const given = [films];
    await auth({ logSidecar: {} }, { volumes: given, logShipperImage });
    assert.deepEqual(given, [films]);
  });

  for (const volumes of [undefined, []]) {
    const nothing = JSON.stringify(volumes) ?? "undefined";

    it(`adds no volumes if volumes is ${nothing}`, async () => {
      const { pod } = await auth({}, { volumes });
      assert.ok(!("volumes" in pod));
      assert.ok(!("volumeMounts" in pod.containers[0]));
    });

    it(`adds only the log folder with a log sidecar if volumes is ${nothing}`, async () => {
      const { pod } = await auth(
        { logSidecar: {} },
        { volumes, logShipperImage },
      );
      assert.deepEqual(pod.volumes, [logs.volume]);
      assert.deepEqual(pod.containers[0].volumeMounts, [logs.mount]);
    });
  }
});
