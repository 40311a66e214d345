#!/usr/bin/env bash
# programs.sh - fills .cache/kube/bin with the programs and images of a cluster: from what is at hand, else built.
#
# At hand: $VONK_KUBE_BIN, a directory or a kube-bin.tar.zst; or a kube-bin.tar.zst in a folder kube/ beside
# this checkout. Built: Kubernetes, etcd and kubectl as one program (12 minutes on 2 cores), Helm and CoreDNS
# (2 minutes), through the Go module proxy. `programs.sh --at-hand` only says whether nothing has to be built.
set -euo pipefail
# shellcheck source=tests/e2e/cluster/settings.sh
source "$(dirname "${BASH_SOURCE[0]}")/settings.sh"
PROGRAMS=(etcd kube-apiserver kube-controller-manager kube-scheduler kubelet kube-proxy kubectl)

complete()
{
    [ -x "$BIN/allinone" ] && [ -x "$BIN/helm" ] && [ -e "$BIN/images/coredns.tar" ] &&
        [ -e "$BIN/images/pause.tar" ] && [ -e "$BIN/images/busybox.tar" ]
}

at_hand()
{
    local found
    for found in "${VONK_KUBE_BIN:-}" "$TOP"/../*/kube/kube-bin.tar.zst; do
        [ ! -e "$found" ] || {
            realpath "$found"
            return
        }
    done
    [ -z "${VONK_KUBE_BIN:-}" ] || die "VONK_KUBE_BIN: no $VONK_KUBE_BIN"
    return 1
}

take() # DIRECTORY_OR_ARCHIVE
{
    rm -rf "$BIN.new"
    mkdir -p "$BIN.new"
    if [ -d "$1" ]; then
        cp -a "$1/." "$BIN.new/"
    else
        tar --zstd -xf "$1" -C "$BIN.new" --strip-components=1
    fi
    rm -rf "$BIN"
    mv "$BIN.new" "$BIN"
}

build() # FOLDER OUT LDFLAGS [PACKAGE]
{
    echo "cluster: building $1 (see tests/e2e/cluster/README.md for ready programs)" >&2
    (cd "$HERE/$1" && CGO_ENABLED=0 nice go build -trimpath -ldflags "-s -w $3" -o "$BIN/$2" "${4:-.}")
}

module_version() # FOLDER MODULE
{
    (cd "$HERE/$1" && go list -m -f '{{.Version}}' "$2")
}

build_programs()
{
    local version flags="" package program
    command -v go >/dev/null || die "no programs at hand (VONK_KUBE_BIN) and no Go to build them with"
    version=$(module_version allinone k8s.io/kubernetes)
    for package in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
        flags+=" -X $package.gitVersion=$version -X $package.gitMajor=1"
        flags+=" -X $package.gitMinor=$(cut -d . -f 2 <<<"$version") -X $package.gitTreeState=clean"
    done
    build allinone allinone "$flags"
    for program in "${PROGRAMS[@]}"; do
        ln -sf allinone "$BIN/$program"
    done
    build helm helm "-X helm.sh/helm/v3/internal/version.version=$(module_version helm helm.sh/helm/v3) \
        -X helm.sh/helm/v3/pkg/chartutil.k8sVersionMajor=1 \
        -X helm.sh/helm/v3/pkg/chartutil.k8sVersionMinor=$(cut -d . -f 2 <<<"$version")" helm.sh/helm/v3/cmd/helm
    build coredns coredns ""
}

build_images()
{
    local work applet
    work=$(mktemp -d)
    mkdir -p "$BIN/images" "$work/pause" "$work/coredns" "$work/busybox/bin" "$work/busybox/tmp"
    cc -Os -s -static -o "$work/pause/pause" "$HERE/pause.c"
    cp "$BIN/coredns" "$work/coredns/"
    cp /bin/busybox "$work/busybox/bin/"
    for applet in $(/bin/busybox --list); do
        [ "$applet" = busybox ] || ln -s busybox "$work/busybox/bin/$applet"
    done
    "$HERE/pack_image.sh" localhost/coredns:1 "$work/coredns" "$BIN/images/coredns.tar" /coredns
    "$HERE/pack_image.sh" localhost/busybox:1 "$work/busybox" "$BIN/images/busybox.tar" /bin/sh
    "$HERE/pack_image.sh" localhost/pause:1 "$work/pause" "$BIN/images/pause.tar" /pause
    rm -rf "$work"
}

if [ "${1:-}" = --at-hand ]; then
    complete || at_hand >/dev/null
    exit
fi
complete || {
    if found=$(at_hand); then
        take "$found"
    else
        mkdir -p "$BIN"
        build_programs
        build_images
    fi
}
