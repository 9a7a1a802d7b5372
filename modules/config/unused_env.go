package config

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"strings"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/config/internal/bind"
	"github.com/gracefulfx/graceful/modules/config/internal/disk"
)

// UnusedEnv lists variables of the environment that look like settings and are
// none, with the one that was perhaps meant. They are no error, since other
// programs set variables, too: those that Kubernetes sets in every pod beside a
// service named todo (TODO_SERVICE_HOST, TODO_PORT and their like) are not listed.
// A check shows them, and a start warns of those that have a near name.
func (l *Catalog) UnusedEnv() (problems []Problem) {
	known := l.src.declared(l.sections)
	names := slices.Sorted(maps.Keys(known))
	var entries map[string]bool
	for name, value := range l.src.env {
		if !strings.HasPrefix(name, l.src.prefix) || known[name] || setByKubernetes(name, value) {
			continue
		}
		if entries == nil { // whether it is one depends on the files
			entries = l.load(l.inputs(context.Background(), disk.AtStart), nil).usedEnv
		}
		if !entries[name] {
			problems = append(problems, Problem{Source: "env " + name, Reason: "sets nothing", Hint: bind.DidYouMean(bind.Nearest(name, names))})
		}
	}
	slices.SortFunc(problems, func(a, b Problem) int { return strings.Compare(a.Source, b.Source) })
	return problems
}

// setByKubernetes recognises NAME_SERVICE_HOST, NAME_SERVICE_PORT_X,
// NAME_PORT=tcp://... and NAME_PORT_80_TCP_ADDR.
func setByKubernetes(name, value string) bool {
	for _, scheme := range []string{"tcp://", "udp://", "sctp://"} {
		if strings.HasPrefix(value, scheme) && strings.Contains(name, "_PORT") {
			return true
		}
	}
	return strings.HasSuffix(name, "_SERVICE_HOST") || strings.Contains(name, "_SERVICE_PORT") ||
		strings.Contains(name, "_PORT_") && (strings.Contains(name, "_TCP") || strings.Contains(name, "_UDP") || strings.Contains(name, "_SCTP"))
}

// warnUnusedEnv makes the start say what was perhaps meant. A variable without a
// near name belongs to another program, and is worth a line at level debug.
func warnUnusedEnv(a *app.App, l *Catalog) {
	strays := l.UnusedEnv()
	if len(strays) == 0 {
		return
	}
	a.At(app.Observability, "environment", func(context.Context) error {
		for _, p := range strays {
			level := slog.LevelWarn
			if p.Hint == "" {
				level = slog.LevelDebug
			}
			a.Note(app.Note{Level: level, Text: "variable of the environment sets nothing", Attrs: []slog.Attr{slog.String("problem", p.String())}})
		}
		return nil
	})
}
