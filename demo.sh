#!/usr/bin/env bash
# What the README shows, run for real: start, change the configuration, break
# it, stop with a request in flight. Needs Go and curl; leaves nothing behind.
set -euo pipefail
cd "$(dirname "$0")"
dir=$(mktemp -d)
go build -o "$dir/todo" ./examples/todo
cd "$dir"
say() { printf '\n$ %s\n' "$*"; }
cleanup() { kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null || true; rm -rf "$dir"; }

cat >todo.yaml <<'YAML'
http:
  addr: 127.0.0.1:0
log:
  format: console
todo:
  slow_endpoint: true
YAML

say ./todo '&'
./todo > >(sed -u 's/\x1b\[[0-9;]*m//g; s/\t/  /g') 2>&1 &
pid=$!
trap cleanup EXIT
until url=http://$(ss -Hltnp 2>/dev/null | awk -v pid="pid=$pid," 'index($0, pid) {print $4; exit}') && [ "$url" != http:// ]; do sleep 0.1; done
until curl -fs "$url/readyz" >/dev/null; do sleep 0.1; done

say "sed -i 's/console/console\n  level: debgu/' todo.yaml && kill -HUP $pid"
sed -i 's/format: console/format: console\n  level: debgu/' todo.yaml && kill -HUP "$pid"; sleep 1

say "sed -i 's/debgu/warn/' todo.yaml    # saving is enough"
sed -i 's/debgu/warn/' todo.yaml; sleep 1
sed -i 's/warn/info/' todo.yaml; sleep 1

say "curl '$url/api/slow?d=2s' & kill -TERM $pid"
curl -s "$url/api/slow?d=2s" -w ' -> status %{http_code}\n' &
request=$!
sleep 0.5; kill -TERM "$pid"
wait "$request"
code=0; wait "$pid" || code=$?
say "echo \$?"
echo "$code"
