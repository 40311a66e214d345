#!/usr/bin/env bash
# pki.sh NODES - one CA, certificates for servers and clients, kubeconfigs; all into $STATE/pki.
set -euo pipefail
# shellcheck source=tests/e2e/cluster/settings.sh
source "$(dirname "${BASH_SOURCE[0]}")/settings.sh"
mkdir -p "$PKI"
cd "$PKI"

# certificate NAME SUBJECT [SUBJECT_ALT_NAMES]
certificate()
{
    openssl ecparam -name prime256v1 -genkey -noout -out "$1.key"
    openssl req -new -key "$1.key" -subj "$2" -out "$1.csr"
    openssl x509 -req -in "$1.csr" -CA ca.crt -CAkey ca.key -CAcreateserial -days 365 -out "$1.crt" \
        -extfile <(
            echo "basicConstraints=CA:FALSE"
            echo "keyUsage=digitalSignature,keyEncipherment"
            echo "extendedKeyUsage=serverAuth,clientAuth"
            echo "${3:+subjectAltName=$3}"
        ) 2>/dev/null
    rm "$1.csr"
}

# kubeconfig NAME FILE: NAME's certificate as a way in.
kubeconfig()
{
    cat >"$2" <<YAML
apiVersion: v1
kind: Config
clusters: [{name: vonk-e2e, cluster: {server: "$API", certificate-authority-data: $(base64 -w0 ca.crt)}}]
users: [{name: $1, user: {client-certificate-data: $(base64 -w0 "$1.crt"), client-key-data: $(base64 -w0 "$1.key")}}]
contexts: [{name: vonk-e2e, context: {cluster: vonk-e2e, user: $1}}]
current-context: vonk-e2e
YAML
    chmod 600 "$2"
}

# client NAME SUBJECT
client()
{
    certificate "$1" "$2"
    kubeconfig "$1" "$1.kubeconfig"
}

openssl ecparam -name prime256v1 -genkey -noout -out ca.key
openssl req -x509 -new -key ca.key -subj /CN=vonk-e2e-ca -days 365 -out ca.crt \
    -addext basicConstraints=critical,CA:TRUE \
    -addext keyUsage=critical,keyCertSign,cRLSign,digitalSignature
openssl genrsa -out sa.key 2048 2>/dev/null # signs the tokens of service accounts
openssl rsa -in sa.key -pubout -out sa.pub 2>/dev/null

names=DNS:localhost,IP:127.0.0.1,IP:$LAN.2,IP:$SERVICES.1
for name in kubernetes{,.default,.default.svc,.default.svc.cluster.local}; do
    names+=,DNS:$name
done
certificate apiserver /CN=kube-apiserver "$names"
certificate apiserver-kubelet /O=system:masters/CN=kube-apiserver-kubelet-client
client admin /O=system:masters/CN=admin
client manager /CN=system:kube-controller-manager
client scheduler /CN=system:kube-scheduler
client proxy /CN=system:kube-proxy
for ((i = 0; i < $1; i++)); do
    certificate "n$i" "/O=system:nodes/CN=system:node:n$i" "DNS:n$i,IP:$LAN.1$i"
    kubeconfig "n$i" "n$i.kubeconfig"
done
cp admin.kubeconfig "$KUBECONFIG"
