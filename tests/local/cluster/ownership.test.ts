import assert from "node:assert/strict";
import { network } from "../../../local/cluster/addresses.ts";
import type { Container } from "../../../local/cluster/docker-objects.ts";
import {
  foreignOwner,
  isOwnNetwork,
  ownerLabels,
  requireOwn,
} from "../../../local/cluster/ownership.ts";
import { name, state } from "../../../local/environment.ts";
import { UserError } from "../../../local/user-error.ts";

const mine = "/home/ada/.local/state/marquee/marquee";
const theirs = "/home/bob/.local/state/marquee/marquee";
const labels = (state: string, user: string) => ({
  "marquee.state": state,
  "marquee.user": user,
});

const container = (with_: Partial<Container>): Container => ({
  status: "running",
  startedAt: "2026-11-27T22:38:51.336400418Z",
  image: "marquee/kubernetes",
  labels: null,
  mounts: [],
  ...with_,
});
/** A container of an earlier version, which set no labels. */
const unlabelled = (state: string) =>
  container({
    mounts: [
      { source: "/sys/fs/cgroup", destination: "/sys/fs/cgroup" },
      { source: `${state}/node`, destination: "/node/conf" },
    ],
  });

describe("foreignOwner", () => {
  const owner = (
    objects: Parameters<typeof foreignOwner>[0],
    hadCluster = true,
  ) => foreignOwner(objects, { state: mine, hadCluster });
  const bob = { state: theirs, user: "bob" };

  it("finds no foreign owner if nothing exists", () => {
    assert.equal(owner({}), undefined);
  });

  it("finds no foreign owner of a container or volume with this state folder's label", () => {
    const labelled = { labels: labels(mine, "ada") };
    assert.equal(owner({ container: container(labelled) }, false), undefined);
    assert.equal(owner({ volume: labelled }, false), undefined);
  });

  it("finds no foreign owner if another user, such as root by sudo, used the same state folder", () => {
    const labelled = { labels: labels(mine, "root") };
    assert.equal(
      owner({ container: container(labelled), volume: labelled }),
      undefined,
    );
  });

  it("reads user and state folder from a container's labels", () => {
    assert.deepEqual(
      owner({ container: container({ labels: labels(theirs, "bob") }) }),
      bob,
    );
  });

  it("reads user and state folder from a volume's labels, with or without a container", () => {
    const volume = { labels: labels(theirs, "bob") };
    assert.deepEqual(owner({ volume }), bob);
    assert.deepEqual(
      owner({ volume, container: container({ labels: labels(mine, "ada") }) }),
      bob,
    );
  });

  it("reads the state folder from the mounts of a container without labels", () => {
    assert.deepEqual(owner({ container: unlabelled(theirs) }), {
      state: theirs,
    });
    assert.equal(owner({ container: unlabelled(mine) }, false), undefined);
  });

  it("attributes a volume without labels to the owner of its container", () => {
    const volume = { labels: null };
    assert.equal(
      owner({ volume, container: unlabelled(mine) }, false),
      undefined,
    );
    assert.deepEqual(owner({ volume, container: unlabelled(theirs) }), {
      state: theirs,
    });
  });

  it("doesn't know the owner of a volume without labels or container, unless this state folder had a cluster", () => {
    assert.equal(owner({ volume: { labels: null } }, true), undefined);
    assert.deepEqual(owner({ volume: { labels: null } }, false), {});
    assert.deepEqual(
      owner({ volume: { labels: { other: "label" } } }, false),
      {},
    );
  });

  it("doesn't know the owner of a container that npm run up did not make", () => {
    assert.deepEqual(owner({ container: container({}) }), { state: undefined });
  });
});

describe("requireOwn", () => {
  const objects = { volume: { labels: labels(theirs, "bob") } };
  const message = (command: "up" | "down", found = objects) => {
    try {
      requireOwn(found, command);
    } catch (error) {
      assert.ok(error instanceof UserError);
      return error.message;
    }
    return assert.fail("accepted");
  };

  it("accepts a volume with this environment's labels", () => {
    const [, stateLabel, , userLabel] = ownerLabels() as [
      string,
      string,
      string,
      string,
    ];
    const own = Object.fromEntries(
      [stateLabel, userLabel].map((label) => label.split("=")),
    );
    assert.equal(own["marquee.state"], state);
    requireOwn({ volume: { labels: own } }, "up");
  });

  it("names the owner, both state folders and another environment to `up`", () => {
    const text = message("up");
    assert.match(text, /belongs to bob/);
    assert.ok(text.includes(theirs) && text.includes(state));
    assert.match(text, /`MARQUEE_LOCAL=[23] npm run up`/);
    assert.match(text, /its owner runs `npm run down`/);
  });

  it("tells `down` how to delete another owner's cluster", () => {
    const text = message("down");
    assert.match(text, /belongs to bob/);
    assert.ok(
      text.includes(
        `docker rm --force ${name}; docker volume rm ${name}; docker network rm ${name}`,
      ),
    );
    assert.doesNotMatch(text, /MARQUEE_LOCAL/);
  });

  it("doesn't refer to an unknown owner", () => {
    const text = message("down", {
      container: container({}),
    } as unknown as typeof objects);
    assert.match(text, /of an unknown owner/);
    assert.doesNotMatch(text, /undefined|its owner runs/);
  });
});

describe("isOwnNetwork", () => {
  const own = (labels: Record<string, string> | null, subnet: string) =>
    isOwnNetwork({ network: { id: "1", labels, subnets: [subnet] } });

  it("returns true for this environment's addresses, without a label or with its own", () => {
    assert.equal(own(null, network.subnet), true);
    assert.equal(own(labels(state, "ada"), network.subnet), true);
  });

  it("returns false for another owner's network, other addresses, or no network", () => {
    assert.equal(own(labels(theirs, "bob"), network.subnet), false);
    assert.equal(own(null, "10.1.0.0/16"), false);
    assert.equal(isOwnNetwork({}), false);
  });
});
