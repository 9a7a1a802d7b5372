#!/usr/bin/env bash
# The transcript of the README, run for real: build, run, load, break and mend
# the configuration, upgrade the binary, stop. Needs bash and Go; leaves nothing
# behind. Exit code 0 only if no request failed.
set -euo pipefail
cd "$(dirname "$0")"
bin=$(mktemp -d)
service=''
hammer=''
cleanup() {
	[ -z "$hammer" ] || kill "$hammer" 2>/dev/null || true
	[ -z "$service" ] || "$bin/hello" stop --now >/dev/null 2>&1 || kill "$service" 2>/dev/null || true
	rm -rf "$bin"
}
trap cleanup EXIT
# Everything of the service is below $bin: program, settings, socket.
# The socket is named: a command might find that of another hello otherwise.
export PATH="$bin:$PATH" HELLO_ADMIN_ADDR="$bin/run/admin.sock" HELLO_CONFIG_FILE="$bin/hello.yaml" HELLO_HTTP_ADDR=127.0.0.1:0
mkdir -m 700 "$bin/run"
echo 'greeting: {text: hello}' >"$bin/hello.yaml"

# show prints a command and runs just that.
show() {
	printf '$ %s\n' "$1"
	eval "$1" 2>&1
}

# build is show for a command that may have to download: what go says of that goes
# to standard error and is no part of the transcript.
build() {
	printf '$ %s\n' "$1"
	eval "$1"
}

# until_true waits for something that takes a moment, a minute at most.
until_true() {
	for _ in $(seq 600); do
		eval "$1" >/dev/null 2>&1 && return
		sleep 0.1
	done
	echo "demo: not within a minute: $1" >&2
	cat "$bin/log" >&2
	exit 1
}

build 'go build -o $bin ./examples/hello && go build -C bench -o $bin ./hammer'
show 'hello > $bin/log 2>&1 &'
service=$!
until_true 'hello status'
addr=$(hello status | awk '$2 == "http" && $3 == "on" {print $4}')
show "hammer $addr > \$bin/verdict &    # 32 clients that never retry"
hammer=$!
sleep 1
show "echo 'greeting: {txet: hi}' > \$bin/hello.yaml; hello reload" && { echo 'demo: a mistake was accepted'; exit 1; }
show "echo 'greeting: {text: hi}' > \$bin/hello.yaml    # saving is enough"
until_true 'hello config history | grep "file change: applied"'
show 'hello config history'
build 'go build -ldflags=-s -o $bin ./examples/hello && hello upgrade'
sleep 1
show 'hello stop'
service=''
show 'kill %2; wait %2; cat $bin/verdict'
tail -n 1 "$bin/verdict" | grep -q '^0 failed of '
