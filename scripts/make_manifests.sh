#!/usr/bin/env bash
# make_manifests.sh [DIR] - writes manifests/ (or DIR) from charts/vonk, for `kubectl apply -f manifests/`.
# Needs helm: on PATH, or its path in VONK_HELM. tests/deploy checks that manifests/ is what this makes.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
out=${1:-manifests}
helm=${VONK_HELM:-helm}

# part FILE TEMPLATE...: the objects of these templates, without what is helm's own.
part()
{
    local file=$out/$1 template
    shift
    {
        echo "# Made by scripts/make_manifests.sh from charts/vonk: change that."
        for template; do
            "$helm" template vonk charts/vonk --namespace vonk --set crds.keep=false \
                --show-only "templates/$template"
        done | sed -e '/^# Source: /d' -e '/^ *helm\.sh\/chart: /d' \
            -e '/^ *app\.kubernetes\.io\/managed-by: Helm$/d'
    } >"$file"
}

mkdir -p "$out"
cat >"$out/00-namespace.yaml" <<'NAMESPACE'
# Made by scripts/make_manifests.sh from charts/vonk: change that.
---
# The operator and its jobs. All their pods meet the restricted Pod Security Standard.
apiVersion: v1
kind: Namespace
metadata:
  name: vonk
  labels:
    app.kubernetes.io/name: vonk
    app.kubernetes.io/instance: vonk
    pod-security.kubernetes.io/enforce: restricted
    pod-security.kubernetes.io/warn: restricted
NAMESPACE
part 10-crd.yaml crd.yaml
part 20-rbac.yaml rbac.yaml jobs.yaml
part 30-guard.yaml driver-guard.yaml
part 40-operator.yaml operator.yaml
