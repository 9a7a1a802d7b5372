package httpserver

import (
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net/http"
	"strings"

	"github.com/gracefulfx/graceful/app"
)

// panicked reports a panic in a handler, with everything needed to find it. The
// application's ErrorLog gets the line that it would get from net/http.
func (s *Server) panicked(r *http.Request, v any, stack []byte) {
	s.panics.Add(1)
	if s.ownLog != nil {
		proto := "http"
		if r.ProtoMajor == 2 {
			proto = "http2"
		}
		s.ownLog.Printf("%s: panic serving %s: %v\n%s", proto, r.RemoteAddr, v, stack)
	}
	s.notePanic("panic in a handler", v, stack,
		slog.String("method", r.Method),
		slog.String("path", r.URL.Path),
		slog.String("route", r.Pattern),
		slog.String("remote", r.RemoteAddr))
}

// waiterPanicked reports a panic in a function that was given to OnDrain.
func (s *Server) waiterPanicked(v any, stack []byte) {
	s.notePanic("panic in a function of OnDrain", v, stack)
}

func (s *Server) notePanic(text string, v any, stack []byte, attrs ...slog.Attr) {
	err, ok := v.(error)
	if !ok {
		err = fmt.Errorf("%v", v)
	}
	s.note(slog.LevelError, text, err, append(attrs, slog.String("stack", string(stack)))...)
}

// note reports what happened to the server.
func (s *Server) note(level slog.Level, text string, err error, attrs ...slog.Attr) {
	attrs = append(attrs, slog.String("server", s.name))
	s.app.Note(app.Note{Level: level, Text: text, Err: err, Attrs: attrs})
}

// errorLog turns the log of net/http into notes. Lines that a client can cause at
// will are at level debug.
func (s *Server) errorLog() *log.Logger { return log.New(noteWriter{s}, "", 0) }

type noteWriter struct{ s *Server }

func (w noteWriter) Write(line []byte) (int, error) {
	text := strings.TrimSpace(string(line))
	level := slog.LevelWarn
	if strings.HasPrefix(text, "http: TLS handshake error") || strings.HasPrefix(text, "http2: ") {
		level = slog.LevelDebug
	}
	w.s.note(level, "net/http", errors.New(text))
	return len(line), nil
}
