package admin

import (
	"errors"
	"fmt"
	"net/http"
	"runtime/pprof"
	"runtime/trace"
	"strconv"
	"time"
)

// Package net/http/pprof is not used: importing it puts the profiles on
// http.DefaultServeMux, which the application may be serving in public.

var errUnknownOperation = errors.New("no such operation is remembered: GET /v1/operations lists them")

func profiles(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	for _, p := range pprof.Profiles() {
		fmt.Fprintf(w, "%s %d\n", p.Name(), p.Count())
	}
	fmt.Fprintln(w, "profile ?seconds=30\ntrace ?seconds=1")
}

func profile(w http.ResponseWriter, r *http.Request) {
	p := pprof.Lookup(r.PathValue("name"))
	if p == nil {
		refuse(w, http.StatusNotFound, fmt.Errorf("no profile %q: GET /debug/pprof/ lists them", r.PathValue("name")))
		return
	}
	level, _ := strconv.Atoi(r.FormValue("debug")) // 0, the default, is for go tool pprof
	w.Header().Set("Content-Type", "application/octet-stream")
	if level > 0 {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	}
	_ = p.WriteTo(w, level)
}

func (s *Server) cpuProfile(w http.ResponseWriter, r *http.Request) {
	s.record(w, r, 30, func() error { return pprof.StartCPUProfile(w) }, pprof.StopCPUProfile)
}

func (s *Server) executionTrace(w http.ResponseWriter, r *http.Request) {
	s.record(w, r, 1, func() error { return trace.Start(w) }, trace.Stop)
}

// record records from start to stop for the requested time, or until the client has
// left or the application stops; the recording is complete up to then.
func (s *Server) record(w http.ResponseWriter, r *http.Request, seconds int, start func() error, stop func()) {
	if n, err := strconv.Atoi(r.FormValue("seconds")); err == nil && n > 0 && n <= 600 {
		seconds = n
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	if err := start(); err != nil {
		refuse(w, http.StatusConflict, err)
		return
	}
	defer stop()
	t := time.NewTimer(time.Duration(seconds) * time.Second)
	defer t.Stop()
	select {
	case <-t.C:
	case <-s.app.Stopping():
	case <-r.Context().Done():
	}
}
