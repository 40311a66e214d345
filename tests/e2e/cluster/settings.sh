# settings.sh - where the test cluster lives, and what the scripts beside this file share. Sourced.
# shellcheck shell=bash
#
# Every part of the cluster runs in namespaces of its own: `lan` holds a bridge; `cp` (the control
# plane) and each node `n0`, `n1`, ... have a network, mount, pid and UTS namespace. The end of one
# process, their `unshare`, ends all that runs there, with its mounts, routes and packet filters.
# The host gets one veth into the bridge and routes to pods and services: no rule, no sysctl.
#
#     host 10.88.0.1 --- bridge --- cp 10.88.0.2
#                           |------ n0 10.88.0.10, its pods 10.243.0.0/24
#                           '------ n1 10.88.0.11, its pods 10.243.1.0/24

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
TOP=$(cd "$HERE/../../.." && pwd)
export VONK_CLUSTER_STATE=${VONK_CLUSTER_STATE:-$TOP/build/cluster}
export VONK_CLUSTER_PREFIX=${VONK_CLUSTER_PREFIX:-vk} # of namespaces, cgroups, the veth
export VONK_CLUSTER_NET=${VONK_CLUSTER_NET:-88}       # 10.NET.0.0/24 and what follows from it
STATE=$VONK_CLUSTER_STATE
PREFIX=$VONK_CLUSTER_PREFIX
LAN=10.$VONK_CLUSTER_NET.0
PODS=10.$((VONK_CLUSTER_NET + 155))       # node i has $PODS.i.0/24
SERVICES=10.$((VONK_CLUSTER_NET + 7)).0   # a /16
DNS_IP=$SERVICES.10
API=https://$LAN.2:6443
BIN=$TOP/.cache/kube/bin
CNI_BIN=${CNI_BIN:-/usr/lib/cni}
PKI=$STATE/pki
export KUBECONFIG=$STATE/kubeconfig
export PATH=$BIN:$PATH

die()
{
    printf 'cluster: %s\n' "$*" >&2
    exit 1
}

# within SECONDS WHAT COMMAND...: repeats COMMAND until it succeeds.
within()
{
    local deadline=$((SECONDS + $1)) what=$2
    shift 2
    until "$@" >/dev/null 2>&1; do
        [ $SECONDS -lt $deadline ] || die "$what: not in time; logs are in $STATE"
        sleep 0.2
    done
}

# The roots of all cgroup hierarchies with controllers: one with cgroup v2, many with v1.
cgroup_roots()
{
    local root
    if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
        echo /sys/fs/cgroup
        return
    fi
    for root in /sys/fs/cgroup/*/; do
        [ -e "$root/cgroup.procs" ] && [ "$root" != /sys/fs/cgroup/unified/ ] && echo "${root%/}"
    done
}

# Processes in the cluster's cgroups, of one hierarchy that has all of them.
processes_left()
{
    local root=/sys/fs/cgroup/pids
    [ ! -e /sys/fs/cgroup/cgroup.controllers ] || root=/sys/fs/cgroup
    find "$root/$PREFIX" -name cgroup.procs -exec cat {} + 2>/dev/null | wc -l
}

# The pid, as the host sees it, of the first process in NAME's pid namespace.
first_process()
{
    local outer
    outer=$(cat "$STATE/$1.pid" 2>/dev/null) || return 1
    tr -d ' ' <"/proc/$outer/task/$outer/children" 2>/dev/null
}

# inside NAME COMMAND...: runs COMMAND in the control plane (cp) or in a node (n0).
inside()
{
    local first
    first=$(first_process "$1") && [ -n "$first" ] || die "$1 is not running"
    shift
    nsenter -t "$first" --mount --net --pid --uts -- "$@"
}
