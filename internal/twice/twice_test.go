package twice_test

import (
	"errors"
	"testing"

	"github.com/gracefulfx/graceful/internal/twice"
)

func TestExplainNamesBothAndWhatToDo(t *testing.T) {
	failed := errors.New(`cannot provide function "main".mine (main.go:7): cannot provide *zap.Logger from [0]: already provided by "logging".ours (module.go:40)`)
	ours := twice.Constructor{Name: "logging.ours()", Types: []string{"*zap.Logger", "zap.AtomicLevel"}}
	for _, tt := range []struct {
		name string
		all  []twice.Constructor
		want string
	}{
		{"nothing is wrong", []twice.Constructor{ours}, ""},
		{"something else is wrong", []twice.Constructor{ours, {Name: "main.mine()", Err: errors.New("missing type")}}, ""},
		{"a logger", []twice.Constructor{ours, {Name: "main.mine()", Err: failed}},
			"*zap.Logger is provided twice, by logging.ours() and by main.mine(): keep yours by fx.Decorate(func(*zap.Logger) *zap.Logger { ... }), or by fx.New(graceful.Core, ...), which has none"},
		{"the first is not known", []twice.Constructor{{Name: "main.mine()", Err: failed}},
			"*zap.Logger is provided twice, by another and by main.mine(): keep yours by fx.Decorate(func(*zap.Logger) *zap.Logger { ... }), or by fx.New(graceful.Core, ...), which has none"},
		{"a type that is not ours", []twice.Constructor{{Name: "a()", Types: []string{"*sql.DB"}}, {Name: "b()", Err: errors.New("cannot provide *sql.DB from [0]: already provided by a")}},
			"*sql.DB is provided twice, by a() and by b(): remove one, or give one a name with fx.ResultTags"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := twice.Explain(tt.all); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}
