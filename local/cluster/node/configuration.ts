import { stringify } from "yaml";
import {
  cgroup,
  host,
  network,
  nodePorts,
  pods,
  services,
} from "../addresses.ts";

/** The node's folder for data that survives a restart, on a Docker volume. */
export const dataFolder = "/var/lib/marquee";

/** The node's folder for data that a restart discards. */
const runFolder = "/run/marquee";

const yaml = (...documents: object[]) =>
  documents.map((document) => stringify(document)).join("---\n");

/**
 * Returns the node's configuration files, by name. They are mounted at /node/conf.
 * @param cgroupVersion of the machine that runs Docker
 */
export const configuration = (
  cgroupVersion: 1 | 2,
): Record<string, string> => ({
  "node.env": Object.entries({
    NODE: network.node,
    LOAD_BALANCERS: network.loadBalancers,
    NODE_PORTS: nodePorts,
    PODS: pods,
    SERVICES: services,
    CGROUP: cgroup,
    VAR: dataFolder,
    RUN: runFolder,
  })
    .map(([key, value]) => `${key}=${value}\n`)
    .join(""),

  "registry.yaml": yaml({
    version: 0.1,
    storage: {
      filesystem: { rootdirectory: `${dataFolder}/registry` },
      delete: { enabled: true },
    },
    http: { addr: ":5001" },
  }),

  "containerd.toml": `version = 2
root = "${dataFolder}/containerd"
state = "${runFolder}/containerd"
disabled_plugins = [${["aufs", "btrfs", "devmapper", "zfs"].map((s) => `"io.containerd.snapshotter.v1.${s}"`).join(", ")}, "io.containerd.internal.v1.opt", "io.containerd.internal.v1.tracing", "io.containerd.tracing.processor.v1.otlp"]

[grpc]
  address = "${runFolder}/containerd.sock"

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "localhost:5001/pause:1"
  stream_server_address = "127.0.0.1"
  netns_mounts_under_state_dir = true
  # Lowering a score needs CAP_SYS_RESOURCE, which the node lacks: every sandbox would fail.
  restrict_oom_score_adj = true

[plugins."io.containerd.grpc.v1.cri".cni]
  bin_dir = "/usr/lib/cni"
  conf_dir = "${runFolder}/cni"
`,

  "cni.conflist": JSON.stringify({
    cniVersion: "0.4.0",
    name: "pods",
    plugins: [
      {
        // Routes packets. With a bridge, pods reach Services only if the module br_netfilter is loaded, and Docker 27.3
        // and later don't load it.
        type: "ptp",
        ipMasq: true,
        ipam: {
          type: "host-local",
          dataDir: `${dataFolder}/cni-addresses`,
          ranges: [[{ subnet: pods }]],
          routes: [{ dst: "0.0.0.0/0" }],
        },
      },
      { type: "portmap", capabilities: { portMappings: true } },
      { type: "firewall" },
    ],
  }),

  // Only for `kubeadm init phase certs` and `kubeadm init phase kubeconfig`, which create keys and kubeconfigs.
  "kubeadm.yaml": yaml(
    {
      apiVersion: "kubeadm.k8s.io/v1beta4",
      kind: "InitConfiguration",
      localAPIEndpoint: { advertiseAddress: network.node, bindPort: 6443 },
      nodeRegistration: {
        name: "node",
        criSocket: `unix://${runFolder}/containerd.sock`,
      },
    },
    {
      apiVersion: "kubeadm.k8s.io/v1beta4",
      kind: "ClusterConfiguration",
      kubernetesVersion: "v1.34.2",
      apiServer: { certSANs: [host, "127.0.0.1", "localhost"] },
      encryptionAlgorithm: "ECDSA-P256",
      certificatesDir: `${dataFolder}/pki`,
      networking: { serviceSubnet: services, dnsDomain: "cluster.local" },
      etcd: { external: { endpoints: ["http://127.0.0.1:2379"] } },
    },
  ),

  "kubelet.yaml": yaml({
    apiVersion: "kubelet.config.k8s.io/v1beta1",
    kind: "KubeletConfiguration",
    address: network.node,
    authentication: { x509: { clientCAFile: `${dataFolder}/pki/ca.crt` } },
    cgroupDriver: "cgroupfs",
    failSwapOn: false, // laptops, WSL 2 and Docker Desktop use swap
    ...(cgroupVersion === 1
      ? { failCgroupV1: false, cgroupRoot: `/${cgroup}` }
      : {}),
    clusterDNS: [network.node],
    clusterDomain: "cluster.local",
    containerRuntimeEndpoint: `unix://${runFolder}/containerd.sock`,
    podLogsDir: `${dataFolder}/pod-logs`,
    volumePluginDir: `${dataFolder}/volume-plugins`,
    resolvConf: "",
    serializeImagePulls: false,
    maxPods: 250, // the default, 110, is too low for a rollout of a service with 100 replicas
    registryPullQPS: 0, // no limit: many pods that start together would get ErrImagePull and back off
    imageGCHighThresholdPercent: 100,
    imageGCLowThresholdPercent: 99,
    evictionHard: {
      "memory.available": "100Mi",
      "nodefs.available": "1%",
      "imagefs.available": "1%",
      "nodefs.inodesFree": "1%",
    },
  }),

  Corefile: `cluster.local in-addr.arpa ip6.arpa {
    bind ${network.node}
    errors
    ready 127.0.0.1:8181
    kubernetes {
        kubeconfig ${dataFolder}/super-admin.conf
        ttl 5
    }
    cache 5
    loadbalance
}
. {
    bind ${network.node}
    errors
    forward . /etc/resolv.conf
    cache 30
}
`,

  // Objects that kubeadm and a distribution's add-ons would create after the control plane.
  "cluster.yaml": yaml(
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRoleBinding",
      metadata: { name: "kubeadm:cluster-admins" },
      roleRef: {
        apiGroup: "rbac.authorization.k8s.io",
        kind: "ClusterRole",
        name: "cluster-admin",
      },
      subjects: [
        {
          apiGroup: "rbac.authorization.k8s.io",
          kind: "Group",
          name: "kubeadm:cluster-admins",
        },
      ],
    },
    {
      apiVersion: "storage.k8s.io/v1",
      kind: "StorageClass",
      metadata: {
        name: "standard",
        annotations: { "storageclass.kubernetes.io/is-default-class": "true" },
      },
      provisioner: "marquee.local/volumes", // provisioned by the node's kube-volumes
      reclaimPolicy: "Delete",
      volumeBindingMode: "WaitForFirstConsumer",
    },
    {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: "metallb-system" },
    },
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "metrics-server", namespace: "kube-system" },
      spec: { ports: [{ port: 443, targetPort: 4443 }] },
    },
    {
      // The metrics server is a process of the node, not a pod.
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: {
        name: "metrics-server",
        namespace: "kube-system",
        labels: { "kubernetes.io/service-name": "metrics-server" },
      },
      addressType: "IPv4",
      endpoints: [{ addresses: [network.node] }],
      ports: [{ name: "", port: 4443, protocol: "TCP" }],
    },
    {
      apiVersion: "apiregistration.k8s.io/v1",
      kind: "APIService",
      metadata: { name: "v1beta1.metrics.k8s.io" },
      spec: {
        group: "metrics.k8s.io",
        version: "v1beta1",
        groupPriorityMinimum: 100,
        versionPriority: 100,
        insecureSkipTLSVerify: true,
        service: { name: "metrics-server", namespace: "kube-system" },
      },
    },
  ),

  "load-balancers.yaml": yaml({
    apiVersion: "metallb.io/v1beta1",
    kind: "IPAddressPool",
    metadata: { name: "local", namespace: "metallb-system" },
    spec: { addresses: [network.loadBalancers] },
  }),
});
