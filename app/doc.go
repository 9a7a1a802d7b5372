// Package app holds what every part of the process must agree on: which state
// it is in, in which order it starts and stops, why it stops, and what commands it
// takes while it runs.
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
// There is no way back and no second life: an [App] that has stopped refuses
// to start again. Announce to Drain are Draining; Tasks to Final are Stopping.
//
// # The plan
//
// On the way up: Observability, Bind, Resources, Tasks, Serve. On the way down:
// Announce, LameDuck, Unbind, Drain, Tasks, Resources, Final. Each constant
// says what belongs there. A part joins with [App.Add]; ordinary fx hooks are
// captured and run in Resources, in fx's own order.
//
// A server that calls another one of its process says so with [App.Calls]: the
// other's Unbind and Drain come after its own.
//
// Nothing is skipped on the way down, but for the phases Announce and LameDuck
// where nothing would come of them (see there). A hook that fails, panics or calls
// runtime.Goexit is an error in the [Report] and the next one runs; a hook
// that is over its time is abandoned: named, with the stack of its goroutine,
// and the next one runs. The whole ends within one budget, [StopConfig].
//
// # Arrows
//
// This package imports no module of the framework. Modules meet here, in small
// words: [Reason], [Command], [Sockets], [Check]. It emits values ([Event]);
// modules render them.
//
// Words, and decisions with the road not taken:
// https://github.com/gracefulfx/graceful/blob/main/docs/design.md
package app
