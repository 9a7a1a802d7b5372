// Package admin is the operator's API: it shows as JSON what the process is doing
// and waiting for, and carries out changes, with the real outcome as the answer.
// The command line (package cli) and the page at / use it.
//
// A program that serves it needs [Module] and [Config]. One that asks a running
// process needs [Find], or [Of] for a process of another user, and the methods Get,
// Post and Follow of [Client]; [Status] is what it gets most often.
//
// It listens on a unix socket that only the user of the process, root and the
// groups of [Config] may use, or on a loopback port with a token, but never on the
// application's address. The section "admin" has its address:
//
//	(nothing)        $RUNTIME_DIRECTORY/admin.sock, else $XDG_RUNTIME_DIR/<name>/admin.sock,
//	                 else <temporary directory>/<name>-<uid>/admin.sock;
//	                 admin-2.sock for a second process of that name
//	/run/todo.sock   that socket
//	127.0.0.1:9000   that port; the token is in admin-9000.token beside the socket above
//	off              nothing
//
// Where no address is set and the socket cannot be created, an application starts
// all the same, with a warning.
//
// # Requests
//
//	GET  /                    the page
//	GET  /livez /readyz /startupz
//	GET  /v1/status           Status
//	GET  /v1/events           text/event-stream of Event and Status, Last-Event-ID understood
//	GET  /v1/report           Report: every step of start and stop
//	GET  /v1/config           the settings in force, with their origin
//	GET  /v1/config/diff      what a reload would change: a config.Report
//	GET  /v1/config/history   the reports of the last revisions, over generations
//	GET  /v1/journal          the last events, as /v1/events has them, over generations
//	GET  /v1/series           a Sample for every 10 s of the last hour
//	GET  /v1/log              the last lines of the log, 32 to 64 KiB; not for readers
//	GET  /v1/graph            the graph of constructors, for Graphviz
//	GET  /v1/commands         what the process handles: names, meanings, arguments
//	GET  /v1/operations       the last operations; /{id} is one, ?wait until it has ended
//	GET  /debug/pprof/        profiles, as net/http/pprof has them
//	POST /v1/check            the same as diff
//	POST /v1/reload           {"dry_run": false, "if_match": "hash"}
//	POST /v1/upgrade          {}
//	POST /v1/drain            {}: stop, and answer when the last request is done
//	POST /v1/stop             {"now": false}: stop, and answer when everything else has
//	POST /v1/log-level        {"level": "debug"}; without a level, the answer is the one in force
//	POST /v1/commands/backup  {"args": {"to": "file"}}: run a command, here one of the application
//
// Every POST that changes something is an [Operation]: it has an id, runs to its
// end even if the client has left, and is logged with the client's process and user
// id. Only one runs at a time; another is refused, and that is logged as well. A
// stop is the exception: it does not wait for others. Readers may only run commands
// that show something ([app.Shows]).
//
//	200 done, or nothing to do       422 the configuration is wrong
//	202 done, a restart is pending   409 a veto, if_match, or an operation that is running
//	400 not understood               503 starting or stopping
//	401, 403 not allowed             501 no module does that
//
// Events, operations, revisions and samples go to the next generation, each with
// the generation that it is from: at most 256 KiB (app.MaxHistory); the oldest
// events are dropped first.
//
// # What is not promised
//
// The journal of events holds only the last few hundred. A reader that is too slow
// is cut off, and can come back with the id of the last event that it has seen.
//
// The page for operators:
// https://github.com/gracefulfx/graceful/blob/main/docs/operating.md#the-admin-socket
package admin
