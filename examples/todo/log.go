package main

import (
	"log/slog"
	"net/http"
	"time"
)

// logged writes one line for each request when it has been answered.
func logged(log *slog.Logger, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begin := time.Now()
		c := &counter{ResponseWriter: w}
		defer func() { // also when the handler panics; net/http takes care of that
			log.Info("request", "method", r.Method, "path", r.URL.Path, "status", c.status, "bytes", c.bytes,
				"took", time.Since(begin), "from", r.RemoteAddr)
		}()
		next.ServeHTTP(c, r)
		if c.status == 0 { // nothing was written: net/http says 200
			c.status = http.StatusOK
		}
	})
}

// counter remembers status and size of the response. Flushing and deadlines are
// found through Unwrap.
type counter struct {
	http.ResponseWriter
	status int
	bytes  int64
}

func (c *counter) Unwrap() http.ResponseWriter { return c.ResponseWriter }

func (c *counter) WriteHeader(status int) {
	c.status = status
	c.ResponseWriter.WriteHeader(status)
}

func (c *counter) Write(p []byte) (int, error) {
	if c.status == 0 {
		c.status = http.StatusOK
	}
	n, err := c.ResponseWriter.Write(p)
	c.bytes += int64(n)
	return n, err
}
