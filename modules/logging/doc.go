// Package logging provides a *zap.Logger and a *slog.Logger that write to the same
// sink, and renders the events of package app, which has no logger, as one line
// each.
//
// The section "log" of the configuration:
//
//	log:
//	  level: info    # debug, info, warn or error; a reload changes it at once
//	  format: auto   # json, console, or auto: console on a terminal, else json
//
// Lines go to standard error, unbuffered; a [Sink] in the graph sends them
// elsewhere.
//
// Info shows what the process does; warn needs a person's attention; error means
// that a promise was broken. To log in another way, replace the logger with
// fx.Replace or fx.Decorate: the events and the *slog.Logger then go to yours. An
// application that provides its own *zap.Logger uses [RenderModule], which
// graceful.Core contains, and leaves out [Module]. Without fx, [New] makes a
// logger, [Render] writes events to one, and [NewHandler] is for log/slog.
//
// The page for applications:
// https://github.com/gracefulfx/graceful/blob/main/docs/recipes.md#logs
package logging
