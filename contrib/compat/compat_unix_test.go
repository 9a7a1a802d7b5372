//go:build unix

package compat

import (
	"testing"

	"go.uber.org/fx"

	"github.com/gracefulfx/graceful"
	"github.com/gracefulfx/graceful/modules/signals"
)

func TestSignalsLikeEndless(t *testing.T) {
	var table signals.Table
	if err := fx.New(fx.NopLogger, graceful.Module, signals.Like(signals.Endless()), fx.Populate(&table)).Err(); err != nil {
		t.Fatal(err)
	}
	want := "SIGHUP → upgrade · SIGINT → stop · SIGUSR1 → ignore · SIGUSR2 → hurry · SIGPIPE → ignore · SIGTERM → stop · SIGTSTP → ignore"
	if got := table.String(); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}
