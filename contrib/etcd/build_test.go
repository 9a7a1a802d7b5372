package etcd_test

import (
	"context"
	"errors"
	"testing"

	"go.uber.org/fx"

	"github.com/gracefulfx/graceful"
	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/contrib/etcd"
	"github.com/gracefulfx/graceful/modules/config"
)

// build builds an instance that is not started.
func build(endpoint, dir string, o etcd.Options) error {
	o.Client.Endpoints, o.Dir = []string{endpoint}, dir
	return fx.New(fx.NopLogger, graceful.Name("todo"), graceful.Module, etcd.Module(o), config.Section[limits]("limits")).Err()
}

// veto makes x refuse new limits as long as good is false.
func veto(x *instance, good chan bool) {
	config.OnReload(x.limits, "judge", func(context.Context, config.Change[limits]) (config.Tx, error) {
		ok := <-good
		good <- ok
		if !ok {
			return config.Tx{}, errors.New("not now")
		}
		return config.Tx{}, nil
	})
}

func reloadByHand(t *testing.T, x *instance) {
	t.Helper()
	if _, err := x.Do(t.Context(), app.Request{Command: app.Reload, By: "test"}); err != nil {
		t.Fatal(err)
	}
}

func TestAKeyMustNameItsFormat(t *testing.T) {
	err := build("127.0.0.1:1", t.TempDir(), etcd.Options{Key: "/todo/config"})
	if err == nil {
		t.Error("a key without extension was accepted")
	}
}

func TestWithoutEndpointsThereIsNothing(t *testing.T) {
	t.Setenv("TODO_ETCD_ENDPOINTS", "")
	var st *config.Store
	err := fx.New(fx.NopLogger, graceful.Name("todo"), graceful.Module, etcd.Module(etcd.Options{}), fx.Populate(&st)).Err()
	if err != nil || len(st.Files()) != 0 {
		t.Errorf("got %v and files %v, want neither", err, st.Files())
	}
}
