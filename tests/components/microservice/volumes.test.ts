import assert from "node:assert/strict";
import type { PodVolume } from "../../../components/media-settings.ts";
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
const logShipper = image("log-shipper");

describe("Microservice with volumes", () => {
  it("has them in its pods, and the program where each is mounted, in the order that was said", async () => {
    const { pod } = await auth({}, { volumes });
    assert.deepEqual(pod.volumes, [films.volume, scratch.volume]);
    assert.deepEqual(pod.containers[0].volumeMounts, [
      films.mount,
      scratch.mount,
    ]);
    assert.ok(!("initContainers" in pod));
  });

  it("has the log's folder behind them, with a log sidecar that sees none of them", async () => {
    const { pod } = await auth({ logSidecar: {} }, { volumes, logShipper });
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
    it(`changes nothing else for ${JSON.stringify(settings)}`, async () => {
      const changed = await auth(settings, { volumes, logShipper });
      const plain = await auth(settings, { logShipper });
      const without = ({ volumes, containers, ...pod }: typeof plain.pod) => {
        const [{ volumeMounts, ...container }, ...others] = containers;
        return { ...pod, containers: [container, ...others] };
      };
      assert.deepEqual(without(changed.pod), without(plain.pod));
      assert.deepEqual(changed.service, plain.service);
      assert.deepEqual(count(changed.resources), count(plain.resources));
    });

  it("leaves what it was given as it was, for the next service", async () => {
    const given = [films];
    await auth({ logSidecar: {} }, { volumes: given, logShipper });
    assert.deepEqual(given, [films]);
  });

  for (const volumes of [undefined, []]) {
    const nothing = JSON.stringify(volumes) ?? "nothing";

    it(`has none for ${nothing}`, async () => {
      const { pod } = await auth({}, { volumes });
      assert.ok(!("volumes" in pod));
      assert.ok(!("volumeMounts" in pod.containers[0]));
    });

    it(`has the log's folder alone for ${nothing} with a log sidecar`, async () => {
      const { pod } = await auth({ logSidecar: {} }, { volumes, logShipper });
      assert.deepEqual(pod.volumes, [logs.volume]);
      assert.deepEqual(pod.containers[0].volumeMounts, [logs.mount]);
    });
  }
});
