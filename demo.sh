#!/usr/bin/env bash
# The transcript of the README, run for real: build, run, load, break and mend
# the configuration, upgrade the binary, stop. Needs bash and Go; leaves nothing
# behind. Exit code 0 only if no request failed.
set -euo pipefail
cd "$(dirname "$0")"
bin=$(mktemp -d)
todo=''
hammer=''
cleanup() {
	[ -z "$hammer" ] || kill "$hammer" 2>/dev/null || true
	[ -z "$todo" ] || "$bin/todo" stop --now >/dev/null 2>&1 || kill "$todo" 2>/dev/null || true
	rm -rf "$bin"
}
trap cleanup EXIT
# Everything of the service is below $bin: program, settings, database, socket.
# The socket is named, or a command would look on where another todo may be.
export PATH="$bin:$PATH" TODO_ADMIN_ADDR="$bin/run/admin.sock" TODO_CONFIG_FILE="$bin/todo.yaml" TODO_DB_PATH="$bin/todo.db" TODO_HTTP_ADDR=127.0.0.1:0
mkdir -m 700 "$bin/run"
echo 'ui: {title: Todo}' >"$bin/todo.yaml"

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

build 'go build -o $bin ./examples/todo && go build -C bench -o $bin ./hammer'
show 'todo > $bin/log 2>&1 &'
todo=$!
until_true 'todo status'
addr=$(todo status | awk '$2 == "http" && $3 == "on" {print $4}')
show "hammer $addr/api/todos > \$bin/verdict &    # 32 clients that never retry"
hammer=$!
sleep 1
show "echo 'ui: {titel: Groceries}' > \$bin/todo.yaml; todo reload" && { echo 'demo: a mistake was accepted'; exit 1; }
show "echo 'ui: {title: Groceries}' > \$bin/todo.yaml    # saving is enough"
until_true 'todo config show | grep Groceries'
show 'todo config history'
build 'go build -ldflags=-s -o $bin ./examples/todo && todo upgrade'
sleep 1
show 'todo stop'
todo=''
show 'kill %2; wait %2; cat $bin/verdict'
tail -n 1 "$bin/verdict" | grep -q '^0 failed of '
