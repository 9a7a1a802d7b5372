// Package twice explains an error of fx that newcomers meet first: a type that two
// constructors provide. It exists because graceful.Run and package cli both do.
package twice

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
)

// own maps the types of graceful.Module that an application may already provide to
// what it can do about it.
var own = map[string]string{
	"*zap.Logger":     "keep yours by fx.Decorate(func(*zap.Logger) *zap.Logger { ... }), or by fx.New(graceful.Core, ...), which has none",
	"*slog.Logger":    "keep yours by fx.Decorate(func(*slog.Logger) *slog.Logger { ... }), or by fx.New(graceful.Core, ...), which has none",
	"zap.AtomicLevel": "remove yours: the section log sets the level, and so does the command log-level; fx.New(graceful.Core, ...) has none",
	"*http.Server":    "change this one by httpserver.Tune or fx.Decorate, or keep yours by fx.New(graceful.Core, ...) and httpserver.Manage",
}

// Constructor is one that fx has been given, with its types or with fx's error.
type Constructor struct {
	Name  string
	Types []string
	Err   error
}

// Explain describes a type that two constructors provide, names both, and says what
// to do: fx's error does not name annotated ones. It returns "" if something else
// was wrong. all are in the order in which fx was given them.
func Explain(all []Constructor) string {
	provided := regexp.MustCompile(`cannot provide (\S+) from .*already provided by`)
	for i, c := range all {
		if c.Err == nil {
			continue
		}
		m := provided.FindStringSubmatch(c.Err.Error())
		if m == nil {
			continue
		}
		first := "another"
		if at := slices.IndexFunc(all[:i], func(c Constructor) bool { return c.Err == nil && slices.Contains(c.Types, m[1]) }); at >= 0 {
			first = all[at].Name
		}
		return fmt.Sprintf("%s is provided twice, by %s and by %s: %s",
			m[1], first, c.Name, cmp.Or(own[m[1]], "remove one, or give one a name with fx.ResultTags"))
	}
	return ""
}
