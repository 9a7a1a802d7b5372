// Package systemd reports the state of the process to the service manager, and
// takes over the sockets that the manager has opened. It implements sd_notify(3)
// and sd_listen_fds(3) itself, on Linux.
//
// [Module] does all this, and graceful.Module contains it. Applications use
// [Notifier], to store descriptors with the manager, [Inherited], for what the
// manager passed on, [Liveness], for the watchdog, and [Clean], for children. With
// graceful.Core, [AsSockets] makes servers listen on the sockets of the manager.
//
// # Notifications
//
//	app                          notification
//	starting                     STATUS, EXTEND_TIMEOUT_USEC, again every second
//	ready                        READY=1, STATUS with the addresses
//	reload or upgrade begins     RELOADING=1, MONOTONIC_USEC
//	... ends, however            READY=1, STATUS with the answer
//	a successor has taken over   MAINPID, MAINPIDFDID, READY=1; then silence
//	stopping                     STOPPING=1, STATUS, EXTEND_TIMEOUT_USEC, again every second
//	ended                        STATUS with the report, ERRNO
//	alive                        WATCHDOG=1 at half of WatchdogSec
//
// Extensions end with the application's budgets, start.timeout and stop.timeout.
// The watchdog is fed as long as the App answers, a start or stop is within its
// budget, and the program's [Liveness], if it has one, returns nil.
//
// STOPPING=1 cannot be taken back, so it is sent for the end of the service only.
// The old generation of an upgrade never sends it: it names the new one as the main
// process, sends nothing more, and exits when the manager has confirmed that it
// knows (BARRIER=1). As long as its predecessor lives, the new generation sends
// nothing but WATCHDOG=1 and the answers of reloads: it may still be rejected.
// NotifyAccess=main, the default, is enough for all this.
//
// Notifications are best effort. Nothing ever waits for the manager except the end
// of a process that was replaced, which waits five seconds at most. If the manager
// cannot be reached, one warning says so. Without NOTIFY_SOCKET, and on other
// systems, nothing is sent and nothing runs.
//
// # Sockets
//
// A socket unit's FileDescriptorName says which server gets the socket: "http" for
// the server of the section http. Several sockets with one name (IPv4 and IPv6, 80
// and 8080, TCP and unix) are all served by that server. They replace its address
// if it has one; of several addresses, those without a socket are opened as well. A
// server outside of httpserver takes one socket. A socket without such a name goes
// to the server that is configured to listen on its address. A socket that no
// server took is closed when the application is ready, with a warning.
//
// # The environment
//
// LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES are removed from the environment
// of the process, once, when the descriptors are taken (in the constructor of
// [Inherited]): the numbers mean nothing afterwards. NOTIFY_SOCKET,
// WATCHDOG_USEC and WATCHDOG_PID stay, since a successor needs them; for any other
// child that might notify the manager in the name of the service, use [Clean].
//
// # If you see
//
// "the service manager cannot be reached": NOTIFY_SOCKET is wrong, or hidden
// from the process by a sandbox.
//
// "inherited socket is not used": set FileDescriptorName=http in the socket
// unit, one name for each server.
//
// "Supervising process ... which is not our child" in the manager's log, and a
// successor that systemctl stop kills at once instead of waiting: systemd waits
// only for its own children, and decides that when it receives MAINPID. Start
// successors with CLONE_PARENT, which makes them its children.
//
// systemctl reload that returns at once and always succeeds: ExecReload only
// sends a signal. deploy/systemd has units that wait.
//
// The page for operators:
// https://github.com/gracefulfx/graceful/blob/main/docs/operating.md#under-systemd
package systemd
