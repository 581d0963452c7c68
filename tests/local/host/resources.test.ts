import assert from "node:assert/strict";
import {
  measureHere,
  parseMeasurements,
  type Resources,
  shortages,
  type Work,
} from "../../../local/host/resources.ts";

const GiB = 2 ** 30;
const ample: Resources = {
  engineDisk: { bytes: 100 * GiB, freeBytes: 50 * GiB },
  cacheDisk: { folder: "/home/ada/.cache/marquee", freeBytes: 50 * GiB },
  memoryBytes: 8 * GiB,
  inotifyInstances: 24,
};

/** The only shortage on a machine, or an empty text. */
function shortage(free: Partial<Resources>, work: Work) {
  const [sentence, ...others] = shortages({ ...ample, ...free }, work);
  assert.deepEqual(others, []);
  return sentence ?? "";
}

describe("Resources of a local cluster", () => {
  it("suffice on a large machine", () => {
    for (const work of ["compile", "build", "start"] as const)
      assert.deepEqual(shortages(ample, work), []);
  });

  it("are not rejected if unknown", () => {
    const { cacheDisk } = ample;
    assert.deepEqual(shortages({ cacheDisk }, "build"), []);
  });

  it("include 10 GiB of the engine's disk to compile, 4 GiB to build and 2 GiB to start, besides the 1 % that the kubelet reserves", () => {
    const free = (gib: number) => ({
      engineDisk: { bytes: 100 * GiB, freeBytes: gib * GiB },
    });
    assert.match(
      shortage(free(10.9), "compile"),
      /^The Docker engine has 10\.9 GiB of free disk space, and 11\.0 GiB are needed\. `docker system df`/,
    );
    assert.equal(shortage(free(11), "compile"), "");
    assert.match(shortage(free(4.9), "build"), /and 5\.0 GiB are needed/);
    assert.equal(shortage(free(5), "build"), "");
    assert.match(shortage(free(2.9), "start"), /and 3\.0 GiB are needed/);
    assert.equal(shortage(free(3), "start"), "");
  });

  it("include 1 GiB for the cache, and suggest another cache folder", () => {
    const cacheDisk = { folder: "/nfs/ada/marquee", freeBytes: 0.5 * GiB };
    assert.match(
      shortage({ cacheDisk }, "build"),
      /^The disk of \/nfs\/ada\/marquee has 0\.5 GiB of free space, and 1\.0 GiB are needed\. .+XDG_CACHE_HOME/,
    );
    assert.equal(shortage({ cacheDisk }, "start"), "");
  });

  it("include 3 GiB of memory for a build, and 1.5 GiB for a start", () => {
    assert.match(
      shortage({ memoryBytes: 2 * GiB }, "build"),
      /^The Docker engine has 2\.0 GiB of memory, and 3\.0 GiB are needed\. .+colima start --memory 4/,
    );
    assert.equal(shortage({ memoryBytes: 2 * GiB }, "start"), "");
    assert.match(shortage({ memoryBytes: GiB }, "start"), /and 1\.5 GiB/);
  });

  it("include 24 inotify instances", () => {
    assert.match(
      shortage({ inotifyInstances: 23 }, "start"),
      /^The kernel has 23 inotify instances left for root, and Kubernetes needs 24\. .+`sudo sysctl fs\.inotify\.max_user_instances=512`/,
    );
  });

  it("include mounts of this machine's folders in containers", () => {
    assert.equal(shortage({ mounts: true }, "start"), "");
    assert.match(
      shortage({ mounts: false }, "start"),
      /^Docker can't mount .+, which will have the cluster's configuration\. Set XDG_STATE_HOME/,
    );
  });

  it("are reported for each shortage", () => {
    const none = {
      engineDisk: { bytes: 0, freeBytes: 0 },
      cacheDisk: { folder: "/cache", freeBytes: 0 },
      memoryBytes: 0,
      inotifyInstances: 0,
      mounts: false,
    };
    assert.equal(shortages(none, "start").length, 5);
  });
});

describe("parseMeasurements", () => {
  it("reads the script's measurements of this machine", async () => {
    const { engineDisk, inotifyInstances } = await measureHere("/", 2);
    assert.ok(engineDisk && engineDisk.bytes > engineDisk.freeBytes);
    if (process.platform === "linux") assert.equal(inotifyInstances, 2);
  });

  it("reads disk and inotify instances", () => {
    assert.deepEqual(
      parseMeasurements(
        "diskKiB=264212084\nfreeDiskKiB=36705280\ninotifyInstances=24",
      ),
      {
        engineDisk: { bytes: 264212084 * 1024, freeBytes: 36705280 * 1024 },
        inotifyInstances: 24,
      },
    );
  });

  it("omits values that could not be measured", () => {
    assert.deepEqual(parseMeasurements("inotifyInstances=0"), {
      engineDisk: undefined,
      inotifyInstances: 0,
    });
    assert.deepEqual(parseMeasurements(""), {
      engineDisk: undefined,
      inotifyInstances: undefined,
    });
  });
});
