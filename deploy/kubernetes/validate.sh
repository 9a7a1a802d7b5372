#!/usr/bin/env bash
# Lets the API server of the current context judge every overlay: strict validation,
# admission and defaults, as a dry run. Nothing is created but the namespaces' names
# are looked up, so they must exist: validate.sh -c creates those that do not.
#
#	deploy/kubernetes/validate.sh [-c]
#
# It ends with 0 if all are accepted. The production overlay needs the PodMonitor's
# definition of the Prometheus Operator in the cluster.
set -euo pipefail
cd "$(dirname "$0")"
failed=0
for overlay in overlays/*/; do
	manifest=$(kubectl kustomize "$overlay")
	namespace=$(awk '$1 == "namespace:" { print $2; exit }' <<<"$manifest")
	if [ "${1:-}" = -c ] && ! kubectl get namespace "$namespace" >/dev/null 2>&1; then
		kubectl create namespace "$namespace"
	fi
	echo "== $overlay"
	kubectl apply --server-side --dry-run=server --validate=strict -f - <<<"$manifest" || failed=1
done
exit "$failed"
