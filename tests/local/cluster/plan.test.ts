import assert from "node:assert/strict";
import type { DockerObjects } from "../../../local/cluster/docker-objects.ts";
import { saysExpired } from "../../../local/cluster/node/readiness.ts";
import { planStart } from "../../../local/cluster/plan.ts";

const volume = { labels: null };
const network = { id: "net-2", labels: null, subnets: ["172.30.0.0/24"] };
const container = (status: string, networkId = "net-2") => ({
  status,
  startedAt: "2026-11-27T22:38:51Z",
  image: "marquee/kubernetes",
  labels: null,
  mounts: [],
  networkId,
});
const plan = (objects: DockerObjects, certificatesExpired = false) =>
  planStart(objects, certificatesExpired);

describe("planStart", () => {
  it("sets the stacks' state aside and creates everything, if neither container nor volume exists", () => {
    assert.deepEqual(plan({}), [
      "set stacks aside",
      "create volume",
      "create network",
      "write configuration",
      "create container",
      "start",
    ]);
  });

  it("reuses a volume whose container was removed", () => {
    assert.deepEqual(plan({ volume }), [
      "create network",
      "write configuration",
      "create container",
      "start",
    ]);
  });

  it("reuses an existing network", () => {
    assert.deepEqual(plan({ volume, network }), [
      "write configuration",
      "create container",
      "start",
    ]);
    assert.ok(!plan({ network }).includes("create network"));
  });

  for (const status of ["created", "exited"])
    it(`starts a container that is ${status}, and keeps its configuration`, () => {
      assert.deepEqual(
        plan({ volume, network, container: container(status) }),
        ["write missing configuration", "start"],
      );
    });

  it("starts a container that never ran, although it has no network id yet", () => {
    assert.deepEqual(
      plan({ volume, network, container: container("created", "") }),
      ["write missing configuration", "start"],
    );
  });

  it("connects a stopped container to a new network if its own was removed", () => {
    assert.deepEqual(plan({ volume, container: container("exited") }), [
      "create network",
      "connect network",
      "write missing configuration",
      "start",
    ]);
    assert.deepEqual(
      plan({ volume, network, container: container("exited", "net-1") }),
      ["connect network", "write missing configuration", "start"],
    );
  });

  it("unpauses a paused container", () => {
    assert.deepEqual(
      plan({ volume, network, container: container("paused") }),
      ["unpause"],
    );
  });

  it("leaves a running container unchanged, because it may still be starting", () => {
    assert.deepEqual(
      plan({ volume, network, container: container("running") }),
      [],
    );
  });

  it("restarts a running container whose certificates have expired", () => {
    assert.deepEqual(
      plan({ volume, network, container: container("running") }, true),
      ["write missing configuration", "restart"],
    );
  });
});

describe("saysExpired", () => {
  for (const failure of [
    "Unable to connect to the server: tls: failed to verify certificate: x509: certificate has expired or is not yet valid: current time 2026-11-27T23:02:23Z is after 2026-11-26T23:02:23Z",
    "error: You must be logged in to the server (Unauthorized)",
  ])
    it(`returns true for "${failure}"`, () => {
      assert.equal(saysExpired(failure), true);
    });

  for (const failure of [
    "",
    "The connection to the server 172.30.0.2:6443 was refused - did you specify the right host or port?",
    "Unable to connect to the server: net/http: TLS handshake timeout",
    "[-]etcd failed: reason withheld",
  ])
    it(`returns false for "${failure}"`, () => {
      assert.equal(saysExpired(failure), false);
    });
});
