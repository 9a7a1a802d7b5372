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
	"github.com/gracefulfx/graceful/modules/config/internal/override"
)

// Check reads the configuration as a start would and returns every problem; nothing
// takes effect. It cannot know whether a port is free or a database answers.
func (l *Catalog) Check(ctx context.Context) (files []string, problems []Problem) {
	c := l.load(l.inputs(ctx, disk.AtStart), nil)
	return c.files, c.problems
}

// UnusedEnv lists environment variables that look like settings but are not, each
// with the setting that was probably meant. They are not an error, since other
// programs set variables, too; those that Kubernetes sets in every pod for a
// service named todo (TODO_SERVICE_HOST, TODO_PORT and the like) are not listed. A
// check shows them, and a start warns of those that resemble a setting. A variable
// that makes an entry of a map whose key is very similar to another is listed as
// well.
func (l *Catalog) UnusedEnv() (problems []Problem) {
	known := maps.Clone(l.src.over.Declared(l.settings))
	for _, name := range l.src.Reads {
		known[name] = true
	}
	names := slices.Sorted(maps.Keys(known))
	var over *override.Layer
	for name, value := range l.src.over.Env {
		if !strings.HasPrefix(name, l.src.over.Prefix) || known[name] || override.SetByKubernetes(name, value) {
			continue
		}
		if over == nil { // whether it belongs to an entry depends on the files
			over = l.load(l.inputs(context.Background(), disk.AtStart), nil).over
		}
		e, made := over.Made[name]
		switch {
		case made && l.src.over.Meant(name, e, names) != "":
			problems = append(problems, Problem{Source: "env " + name, Key: e.Key, Reason: "makes an entry that nothing else has",
				Hint: bind.DidYouMean(l.src.over.Meant(name, e, names))})
		case !over.Used[name]:
			problems = append(problems, Problem{Source: "env " + name, Reason: "sets nothing", Hint: bind.DidYouMean(bind.Nearest(name, names))})
		}
	}
	slices.SortFunc(problems, func(a, b Problem) int { return strings.Compare(a.Source, b.Source) })
	return problems
}

// warnUnusedEnv makes the start name the settings that were probably meant. A
// variable that resembles no setting belongs to another program, and gets a line at
// level debug.
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
			a.Note(app.Note{Level: level, Text: "environment variable sets nothing", Attrs: []slog.Attr{slog.String("problem", p.String())}})
		}
		return nil
	})
}
