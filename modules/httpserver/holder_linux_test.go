package httpserver

import (
	"context"
	"strings"
	"testing"

	"github.com/gracefulfx/graceful/app"
)

func TestBusyPortNamesItsHolder(t *testing.T) {
	first := serveOn(t, nil)
	conf := DefaultConfig()
	conf.Addr = first.addr
	a := app.New("second")
	New(a, "http", newStandard(conf), func() *Config { return &conf })
	err := a.Start(context.Background())
	if err == nil || !strings.Contains(err.Error(), "is taken by this very process; stop that, or set http.addr") {
		t.Errorf("got %v, want the holder of the port", err)
	}
}
