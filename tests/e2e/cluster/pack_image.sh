#!/usr/bin/env bash
# pack_image.sh NAME:TAG DIRECTORY OUT.tar ENTRYPOINT... - packs a directory as an image of one layer, in the
# format of `docker save`, with no daemon and no registry. The same input gives the same bytes.
set -euo pipefail
name=$1 root=$2 out=$(realpath -m "$3")
shift 3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
pack=(tar --sort=name --owner=0 --group=0 --numeric-owner --mtime=@0)
"${pack[@]}" -C "$root" -cf "$work/layer.tar" .
digest=$(sha256sum <"$work/layer.tar" | cut -d ' ' -f 1)
architecture=$(uname -m)
case $architecture in x86_64) architecture=amd64 ;; aarch64) architecture=arm64 ;; esac
jq -cn --arg digest "sha256:$digest" --arg architecture "$architecture" '{
    architecture: $architecture, os: "linux", created: "1970-01-01T00:00:00Z",
    config: {Entrypoint: $ARGS.positional, Env: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"], WorkingDir: "/"},
    rootfs: {type: "layers", diff_ids: [$digest]},
    history: [{created: "1970-01-01T00:00:00Z"}]}' --args -- "$@" >"$work/config.json"
jq -cn --arg name "$name" '[{Config: "config.json", RepoTags: [$name], Layers: ["layer.tar"]}]' \
    >"$work/manifest.json"
"${pack[@]}" -C "$work" -cf "$out" manifest.json config.json layer.tar
