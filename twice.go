package graceful

import (
	"cmp"
	"fmt"
	"slices"

	"go.uber.org/fx/fxevent"

	"github.com/gracefulfx/graceful/internal/lazy"
)

var twiceProvided = lazy.Regexp(`cannot provide (\S+) from .*already provided by`)

// own maps the types of Module that an application may already provide to what it
// can do about it.
var own = map[string]string{
	"*zap.Logger":  "keep yours by fx.Decorate(func(*zap.Logger) *zap.Logger { ... }), or by fx.New(graceful.Core, ...), which has none",
	"*http.Server": "change this one by httpserver.Tune or fx.Decorate, or keep yours by fx.New(graceful.Core, ...) and httpserver.Manage",
}

// twice describes a type that two constructors provide, and names both: fx's error
// does not name annotated ones. It returns "" if something else was wrong.
func (l *fxLog) twice() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, e := range l.queue {
		p, ok := e.(*fxevent.Provided)
		if !ok || p.Err == nil {
			continue
		}
		m := twiceProvided().FindStringSubmatch(p.Err.Error())
		if m == nil {
			continue
		}
		todo := cmp.Or(own[m[1]], "remove one, or give one a name with fx.ResultTags")
		return fmt.Sprintf("%s is provided twice, by %s and by %s: %s", m[1], providerOf(l.queue[:i], m[1]), p.ConstructorName, todo)
	}
	return ""
}

// providerOf returns the constructor that provides typ, according to events.
func providerOf(events []fxevent.Event, typ string) string {
	for _, e := range events {
		switch e := e.(type) {
		case *fxevent.Provided:
			if e.Err == nil && slices.Contains(e.OutputTypeNames, typ) {
				return e.ConstructorName
			}
		case *fxevent.Supplied:
			if e.TypeName == typ {
				return "fx.Supply"
			}
		}
	}
	return "another"
}
