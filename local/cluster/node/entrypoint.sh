#!/bin/bash
# PID 1 of the node container: registry, containerd, etcd, Kubernetes, CoreDNS, metrics-server, NetworkPolicy and
# MetalLB's controller as plain processes. Ends when any of them ends. Prints a line for each step of its start, which
# tells `up` that it progresses, and "ready" when pods can be scheduled.
set -eu
CONF=/node/conf
# shellcheck source=/dev/null
. $CONF/node.env
export KUBECONFIG=$VAR/super-admin.conf
P=$VAR/pki

declare -A programs # names by process id
declare -A log_starts # sizes of the programs' logs before they were started
start() {
  local name=$1 log=$VAR/logs/$1.log
  shift
  touch "$log"
  log_starts[$name]=$(stat -c %s "$log")
  "$@" >>"$log" 2>&1 &
  programs[$!]=$name
  echo "$name was started"
}
# Fails if a program has ended.
all_run() { local pid; for pid in "${!programs[@]}"; do [ -d "/proc/$pid" ] || return; done; }
# The end of a program's log, without stack traces.
log_end() {
  echo "The end of $1's log:"
  tail -c "+$((${log_starts[$1]:-0} + 1))" "$VAR/logs/$1.log" | grep -Ev '^(\s|goroutine |created by |[^ {]+\(.*\)$|$)' | sed 's/,"stacktrace":.*//' | tail -n 5 | cut -c -400 | sed 's/^/  /'
}
# Says why the node ends: which programs have ended, and their last words.
report() {
  local code=$? pid status
  set +e
  for pid in "${!programs[@]}"; do
    [ -d "/proc/$pid" ] && continue
    wait "$pid"
    status=$?
    echo "${programs[$pid]} ended with code $status."
    log_end "${programs[$pid]}"
  done
  exit $code
}
trap report EXIT
# wait_for CONDITION PROGRAMS COMMAND…: waits until the command succeeds, and prints the condition. After 5 s it says
# what it waits for, with the ends of the logs of the programs that it depends on.
wait_for() {
  local output program began=$SECONDS condition=$1 depends=$2
  shift 2
  until output=$("$@" 2>&1); do
    all_run || exit 1
    if [ "$depends" ] && ((SECONDS - began >= 5)); then
      echo "waiting until $condition: ${output//$'\n'/$'\n  '}"
      for program in $depends; do log_end "$program"; done
      depends=
    fi
    # On a slow machine, asking must not take the time that the programs need.
    if ((SECONDS - began < 5)); then sleep 0.05; else sleep 0.5; fi
  done
  echo "$condition"
}
# With a time limit: while a request hangs, this script doesn't notice that a program has ended.
ask() { kubectl --request-timeout=20s "$@"; }
listens() { (: <"/dev/tcp/127.0.0.1/$1"); }
clients() { echo "--kubeconfig $1 --authentication-kubeconfig $1 --authorization-kubeconfig $1"; }
# Whether a certificate is valid for 30 days more.
lasts() { openssl x509 -noout -checkend 2592000; }
certificates_last() {
  local name file
  for name in "${leaves[@]}"; do lasts <"$P/$name.crt" || return; done
  for name in "${kubeconfigs[@]}"; do sed -n 's/ *client-certificate-data: //p' "$VAR/$name.conf" | base64 -d | lasts || return; done
  for file in "$VAR/kubelet/pki/kubelet.crt" "$VAR/metrics-server/apiserver.crt"; do [ ! -e "$file" ] || lasts <"$file" || return; done
}

mkdir -p "$VAR"/{logs,registry,kubelet,cni-addresses,pod-logs,volume-plugins,volumes} "$RUN/cni"
cp $CONF/cni.conflist "$RUN/cni/10-pods.conflist"
mount -o remount,rw /sys
mount --make-rshared /
if [ -f /sys/fs/cgroup/cgroup.controllers ]; then
  # cgroup v2: a group with processes can't delegate controllers to its children, so all processes move into one of
  # their own. A `docker exec`, such as `up`'s question whether the node is ready, may add a process in between: try
  # until it works.
  mount -o remount,rw /sys/fs/cgroup
  mkdir -p /sys/fs/cgroup/node
  delegate() {
    xargs -rn1 </sys/fs/cgroup/cgroup.procs >/sys/fs/cgroup/node/cgroup.procs || true
    sed 's/ / +/g; s/^/+/' /sys/fs/cgroup/cgroup.controllers >/sys/fs/cgroup/cgroup.subtree_control
  }
  wait_for "cgroup controllers are delegated" "" delegate
else
  # cgroup v1: the kubelet's own branch in every hierarchy; a new cpuset has no cores and no memory until it is told.
  for d in /sys/fs/cgroup/*/; do mkdir -p "$d$CGROUP"; done
  for f in cpus mems; do cat /sys/fs/cgroup/cpuset/cpuset.$f >"/sys/fs/cgroup/cpuset/$CGROUP/cpuset.$f"; done
fi
# The kubelet sets these for the whole machine, where they would stay: a laptop would restart 10 s after any kernel
# oops. Here it finds them set already, in files that only the node sees.
for setting in vm/overcommit_memory=1 vm/panic_on_oom=0 kernel/panic=10 kernel/panic_on_oops=1 kernel/keys/root_maxkeys=1000000 kernel/keys/root_maxbytes=25000000; do
  name=${setting%=*}
  mkdir -p "$RUN/sysctl/${name%/*}"
  echo "${setting#*=}" >"$RUN/sysctl/$name"
  [ ! -e "/proc/sys/$name" ] || mount --bind "$RUN/sysctl/$name" "/proc/sys/$name"
done
echo 1 >/proc/sys/net/ipv4/ip_forward
ip route replace local "$SERVICES" dev lo src "$NODE"
ip route replace local "$LOAD_BALANCERS" dev lo # load balancers' addresses: ours, so that we answer ARP for them

# Until a pod's network policies are in force, it gets no new connections, and none of its own but to the node's DNS:
# kube-network-policy adds its address to the set then. The kubelet's probes pass, since they are not forwarded.
ipset create enforced-pods hash:ip
iptables -t mangle -A PREROUTING -s "$PODS" -d "$NODE" -p udp --dport 53 -j ACCEPT
iptables -t mangle -A PREROUTING -s "$PODS" -m conntrack --ctstate NEW -m set ! --match-set enforced-pods src -j DROP
iptables -t mangle -A FORWARD -d "$PODS" -m conntrack --ctstate NEW -m set ! --match-set enforced-pods dst -j DROP
# No pod has survived the start. The address that was given out last is kept: those that the API server still shows for
# pods from before must not be given to others.
find "$VAR/cni-addresses" -type f ! -name 'last_reserved_ip.*' -delete

start registry docker-registry serve $CONF/registry.yaml
start containerd containerd --config $CONF/containerd.toml
# No fsync: this cluster is for development and survives a restart, not a power cut.
start etcd etcd --name node --data-dir "$VAR/etcd" --unsafe-no-fsync --log-level warn \
  --listen-client-urls http://127.0.0.1:2379 --advertise-client-urls http://127.0.0.1:2379 \
  --listen-peer-urls http://127.0.0.1:2380 --initial-advertise-peer-urls http://127.0.0.1:2380 --initial-cluster node=http://127.0.0.1:2380
# Leaf certificates last a year, authorities ten. Those that are missing, damaged or about to expire are made anew.
leaves=(apiserver apiserver-kubelet-client front-proxy-client)
kubeconfigs=(admin super-admin kubelet controller-manager scheduler)
if ! certificates_last >/dev/null 2>&1; then
  # Until an API server has run, nothing depends on the keys, and kubeadm may have been killed while it wrote one.
  [ -e "$VAR/logs/kube-apiserver.log" ] || rm -rf "$P"
  for name in "${leaves[@]}"; do rm -f "$P/$name.crt" "$P/$name.key"; done
  for name in "${kubeconfigs[@]}"; do rm -f "$VAR/$name.conf"; done
  rm -rf "$VAR/kubelet/pki" "$VAR/metrics-server"
  { kubeadm init phase certs all --config $CONF/kubeadm.yaml &&
    kubeadm init phase kubeconfig all --config $CONF/kubeadm.yaml --kubeconfig-dir "$VAR"; } >"$VAR/logs/kubeadm.log" 2>&1 ||
    { echo "kubeadm failed."; log_end kubeadm; exit 1; }
fi
wait_for "etcd listens" etcd listens 2379 # an API server that finds no etcd sleeps for a whole second
start kube-apiserver kube-apiserver --advertise-address "$NODE" --bind-address 0.0.0.0 --secure-port 6443 \
  --etcd-servers http://127.0.0.1:2379 --service-cluster-ip-range "$SERVICES" --service-node-port-range "$NODE_PORTS" --allow-privileged \
  --kubelet-preferred-address-types InternalIP --authorization-mode Node,RBAC --enable-admission-plugins NodeRestriction \
  --client-ca-file "$P/ca.crt" --tls-cert-file "$P/apiserver.crt" --tls-private-key-file "$P/apiserver.key" \
  --kubelet-client-certificate "$P/apiserver-kubelet-client.crt" --kubelet-client-key "$P/apiserver-kubelet-client.key" \
  --service-account-issuer https://kubernetes.default.svc.cluster.local \
  --service-account-key-file "$P/sa.pub" --service-account-signing-key-file "$P/sa.key" \
  --requestheader-client-ca-file "$P/front-proxy-ca.crt" --requestheader-allowed-names front-proxy-client \
  --requestheader-extra-headers-prefix X-Remote-Extra- --requestheader-group-headers X-Remote-Group --requestheader-username-headers X-Remote-User \
  --proxy-client-cert-file "$P/front-proxy-client.crt" --proxy-client-key-file "$P/front-proxy-client.key"
wait_for "containerd listens" containerd test -S "$RUN/containerd.sock"
wait_for "containerd has the pause image" containerd ctr --address "$RUN/containerd.sock" --namespace k8s.io images import /node/pause.tar
wait_for "the API server listens" kube-apiserver listens 6443
wait_for "the API server is ready" "etcd kube-apiserver" ask get --raw /readyz
# Without the higher rates the first service accounts take 4.5 s longer.
# shellcheck disable=SC2046
start kube-controller-manager kube-controller-manager $(clients "$VAR/controller-manager.conf") --bind-address 127.0.0.1 --leader-elect=false \
  --use-service-account-credentials --kube-api-qps 1000 --kube-api-burst 1000 --root-ca-file "$P/ca.crt" --service-account-private-key-file "$P/sa.key" \
  --cluster-signing-cert-file "$P/ca.crt" --cluster-signing-key-file "$P/ca.key"
# shellcheck disable=SC2046
start kube-scheduler kube-scheduler $(clients "$VAR/scheduler.conf") --bind-address 127.0.0.1 --leader-elect=false
start kubelet kubelet --config $CONF/kubelet.yaml --kubeconfig "$VAR/kubelet.conf" --root-dir "$VAR/kubelet" --cert-dir "$VAR/kubelet/pki" \
  --hostname-override node --node-ip "$NODE"
start kube-proxy kube-proxy --kubeconfig "$KUBECONFIG" --hostname-override node --proxy-mode iptables --cluster-cidr "$PODS" \
  --iptables-min-sync-period 100ms --conntrack-max-per-core 0 --conntrack-min 0 --conntrack-tcp-timeout-established 0s \
  --conntrack-tcp-timeout-close-wait 0s --bind-address "$NODE" --healthz-bind-address 127.0.0.1:10256 --metrics-bind-address 127.0.0.1:10249
start volumes kube-volumes --kubeconfig "$KUBECONFIG" --folder "$VAR/volumes" --node node
start coredns coredns -conf $CONF/Corefile
wait_for "the API server has the cluster's own objects" kube-apiserver ask apply --server-side --force-conflicts -f $CONF/cluster.yaml -f /node/crds
# shellcheck disable=SC2046
start metrics-server metrics-server $(clients "$KUBECONFIG") --bind-address "$NODE" --secure-port 4443 --cert-dir "$VAR/metrics-server" \
  --kubelet-insecure-tls --kubelet-preferred-address-types InternalIP --metric-resolution 10s --kubelet-request-timeout 5s
wait_for "MetalLB's kinds are established" kube-apiserver ask wait --for=condition=Established crd --all --timeout=5s
start metallb metallb-controller --namespace metallb-system --webhook-mode disabled --log-level warn
wait_for "load balancers have a range of addresses" kube-apiserver ask apply --server-side --force-conflicts -f $CONF/load-balancers.yaml
wait_for "the default service account exists" kube-controller-manager ask get serviceaccount default
wait_for "the node is registered" kubelet ask get node node # kube-network-policy ends if it finds no node
start network-policy kube-network-policy --kubeconfig "$KUBECONFIG" --hostname-override node --enforced-pods enforced-pods \
  --service-cluster-ip-range "$SERVICES" --service-node-port-range "$NODE_PORTS"
wait_for "the kubelet is healthy" kubelet listens 10248 # after a restart, the API server still shows the node as ready
wait_for "the node is ready" kubelet ask wait --for=condition=Ready node/node --timeout=5s
echo ready
wait -n
