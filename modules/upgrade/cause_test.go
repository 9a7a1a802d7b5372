package upgrade

import (
	"errors"
	"testing"

	"go.uber.org/fx"

	"github.com/gracefulfx/graceful/modules/upgrade/internal/wire"
)

type part struct{}

// fx's description of the path of an error would bury it in the log of the
// predecessor. This fails if fx words it differently.
func TestPredecessorGetsTheCauseWithoutItsWrapping(t *testing.T) {
	list := "not accepted, 2 problems:\n  todo.yaml:2:3: unknown key\n  todo.yaml:4:3: no duration\n"
	fails := fx.Provide(func() (*part, error) { return nil, errors.New(list) })
	for name, opts := range map[string][]fx.Option{
		"in a constructor":                   {fails, fx.Invoke(func(*part) {})},
		"in a constructor of a constructor":  {fails, fx.Provide(func(*part) string { return "" }), fx.Invoke(func(string) {})},
		"in a constructor of a module's own": {fx.Module("m", fails, fx.Invoke(func(*part) {}))},
		"in a decorator": {fx.Supply(&part{}), fx.Invoke(func(*part) {}),
			fx.Decorate(func(*part) (*part, error) { return nil, errors.New(list) })},
		"in an invoke": {fx.Invoke(func() error { return errors.New(list) })},
	} {
		var kept keptError
		_ = fx.New(fx.NopLogger, fx.ErrorHook(&kept), fx.Options(opts...))
		want := "not accepted, 2 problems: todo.yaml:2:3: unknown key; todo.yaml:4:3: no duration"
		if got := wire.OneLine(rootCause(kept.err)); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

type keptError struct{ err error }

func (k *keptError) HandleError(err error) { k.err = err }
