#!/usr/bin/env bash
# cluster.sh - a real Kubernetes cluster of one or two nodes on this machine, for tests. See README.md.
set -euo pipefail
# shellcheck source=tests/e2e/cluster/settings.sh
source "$(dirname "${BASH_SOURCE[0]}")/settings.sh"

usage()
{
    cat <<'HELP'
usage: cluster.sh COMMAND

  up [NODES]          starts it (default: 2 nodes) and waits until it is ready
  down                stops it and removes what it left
  status              its nodes and pods; exit status 1 if it is not up
  check               says what this machine lacks for it; exit status 1 if anything
  load FILE.tar...    brings images into all nodes
  shell NAME CMD...   runs CMD inside the control plane (cp) or a node (n0, n1)
  kill NODE           a node loses power
  boot NODE           and comes back
  signal PROGRAM SIG  to apiserver, etcd, manager or scheduler; one that ends is started again

Environment: VONK_KUBE_BIN (ready programs), VONK_CLUSTER_STATE, VONK_CLUSTER_PREFIX, VONK_CLUSTER_NET.
HELP
}

# --- what the machine must have ---------------------------------------------------------------------------

lacks()
{
    echo "$*"
    return 1
}

has_programs()
{
    local program missing=()
    for program in containerd runc ctr ip nft iptables conntrack jq openssl nsenter zstd; do
        command -v "$program" >/dev/null || missing+=("$program")
    done
    [ -x "$CNI_BIN/bridge" ] || missing+=(containernetworking-plugins)
    [ ${#missing[@]} -eq 0 ] || lacks "programs: ${missing[*]} (packages: scripts/packages.txt, e2e)"
}

can_bridge()
{
    unshare --net sh -c 'ip link add br0 type bridge && ip link add left type veth peer name right &&
        nft add table ip t' >/dev/null 2>&1 ||
        lacks "bridges, veth pairs and nftables in a network namespace"
}

# In a container with cgroup v2 the root cgroup has processes of its own, and so may have no children with
# controllers: they move into a child, as in other programs that start containers in containers.
can_cgroup()
{
    local root pid
    for root in $(cgroup_roots); do
        mkdir -p "$root/$PREFIX" 2>/dev/null || lacks "a writable $root" || return 1
        [ -e "$root/cgroup.controllers" ] || continue
        if ! enable_controllers "$root"; then
            mkdir -p "$root/init"
            while read -r pid; do
                echo "$pid" >"$root/init/cgroup.procs" || true
            done <"$root/cgroup.procs" 2>/dev/null
            enable_controllers "$root" || lacks "cgroup controllers cpu, memory and pids in $root" || return 1
        fi
    done
    [ -n "$(cgroup_roots)" ] || lacks "cgroups in /sys/fs/cgroup"
}

enable_controllers() # DIRECTORY: all there are, for its children
{
    local controller
    for controller in $(cat "$1/cgroup.controllers"); do
        echo "+$controller" >"$1/cgroup.subtree_control" 2>/dev/null || true
    done
    grep -qw memory "$1/cgroup.subtree_control" && grep -qw pids "$1/cgroup.subtree_control"
}

# Which snapshotter containerd can use here: overlay does not lie on overlay.
choose_snapshotter()
{
    local work
    work=$(mktemp -d -p "$STATE")
    mkdir "$work/"{lower,upper,work,merged}
    if unshare --mount mount -t overlay overlay "$work/merged" \
        -o "lowerdir=$work/lower,upperdir=$work/upper,workdir=$work/work" 2>/dev/null; then
        echo overlayfs
    else
        echo native
    fi
    rm -rf "$work"
}

check()
{
    local failed=0
    [ "$(uname -s)" = Linux ] || lacks "Linux" || return 1
    [ "$(id -u)" = 0 ] || lacks "root" || return 1
    modprobe -qa br_netfilter overlay nf_conntrack 2>/dev/null || true
    has_programs || failed=1
    unshare --mount --net --pid --uts --fork --mount-proc true 2>/dev/null ||
        lacks "the right to make namespaces (CAP_SYS_ADMIN)" || return 1
    can_bridge || failed=1
    can_cgroup || failed=1
    [ $failed -ne 0 ] || "$HERE/programs.sh" --at-hand || command -v go >/dev/null ||
        lacks "Kubernetes programs at hand (VONK_KUBE_BIN), and Go to build them" || failed=1
    return $failed
}

# --- up ---------------------------------------------------------------------------------------------------

make_lan()
{
    ip netns add "$PREFIX-lan"
    ip -n "$PREFIX-lan" link add br0 type bridge
    ip -n "$PREFIX-lan" addr add "$LAN.254/24" dev br0
    ip -n "$PREFIX-lan" link set br0 up
    ip link add "$PREFIX-host" type veth peer name host netns "$PREFIX-lan"
    ip -n "$PREFIX-lan" link set host master br0 up
    ip addr add "$LAN.1/24" dev "$PREFIX-host"
    ip link set "$PREFIX-host" up
}

# join_lan NAME IP: network namespace NAME with eth0 on the bridge.
join_lan()
{
    ip netns add "$PREFIX-$1"
    ip link add "$PREFIX-$1" netns "$PREFIX-lan" type veth peer name eth0 netns "$PREFIX-$1"
    ip -n "$PREFIX-lan" link set "$PREFIX-$1" master br0 up
    ip -n "$PREFIX-$1" link set lo up
    ip -n "$PREFIX-$1" addr add "$2/24" dev eth0
    ip -n "$PREFIX-$1" link set eth0 up
    # Without a default route, service addresses would be unreachable; the bridge forwards nothing.
    ip -n "$PREFIX-$1" route add default via "$LAN.254"
}

# Routes to the pods of each node, and to services through node 0, from everywhere.
make_routes()
{
    local i j
    for ((i = 0; i < NODES; i++)); do
        ip route add "$PODS.$i.0/24" via "$LAN.1$i"
        ip -n "$PREFIX-cp" route add "$PODS.$i.0/24" via "$LAN.1$i"
        for ((j = 0; j < NODES; j++)); do
            [ $i = $j ] || ip -n "$PREFIX-n$j" route add "$PODS.$i.0/24" via "$LAN.1$i"
        done
    done
    ip route add "$SERVICES.0/16" via "$LAN.10"
    ip -n "$PREFIX-cp" route add "$SERVICES.0/16" via "$LAN.10"
}

make_cgroups() # NAME
{
    local root directory
    for root in $(cgroup_roots); do
        for directory in "$root/$PREFIX" "$root/$PREFIX/$1" "$root/$PREFIX/$1/system"; do
            mkdir -p "$directory"
            [ -e "$root/cgroup.controllers" ] && [ "$directory" != "$root/$PREFIX/$1/system" ] &&
                enable_controllers "$directory"
            if [ -e "$root/cpuset.cpus" ]; then # version 1: a cpuset starts empty
                cat "$root/cpuset.cpus" >"$directory/cpuset.cpus"
                cat "$root/cpuset.mems" >"$directory/cpuset.mems"
            fi
        done
    done
}

# start NAME SCRIPT ARGUMENT...: SCRIPT is the first process of new namespaces, in cgroup NAME/system.
start()
{
    local name=$1
    shift
    make_cgroups "$name"
    (
        for root in $(cgroup_roots); do
            case $root in
            /sys/fs/cgroup | */memory | */pids | */cpu | */cpuacct) echo $BASHPID >"$root/$PREFIX/$name/system/cgroup.procs" ;;
            esac
        done
        exec setsid nsenter --net="/run/netns/$PREFIX-$name" \
            unshare --mount --pid --uts --fork --kill-child --mount-proc --propagation private "$@"
    ) >>"$STATE/$name.log" 2>&1 </dev/null &
    echo $! >"$STATE/$name.pid"
}

dns()
{
    sed "s/@DNS_IP@/$DNS_IP/" "$HERE/coredns.yaml" | kubectl apply -f - >/dev/null
}

up()
{
    local i lacking started=$SECONDS
    NODES=${1:-2}
    [[ $NODES =~ ^[1-9]$ ]] || die "up: '$NODES' is not a number of nodes from 1 to 9"
    [ ! -e "$STATE/cp.pid" ] || die "already up, or half down: ./dev cluster down"
    lacking=$(check) || die "not possible here, missing: ${lacking//$'\n'/; }"
    "$HERE/programs.sh"
    mkdir -p "$STATE"
    choose_snapshotter >"$STATE/snapshotter"
    "$HERE/pki.sh" "$NODES"
    make_lan
    join_lan cp "$LAN.2"
    for ((i = 0; i < NODES; i++)); do
        join_lan "n$i" "$LAN.1$i"
    done
    make_routes
    start cp "$HERE/control.sh"
    for ((i = 0; i < NODES; i++)); do
        start "n$i" "$HERE/node.sh" "$i"
    done
    within 120 "API server" kubectl get --raw /readyz
    within 60 "CoreDNS's manifest" dns
    for ((i = 0; i < NODES; i++)); do
        within 120 "node n$i" kubectl wait --for=condition=Ready "node/n$i" --timeout=2s
    done
    within 120 CoreDNS kubectl -n kube-system rollout status deploy/coredns --timeout=2s
    within 60 "service accounts" kubectl -n default get serviceaccount default
    echo "cluster: up with $NODES nodes after $((SECONDS - started)) s; export KUBECONFIG=$KUBECONFIG"
}

# --- down -------------------------------------------------------------------------------------------------

# A pid file may be stale: only an `unshare` is ended, and with it all that runs in its namespaces.
power_off() # NAME
{
    local outer
    outer=$(cat "$STATE/$1.pid" 2>/dev/null) || return 0
    ! grep -qz '^unshare$' "/proc/$outer/cmdline" 2>/dev/null || kill -KILL "$outer"
    rm -f "$STATE/$1.pid"
}

no_processes()
{
    [ "$(processes_left)" = 0 ]
}

down()
{
    local file root namespace
    for file in "$STATE"/*.pid; do
        [ -e "$file" ] && power_off "$(basename "$file" .pid)"
    done
    within 30 "the end of all processes" no_processes
    for root in /sys/fs/cgroup /sys/fs/cgroup/*/; do # runc makes some beyond cgroup_roots
        [ ! -d "$root/$PREFIX" ] || find "$root/$PREFIX" -depth -type d -exec rmdir {} +
    done
    for namespace in $(ip netns list | awk -v prefix="$PREFIX-" 'index($1, prefix) == 1 {print $1}'); do
        ip netns del "$namespace"
    done
    ip link del "$PREFIX-host" 2>/dev/null || true
    rm -rf "$STATE"
}

# --- while it is up ---------------------------------------------------------------------------------------

nodes()
{
    local file
    for file in "$STATE"/n[0-9].pid; do
        basename "$file" .pid
    done
}

status()
{
    [ -e "$STATE/cp.pid" ] || {
        echo "cluster: not up"
        return 1
    }
    echo "export KUBECONFIG=$KUBECONFIG"
    kubectl get nodes -o wide
    kubectl get pods --all-namespaces
}

load()
{
    local image node
    for image in "$@"; do
        for node in $(nodes); do
            inside "$node" ctr -n k8s.io images import --snapshotter "$(cat "$STATE/snapshotter")" - <"$image"
        done
    done
}

boot() # NODE
{
    [ -d "$STATE/$1" ] || die "boot: no node '$1'"
    start "$1" "$HERE/node.sh" "${1#n}"
}

# A pid in PROGRAM.pid is one of the control plane's own pid namespace.
signal() # PROGRAM SIGNAL
{
    inside cp kill "-$2" "$(cat "$STATE/cp/$1.pid")"
}

command=${1:-help}
shift || true
case $command in
help | -h | --help) usage ;;
kill) power_off "$@" ;;
shell) inside "$@" ;;
up | down | status | check | load | boot | signal) "$command" "$@" ;;
*)
    usage >&2
    exit 2
    ;;
esac
