# The Kubernetes node: containerd, a registry and network tools from Debian, and the programs built from Go modules.
# The configuration is mounted to /node/conf.
ARG DEBIAN
ARG PROGRAMS
FROM ${DEBIAN} AS packages
RUN apt-get update -q \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends \
      ca-certificates catatonit conntrack containerd containernetworking-plugins docker-registry \
      ipset iproute2 iptables mount runc \
 && rm -rf /var/cache/apt /var/lib/apt/lists /var/log/* /usr/share/doc /usr/share/locale /usr/share/man

# The pause image, as an archive that the node imports when it starts: catatonit is its only file.
RUN mkdir -p /node/bin /node/conf /tmp/pause \
 && cd /tmp/pause \
 && tar --create --file layer.tar -C /usr/bin catatonit \
 && printf '{"architecture":"%s","os":"linux","config":{"Entrypoint":["/catatonit","-P"]},"rootfs":{"type":"layers","diff_ids":["sha256:%s"]}}' \
      "$(dpkg --print-architecture)" "$(sha256sum layer.tar | cut -d ' ' -f 1)" >config.json \
 && printf '[{"Config":"config.json","RepoTags":["localhost:5001/pause:1"],"Layers":["layer.tar"]}]' >manifest.json \
 && tar --create --file /node/pause.tar manifest.json config.json layer.tar \
 && rm -r /tmp/pause

FROM ${PROGRAMS} AS programs

FROM packages
COPY --from=programs /programs /node
COPY node.sh /node/
RUN for program in etcd kubeadm kubectl kubelet kube-apiserver kube-controller-manager kube-network-policy \
      kube-proxy kube-scheduler kube-volumes metrics-server; do ln -s kube /node/bin/$program; done
ENV PATH=/node/bin:/usr/sbin:/usr/bin
ENTRYPOINT ["/node/node.sh"]
