// Package upgrade replaces the running process by a new one, from whatever
// program stands at its path now, without a closed port in between and without
// a failed request.
//
// # Order of events
//
//	old process                                new process
//	───────────                                ───────────
//	start the program at our path  ──────────►
//	HELLO, FILES: sockets by name  ──────────► inherits them as it binds
//	                               ◄────────── STARTING
//	serves                                     starts
//	                               ◄────────── READY, or FAILED and why
//	[probation: both accept]       ◄─────────► PROBE, HEALTH
//	pauses its listeners
//	CONNS: idle connections        ──────────► answers ACK, then serves them
//	COMMIT                         ──────────► writes the PID file
//	                               ◄────────── COMMITTED: no way back from here
//	drains; CONNS as they fall idle ─────────►
//	DONE, end of file              ──────────► is alone; tasks with app.Sole start
//
// Until COMMITTED every failure, on whichever side, leaves the old process as
// it was: sockets, connections, PID file, path of a unix socket. A connection
// is always served by exactly one of the two; the one exception is in the list
// below.
//
// # If the old process dies
//
// A successor whose predecessor dies before COMMIT carries on alone, whatever
// it was doing: it holds the sockets, and nobody else would serve them. It
// says so in the log.
//
// # What is not promised
//
//   - Connections which the successor had acknowledged when it crashed are
//     lost, as those of any process that crashes.
//   - While both accept, a new connection may be answered by old code.
//   - Connections are moved only by servers that can (app.Mover). Others
//     drain.
//   - Windows has no upgrade; it is refused with errors.ErrUnsupported.
//
// # If you see
//
//   - "the predecessor still drains": an upgrade was asked for before the
//     last one was over. Ask again when the old process has ended.
//   - "process 1 of a container": its end would end the container. Roll the
//     pod instead.
//   - "started by go run": there is no program to replace. go build it.
//   - "did not become ready within": see what the new process logged; raise
//     upgrade.ready_timeout if it was only slow.
package upgrade
