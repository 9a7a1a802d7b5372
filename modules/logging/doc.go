// Package logging provides a *zap.Logger and a *slog.Logger that write to the same
// sink, and renders the events of package app, which knows no logger, as one line
// each.
//
// The section "log" of the configuration:
//
//	log:
//	  level: info    # debug, info, warn or error; a reload changes it at once
//	  format: auto   # json, console, or auto: console on a terminal, else json
//
// Lines go to standard error, unbuffered.
//
// Info shows the life of the process; warn asks a person to look; error means
// that a promise was broken. To log in another way, put a logger in place with
// fx.Replace or fx.Decorate: it renders the events too, and the *slog.Logger
// writes to it. An application that provides its own *zap.Logger takes
// RenderModule, which graceful.Core contains, and leaves Module out.
//
// The page:
// https://github.com/gracefulfx/graceful/blob/main/docs/recipes.md#logs
package logging
