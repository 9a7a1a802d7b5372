package httpserver

import (
	"cmp"
	"fmt"
	"net/http"
)

// newStandard returns a server with the settings of c, which bound every wait that
// a client can cause.
func newStandard(c Config) *http.Server {
	return &http.Server{
		ReadHeaderTimeout: c.ReadHeaderTimeout,
		ReadTimeout:       c.ReadTimeout,
		WriteTimeout:      c.WriteTimeout,
		IdleTimeout:       c.IdleTimeout,
		MaxHeaderBytes:    c.MaxHeaderBytes,
	}
}

// tuning is a change that the application makes to an *http.Server.
type tuning struct {
	name   string
	order  int
	change func(*http.Server)
}

func applyTuning(hs *http.Server, changes []tuning) error {
	changes = sorted(changes, func(a, b tuning) int { return cmp.Or(cmp.Compare(a.order, b.order), cmp.Compare(a.name, b.name)) })
	for i, t := range changes {
		if i > 0 && changes[i-1].order == t.order && changes[i-1].name == t.name {
			return fmt.Errorf("two tunings are named %q with order %d: give each its own order", t.name, t.order)
		}
		if t.change == nil {
			return fmt.Errorf("tuning %q has no function", t.name)
		}
		t.change(hs)
	}
	return nil
}
