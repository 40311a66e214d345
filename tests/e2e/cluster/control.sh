#!/usr/bin/env bash
# control.sh - first process of the control plane: etcd, API server, controllers, scheduler.
set -u
# shellcheck source=tests/e2e/cluster/settings.sh
source "$(dirname "${BASH_SOURCE[0]}")/settings.sh"
# shellcheck source=tests/e2e/cluster/keep.sh
source "$HERE/keep.sh"
LOGS=$STATE/cp
mkdir -p "$LOGS"
hostname cp

keep etcd etcd --name cp --data-dir "$LOGS/etcd" --unsafe-no-fsync --log-level warn \
    --listen-client-urls http://127.0.0.1:2379 --advertise-client-urls http://127.0.0.1:2379 \
    --listen-peer-urls http://127.0.0.1:2380 --initial-advertise-peer-urls http://127.0.0.1:2380 \
    --initial-cluster cp=http://127.0.0.1:2380
keep apiserver kube-apiserver --etcd-servers=http://127.0.0.1:2379 \
    --advertise-address="$LAN.2" --secure-port=6443 --service-cluster-ip-range="$SERVICES.0/16" \
    --allow-privileged --authorization-mode=Node,RBAC --enable-admission-plugins=NodeRestriction \
    --client-ca-file="$PKI/ca.crt" \
    --tls-cert-file="$PKI/apiserver.crt" --tls-private-key-file="$PKI/apiserver.key" \
    --kubelet-certificate-authority="$PKI/ca.crt" --kubelet-preferred-address-types=InternalIP \
    --kubelet-client-certificate="$PKI/apiserver-kubelet.crt" \
    --kubelet-client-key="$PKI/apiserver-kubelet.key" \
    --service-account-issuer=https://kubernetes.default.svc.cluster.local \
    --service-account-key-file="$PKI/sa.pub" --service-account-signing-key-file="$PKI/sa.key"
within 120 "API server" kubectl get --raw /readyz
# A node that is silent for 20 s is NotReady: tests kill nodes.
keep manager kube-controller-manager --kubeconfig="$PKI/manager.kubeconfig" \
    --authentication-kubeconfig="$PKI/manager.kubeconfig" \
    --authorization-kubeconfig="$PKI/manager.kubeconfig" \
    --leader-elect=false --bind-address=127.0.0.1 --kube-api-qps=200 --kube-api-burst=400 \
    --use-service-account-credentials --service-account-private-key-file="$PKI/sa.key" \
    --root-ca-file="$PKI/ca.crt" \
    --cluster-signing-cert-file="$PKI/ca.crt" --cluster-signing-key-file="$PKI/ca.key" \
    --node-monitor-period=1s --node-monitor-grace-period=20s
keep scheduler kube-scheduler --kubeconfig="$PKI/scheduler.kubeconfig" \
    --authentication-kubeconfig="$PKI/scheduler.kubeconfig" \
    --authorization-kubeconfig="$PKI/scheduler.kubeconfig" \
    --leader-elect=false --bind-address=127.0.0.1
stay
