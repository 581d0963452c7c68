import assert from "node:assert/strict";
import { parse, parseAllDocuments } from "yaml";
import {
  cgroup,
  network,
  pods,
  services,
} from "../../../local/cluster/addresses.ts";
import { configuration } from "../../../local/cluster/node/configuration.ts";

const kubelet = (cgroupVersion: 1 | 2) =>
  parse(configuration(cgroupVersion)["kubelet.yaml"] as string);

/** The parsed documents of a file. */
const documents = (file: string) =>
  parseAllDocuments(configuration(2)[file] as string).map((document) =>
    document.toJS(),
  );

describe("Configuration of the local cluster", () => {
  it("keeps kubelets apart by cgroup on version 1, where the tree is shared", () => {
    const { cgroupRoot, failCgroupV1 } = kubelet(1);
    assert.deepEqual([cgroupRoot, failCgroupV1], [`/${cgroup}`, false]);
  });

  it("sets no cgroup on version 2, where the container has a tree of its own", () => {
    assert.ok(!("cgroupRoot" in kubelet(2)));
    assert.ok(!("failCgroupV1" in kubelet(2)));
  });

  it("differs between cgroup versions only in the kubelet's file", () => {
    const { "kubelet.yaml": one, ...rest1 } = configuration(1);
    const { "kubelet.yaml": two, ...rest2 } = configuration(2);
    assert.notEqual(one, two);
    assert.deepEqual(rest1, rest2);
  });

  it("has only shell variables in node.env", () => {
    assert.match(
      configuration(2)["node.env"] as string,
      /^([A-Z_]+=[^\s"'$]+\n)+$/,
    );
  });

  it("gives pods, Services and load balancers the addresses that the node routes", () => {
    const [, cluster] = documents("kubeadm.yaml");
    const cni = JSON.parse(configuration(2)["cni.conflist"] as string);
    const [pool] = documents("load-balancers.yaml");
    assert.equal(cluster.networking.serviceSubnet, services);
    assert.deepEqual(cni.plugins[0].ipam.ranges, [[{ subnet: pods }]]);
    assert.deepEqual(pool.spec.addresses, [network.loadBalancers]);
  });

  it("points pods at the address on which the cluster's DNS listens", () => {
    assert.deepEqual(kubelet(2).clusterDNS, [network.node]);
    assert.match(
      configuration(2).Corefile as string,
      new RegExp(`^cluster\\.local .*\\{\n    bind ${network.node}\n`),
    );
  });

  it("lets the kubelet start on machines with swap", () => {
    assert.equal(kubelet(2).failSwapOn, false);
  });

  it("routes between pods, so that no bridge needs the module br_netfilter", () => {
    const cni = JSON.parse(configuration(2)["cni.conflist"] as string);
    assert.equal(cni.plugins[0].type, "ptp");
  });

  it("has one default StorageClass", () => {
    const defaults = documents("cluster.yaml").filter(
      ({ kind, metadata }) =>
        kind === "StorageClass" &&
        metadata.annotations["storageclass.kubernetes.io/is-default-class"] ===
          "true",
    );
    assert.equal(defaults.length, 1);
  });
});
