// Package upgrade replaces the running process by a new one, started from the
// program that is at its path now. No port is closed in between, and no request
// fails. Sockets are inherited, connections are handed over.
//
// [Module] does this on app.Upgrade, as the section "upgrade" says ([Config]),
// and graceful.Module contains it. Applications use [Upgrader], to upgrade from
// code and to see how far an upgrade has come, and [Sockets], for listeners and
// files that a successor should inherit. [Supervise] is for what follows one
// process id.
//
// # Order of events
//
//	old process (predecessor)              new process (successor)
//	─────────────────────────              ───────────────────────
//	starts the program at its path   ────►
//	HELLO, FILES: sockets by name    ────► inherits them as it binds
//	                                 ◄──── STARTING
//	serves                                 starts
//	                                 ◄──── READY, or FAILED and why
//	[probation: both accept]         ◄───► PROBE, HEALTH
//	pauses its listeners
//	CONNS: idle connections, and
//	STATES: those with a state       ────► answers ACK and holds them
//	COMMIT                           ────►
//	                                 ◄──── COMMITTED: no way back from here
//	                                       serves them, writes the PID file
//	drains; CONNS and STATES as
//	they become movable              ────► answers ACK, then serves them
//	DONE, end of file                ────► is alone; tasks with app.Exclusive start
//
// Until COMMITTED every failure, on either side, leaves the old process as it was:
// sockets, connections, PID file, path of a unix socket. It keeps its copy of every
// connection until then, and the new one does not touch what it has received, so
// that no client notices an upgrade that fails; what a client sends in these
// milliseconds waits in the socket. A connection is always served by exactly one of
// the two.
//
// # Connections in the middle of something
//
// A server can hand over a connection with bytes that it has read but not consumed
// and with a state in its own format, such as half a line and the name of the user:
// so connections of protocols other than HTTP survive. Move gets an
// app.StateSuccessor, whose HandWith takes an app.HandedConn. In the new process
// the server announces with HandedOverWith which kinds of state it knows, and
// Accept returns an app.HandedConn again. A successor that has not announced a
// kind, such as one of an older release, gets no connections of it: they end as in
// any stop. A new server may inspect each state before its process is in charge,
// and refuse it: the old one then goes on with the connection.
//
// Up to app.MaxUnread and app.MaxState bytes go with a connection. They cross a
// socket pair between two processes of one user, never a file; only the servers
// keep copies. The program in examples/lines shows all of this.
//
// # If the old process dies
//
// A successor whose predecessor dies before COMMIT carries on alone, whatever it
// was doing: it holds the sockets, and no other process would serve them. It says
// so in the log.
//
// # What is not promised
//
//   - Connections that the successor itself has accepted, from the moment it is
//     ready, are lost if it crashes, as those of any process that crashes. So is
//     everything if it crashes once it has taken over: see upgrade.probation.
//   - While both accept, a new connection may be answered by old code.
//   - Connections are handed over only by servers that can (app.Mover). Others
//     drain.
//   - What goes with a connection is not encrypted on its way, and the
//     kernel's buffers are not overwritten.
//   - Windows has no upgrade; it is refused with errors.ErrUnsupported.
//
// # If you see
//
//   - "the predecessor still drains": an upgrade was requested before the last one
//     had ended. Request it again when the old process has ended.
//   - "process 1 of a container": its end would end the container. Start it below
//     a supervisor (Supervise), or roll the pod.
//   - "started by go run": there is no program to replace. go build it.
//   - "did not become ready within": see what the new process logged; raise
//     upgrade.ready_timeout if it was only slow.
//
// The page for operators:
// https://github.com/gracefulfx/graceful/blob/main/docs/operating.md#upgrades
package upgrade
