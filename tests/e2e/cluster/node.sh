#!/usr/bin/env bash
# node.sh INDEX - first process of a node: containerd, kubelet, kube-proxy.
set -u
# shellcheck source=tests/e2e/cluster/settings.sh
source "$(dirname "${BASH_SOURCE[0]}")/settings.sh"
# shellcheck source=tests/e2e/cluster/keep.sh
source "$HERE/keep.sh"
NAME=n$1
ETC=/var/lib/node
LOGS=/var/log

# A /var and a /run of its own let every program keep its usual paths.
mkdir -p "$STATE/$NAME/var/"{log,tmp,lib/node/cni,lib/cni,lib/kubelet,lib/containerd}
ln -sfn /run "$STATE/$NAME/var/run"
mount --bind "$STATE/$NAME/var" /var
mount -t tmpfs -o mode=755 tmpfs /run
mount --make-rshared /
hostname "$NAME"
sysctl -qw net.ipv4.ip_forward=1
sysctl -qw net.bridge.bridge-nf-call-iptables=1 # services whose pod is on the caller's node

cat >$ETC/cni/10-bridge.conflist <<JSON
{"cniVersion": "0.4.0", "name": "pods", "plugins": [
  {"type": "bridge", "bridge": "cni0", "isGateway": true, "hairpinMode": true,
   "ipam": {"type": "host-local", "ranges": [[{"subnet": "$PODS.$1.0/24"}]], "routes": [{"dst": "0.0.0.0/0"}]}},
  {"type": "portmap", "capabilities": {"portMappings": true}}]}
JSON
cat >$ETC/containerd.toml <<TOML
version = 2
disabled_plugins = ["io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs",
  "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.aufs", "io.containerd.internal.v1.opt"]
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "localhost/pause:1"
  enable_unprivileged_ports = true
  restrict_oom_score_adj = true # root may lack CAP_SYS_RESOURCE
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "$CNI_BIN"
    conf_dir = "$ETC/cni"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "$(cat "$STATE/snapshotter")"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      SystemdCgroup = false
TOML
: >$ETC/resolv.conf # for pods with dnsPolicy Default: no resolver
cat >$ETC/kubelet.yaml <<YAML
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
address: $LAN.1$1
authentication: {anonymous: {enabled: false}, webhook: {enabled: true}, x509: {clientCAFile: $PKI/ca.crt}}
authorization: {mode: Webhook}
tlsCertFile: $PKI/$NAME.crt
tlsPrivateKeyFile: $PKI/$NAME.key
containerRuntimeEndpoint: unix:///run/containerd/containerd.sock
failCgroupV1: false
cgroupDriver: cgroupfs
cgroupRoot: /$PREFIX/$NAME
kubeletCgroups: /$PREFIX/$NAME/system
clusterDNS: [$DNS_IP]
clusterDomain: cluster.local
resolvConf: $ETC/resolv.conf
failSwapOn: false
imageGCHighThresholdPercent: 100 # images that were imported cannot be pulled again
evictionHard: {memory.available: 100Mi, nodefs.available: 1%, imagefs.available: 1%}
nodeStatusUpdateFrequency: 5s
shutdownGracePeriod: 0s
YAML

keep containerd containerd --config $ETC/containerd.toml
within 60 containerd test -S /run/containerd/containerd.sock
for image in "$BIN"/images/*.tar; do
    ctr -n k8s.io images import --snapshotter "$(cat "$STATE/snapshotter")" "$image" >>$LOGS/import.log 2>&1
done
keep kubelet kubelet --config=$ETC/kubelet.yaml --kubeconfig="$PKI/$NAME.kubeconfig" \
    --hostname-override="$NAME" --node-ip="$LAN.1$1" --runtime-cgroups="/$PREFIX/$NAME/system"
keep kube-proxy kube-proxy --kubeconfig="$PKI/proxy.kubeconfig" --hostname-override="$NAME" \
    --proxy-mode=nftables --cluster-cidr="$PODS.0.0/16" --conntrack-max-per-core=0
stay
