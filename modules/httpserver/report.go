package httpserver

import (
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"strings"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/config"
)

// panicked reports a panic in a handler, with what a person needs to find it.
func (s *Server) panicked(r *http.Request, v any, stack []byte) {
	s.panics.Add(1)
	s.notePanic("panic in a handler", v, stack,
		slog.String("method", r.Method),
		slog.String("path", r.URL.Path),
		slog.String("route", r.Pattern),
		slog.String("remote", r.RemoteAddr))
}

// tellPanicked reports a panic in a function that was given to OnDrain.
func (s *Server) tellPanicked(v any, stack []byte) {
	s.notePanic("panic in a function of OnDrain", v, stack)
}

func (s *Server) notePanic(text string, v any, stack []byte, attrs ...slog.Attr) {
	err, ok := v.(error)
	if !ok {
		err = fmt.Errorf("%v", v)
	}
	attrs = append(attrs, slog.String("server", s.name), slog.String("stack", string(stack)))
	s.app.Note(app.Note{Level: slog.LevelError, Text: text, Err: err, Attrs: attrs})
}

// errorLog turns what net/http has to say into notes. What a client can cause at will is for debugging only.
func (s *Server) errorLog() *log.Logger { return log.New(noteWriter{s}, "", 0) }

type noteWriter struct{ s *Server }

func (w noteWriter) Write(line []byte) (int, error) {
	text := strings.TrimSpace(string(line))
	level := slog.LevelWarn
	if strings.HasPrefix(text, "http: TLS handshake error") || strings.HasPrefix(text, "http2: ") {
		level = slog.LevelDebug
	}
	w.s.app.Note(app.Note{Level: level, Text: "net/http", Err: errors.New(text), Attrs: []slog.Attr{slog.String("server", w.s.name)}})
	return len(line), nil
}

// explainListen adds to the error of a failed listen what to do about it, and the key.
func explainListen(err error, name, network, addr string) error {
	if network != "tcp" {
		return config.Invalid("addr", "%w", err)
	}
	_, port, _ := net.SplitHostPort(addr)
	switch kindOf(err) {
	case portTaken:
		by := ""
		if n, bad := strconv.Atoi(port); bad == nil {
			if by = holderOf(n); by != "" {
				by = " by " + by
			}
		}
		return config.Invalid("addr", "port %s is taken%s; stop that, or set %s.addr: %w", port, by, name, err)
	case portPrivileged:
		return config.Invalid("addr", "port %s needs a privilege; use one above 1023, or set %s.addr: %w", port, name, err)
	case notOurAddress:
		return config.Invalid("addr", "this machine does not have the address %s; set %s.addr: %w", addr, name, err)
	}
	return config.Invalid("addr", "%w", err)
}

// listenProblem is what an operator can do something about.
type listenProblem int

const (
	otherProblem listenProblem = iota
	portTaken
	portPrivileged
	notOurAddress
	nobodyListens
)
