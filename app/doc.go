// Package app holds what every part of the process must agree on: its state, the
// order in which it starts and stops, why it stops, and which commands it takes
// while it runs.
//
// An application needs these names first:
//
//   - [App], which fx injects: its methods Go, Add, Handle, Do, Stop and Context;
//   - [AsTask] and [AsCheck], for background tasks and readiness as constructors;
//   - [Draining], for work that should end when a stop begins;
//   - [Reason] and [ReasonOf], for why the process stops;
//   - [StartConfig] and [StopConfig], the sections "start" and "stop".
//
// The types of sockets and of connections that move, [Wiring] and [Metric] are for
// authors of servers and modules.
//
// # States
//
//	       Start                  all started             Stop
//	 New ─────────▶ Starting ───────────────▶ Ready ───────────────▶ Draining
//	  │                │                                                │
//	  │ Stop           │ a hook failed, timed out,                      │ no request is
//	  │                │ or Stop was called                             │ left, or time is up
//	  ▼                ▼                                                ▼
//	Stopped ◀────── Draining ──────────────────────────────────────▶ Stopping
//	                                                                    │
//	                                         clean: Stopped ◀───────────┴──────▶ Failed
//
// There is no way back: an [App] that has stopped refuses to start again. The
// phases Announce to Drain are Draining; Tasks to Final are Stopping.
//
// # The plan
//
// On the way up: Observability, Bind, Resources, Tasks, Serve. On the way down:
// Announce, LameDuck, Unbind, Drain, Tasks, Resources, Final. Each constant says
// what belongs there. A part of the program joins with [App.Add]; ordinary fx hooks
// are captured and run in Resources, in fx's own order.
//
// A server that calls another server of its process says so with [App.Calls]: the
// other one closes its listener and drains only after the first has drained.
//
// Nothing is skipped on the way down, except the phases Announce and LameDuck where
// they would have no effect (see there). A hook that fails, panics or calls
// runtime.Goexit is an error in the [Report], and the next one runs. A hook that
// exceeds its time is abandoned: the report names it with the stack of its
// goroutine, and the next one runs. The whole stop ends within one budget,
// [StopConfig].
//
// # Arrows
//
// This package imports no module of the framework. Modules meet here, in a few
// small types: [Reason], [Command], [Sockets], [Check]. It emits values ([Event]);
// modules render them.
//
// The glossary, and decisions with their alternatives:
// https://github.com/gracefulfx/graceful/blob/main/docs/design.md
package app
