package httpserver

import (
	"net/http"
	"time"
)

// fromConfig says which settings of an *http.Server come from the configuration,
// and not from the application.
type fromConfig struct{ readHeader, read, write, idle, maxHeader bool }

func settingsFromConfig(hs *http.Server, c *Config) fromConfig {
	return fromConfig{
		readHeader: hs.ReadHeaderTimeout == c.ReadHeaderTimeout,
		read:       hs.ReadTimeout == c.ReadTimeout,
		write:      hs.WriteTimeout == c.WriteTimeout,
		idle:       hs.IdleTimeout == c.IdleTimeout,
		maxHeader:  hs.MaxHeaderBytes == c.MaxHeaderBytes,
	}
}

// apply gives hs the settings of c, and reports whether any has changed.
func (f fromConfig) apply(hs *http.Server, c *Config) (changed bool) {
	set := func(follows bool, to *time.Duration, d time.Duration) {
		if follows && *to != d {
			*to, changed = d, true
		}
	}
	set(f.readHeader, &hs.ReadHeaderTimeout, c.ReadHeaderTimeout)
	set(f.read, &hs.ReadTimeout, c.ReadTimeout)
	set(f.write, &hs.WriteTimeout, c.WriteTimeout)
	set(f.idle, &hs.IdleTimeout, c.IdleTimeout)
	if f.maxHeader && hs.MaxHeaderBytes != c.MaxHeaderBytes {
		hs.MaxHeaderBytes, changed = c.MaxHeaderBytes, true
	}
	return changed
}
