#!/usr/bin/env bash
# Lets a real API server judge base and overlays: strict validation, admission and
# defaults, as a dry run.
#
#	deploy/kubernetes/validate.sh       an API server of its own
#	deploy/kubernetes/validate.sh -c    that of the current context of kubectl
#
# Without -c it builds kube-apiserver, kubectl and etcd from the Go module proxy (once,
# ten minutes on two cores, 4 GB of disk), starts them on loopback ports with a
# certificate and a token that are thrown away, and ends them. The definition of
# PodMonitor is that of the Prometheus Operator. Then the leader's tests of
# contrib/kubernetes run against that server, with the rights of components/leader and no
# others. It needs go and openssl.
#
# It exits with 0 if all are accepted, and what is wrong on purpose is refused. With -c,
# namespaces that do not exist are created.
set -euo pipefail
cd "$(dirname "$0")"
kubernetes=${KUBERNETES_VERSION:-v1.37.2}
operator=${PROMETHEUS_OPERATOR_VERSION:-v0.85.0}
tools=${VALIDATE_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/graceful-validate}/$kubernetes
etcd=$PWD/../../contrib/etcd/go.mod # the version that is tested with
export GOWORK=off

# fetched MODULE@VERSION prints the folder of a module.
fetched() { (cd / && go mod download -json "$1") | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p'; }

# build builds what is missing. Kubernetes takes its own parts from a folder that is not
# in its module; each is a separate module, with the same version except for the major.
build() {
	mkdir -p "$tools"
	if [ ! -x "$tools/kube-apiserver" ] || [ ! -x "$tools/kubectl" ]; then
		local source
		source=$(fetched "k8s.io/kubernetes@$kubernetes")
		sed -E "s#^(.*) => \./staging/src/(.*)#\1 => \2 v0${kubernetes#v1}#" "$source/go.mod" >"$tools/kubernetes.mod"
		cp "$source/go.sum" "$tools/kubernetes.sum"
		chmod u+w "$tools"/kubernetes.*
		(cd "$source" && GOFLAGS="${GOFLAGS:-} -mod=mod -buildvcs=false" CGO_ENABLED=0 go build -modfile="$tools/kubernetes.mod" \
			-ldflags="-s -w -X k8s.io/component-base/version.gitVersion=$kubernetes" -o "$tools/" ./cmd/kube-apiserver ./cmd/kubectl)
	fi
	if [ ! -x "$tools/etcd" ]; then
		mkdir -p "$tools/etcd-build"
		(cd "$tools/etcd-build" && { [ -f go.mod ] || go mod init etcd-build; } &&
			go get "go.etcd.io/etcd/server/v3@$(awk '$1 == "go.etcd.io/etcd/server/v3" { print $2 }' "$etcd")" && CGO_ENABLED=0 go build -o "$tools/etcd" go.etcd.io/etcd/server/v3)
	fi
}

# free prints a port on which no process listens.
free() {
	local port
	while port=$((20000 + RANDOM % 10000)) && (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do :; done
	echo "$port"
}

started=() # process ids
own=$(mktemp -d)
end() {
	local code=$?
	# Nothing of them is kept, and an orderly stop takes them a minute.
	[ ${#started[@]} -eq 0 ] || { kill -KILL "${started[@]}" 2>/dev/null || true; wait "${started[@]}" 2>/dev/null || true; }
	rm -rf "$own"
	exit "$code"
}
trap end EXIT
trap 'exit 1' INT TERM

# begin starts etcd and the API server, and makes kubectl's configuration for it.
begin() {
	local client peer port token
	client=$(free) peer=$(free) port=$(free) token=$(openssl rand -hex 16)
	openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=validate -addext subjectAltName=IP:127.0.0.1 \
		-keyout "$own/key.pem" -out "$own/cert.pem" 2>/dev/null
	(umask 077 && echo "$token,validate,validate,system:masters" >"$own/tokens")
	"$tools/etcd" --data-dir "$own/etcd" --unsafe-no-fsync --log-level error \
		--listen-client-urls "http://127.0.0.1:$client" --advertise-client-urls "http://127.0.0.1:$client" \
		--listen-peer-urls "http://127.0.0.1:$peer" --initial-advertise-peer-urls "http://127.0.0.1:$peer" \
		--initial-cluster "default=http://127.0.0.1:$peer" >"$own/etcd.log" 2>&1 &
	started+=($!)
	"$tools/kube-apiserver" --etcd-servers "http://127.0.0.1:$client" --bind-address 127.0.0.1 --advertise-address 192.0.2.1 --secure-port "$port" \
		--endpoint-reconciler-type none --tls-cert-file "$own/cert.pem" --tls-private-key-file "$own/key.pem" \
		--service-account-issuer https://validate.invalid --service-account-key-file "$own/key.pem" --service-account-signing-key-file "$own/key.pem" \
		--service-cluster-ip-range 10.0.0.0/24 --authorization-mode RBAC --token-auth-file "$own/tokens" >"$own/apiserver.log" 2>&1 &
	started+=($!)
	export KUBECONFIG=$own/kubeconfig PATH=$tools:$PATH
	kubectl config set-cluster own --server "https://127.0.0.1:$port" --certificate-authority "$own/cert.pem" --embed-certs >/dev/null
	kubectl config set-credentials own --token "$token" >/dev/null
	kubectl config set-context own --cluster own --user own >/dev/null
	kubectl config use-context own >/dev/null
	for _ in $(seq 120); do
		kubectl get --raw /readyz >/dev/null 2>&1 && return
		kill -0 "${started[@]}" 2>/dev/null || break
		sleep 1
	done
	echo "the API server does not become ready:"
	tail -n 20 "$own/etcd.log" "$own/apiserver.log"
	return 1
}

judge() { kubectl apply --server-side --dry-run=server --validate=strict -f -; }

if [ "${1:-}" = -c ]; then
	echo "the context $(kubectl config current-context)"
else
	build
	begin
	kubectl apply --server-side -f "$(fetched "github.com/prometheus-operator/prometheus-operator@$operator")/example/prometheus-operator-crd/monitoring.coreos.com_podmonitors.yaml"
	kubectl wait --for=condition=Established --timeout=60s crd/podmonitors.monitoring.coreos.com
fi
echo "== $(kubectl version | grep Server)"
failed=0
for folder in base overlays/*; do
	manifest=$(kubectl kustomize "$folder")
	namespace=$(awk '$1 == "namespace:" { print $2; exit }' <<<"$manifest")
	if [ -n "$namespace" ] && ! kubectl get namespace "$namespace" >/dev/null 2>&1; then
		kubectl create namespace "$namespace"
	fi
	echo "== $folder"
	judge <<<"$manifest" || failed=1
done

# A check that cannot fail is none.
for wrong in s/minReadySeconds:/minReadySecond:/ s/maxSurge:.1/maxSurge:\ many/ s/AlwaysAllow/SometimesAllow/ s/podMetricsEndpoints:/podMetricEndpoints:/; do
	if said=$(kubectl kustomize overlays/production | sed "$wrong" | judge 2>&1); then
		echo "$wrong was accepted:" && echo "$said"
		failed=1
	else
		echo "refused, as it should be: $(grep -v 'server dry run' <<<"$said" | tr '\n' ' ')"
	fi
done
if [ "${1:-}" != -c ]; then
	echo "== the leader's tests"
	(cd ../../contrib/kubernetes && KUBE_APISERVER_TEST=$own/kubeconfig go test -count=1 -v . | grep -E '^( *---|FAIL|ok|panic)') || failed=1
fi
exit "$failed"
