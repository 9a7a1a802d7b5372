// Package staycount counts the TLS connections that do not move to a successor.
package staycount

import (
	"errors"
	"maps"
	"sync"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/tlsmove"
)

// Reasons for which a connection did not move, besides the errors of tlsmove and of
// the successor.
var (
	ErrRefused  = errors.New("the successor does not take it")
	ErrStreams  = errors.New("streams were open all the time")
	ErrSettings = errors.New("the client did not acknowledge a setting")
)

// Counts has the counts of one server. Its methods may be called by any goroutine.
type Counts struct {
	mu  sync.Mutex // guards all
	all map[string]int64
}

// Count counts a connection that does not move because of err.
func (c *Counts) Count(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.all == nil {
		c.all = map[string]int64{}
	}
	c.all[reason(err)]++
}

func reason(err error) string {
	switch {
	case errors.Is(err, tlsmove.ErrUnsupported):
		return "cipher_suite"
	case errors.Is(err, tlsmove.ErrTooLarge), errors.Is(err, app.ErrTooMuch):
		return "too_large"
	case errors.Is(err, ErrRefused):
		return "refused"
	case errors.Is(err, ErrStreams):
		return "streams"
	case errors.Is(err, ErrSettings):
		return "settings"
	}
	return "uncertain"
}

// Now returns the counts by reason: cipher_suite, uncertain, too_large and refused;
// for HTTP/2 also streams (some were open all the time) and settings (the client
// did not acknowledge them).
func (c *Counts) Now() map[string]int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.all)
}
