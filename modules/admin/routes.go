package admin

import (
	"errors"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/internal/lazy"
	"github.com/gracefulfx/graceful/modules/config"
)

// lazily makes a handler when the first request comes: most programs start without
// one.
func lazily(make func() http.Handler) http.Handler {
	made := sync.OnceValue(make)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { made().ServeHTTP(w, r) })
}

// routes is the table of all requests. A request that only shows is a GET, one that
// changes something is a POST; the other way round it is refused with 405.
func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	health := s.app.HealthHandler(nil)
	for pattern, h := range map[string]http.HandlerFunc{
		"GET /{$}":      s.page.ServeHTTP,
		"GET /livez":    health.Live.ServeHTTP,
		"GET /readyz":   health.Ready.ServeHTTP,
		"GET /startupz": health.Startup.ServeHTTP,

		"GET /v1/status": func(w http.ResponseWriter, r *http.Request) { respond(w, http.StatusOK, s.status(r.Context())) },
		"GET /v1/events": s.events,
		"GET /v1/report": func(w http.ResponseWriter, _ *http.Request) {
			respond(w, http.StatusOK, reportOf(s.app.Report(), time.Now()))
		},
		"GET /v1/config":          s.effective,
		"GET /v1/config/diff":     s.diff,
		"GET /v1/config/history":  func(w http.ResponseWriter, _ *http.Request) { respond(w, http.StatusOK, s.revisions()) },
		"GET /v1/journal":         func(w http.ResponseWriter, _ *http.Request) { respond(w, http.StatusOK, s.journal.all()) },
		"GET /v1/series":          func(w http.ResponseWriter, _ *http.Request) { respond(w, http.StatusOK, s.series.list()) },
		"GET /v1/log":             s.log,
		"GET /v1/graph":           s.dot,
		"GET /v1/operations":      func(w http.ResponseWriter, _ *http.Request) { respond(w, http.StatusOK, s.ops.list()) },
		"GET /v1/operations/{id}": s.operation,

		"GET /v1/commands": func(w http.ResponseWriter, _ *http.Request) { respond(w, http.StatusOK, s.commands()) },

		"POST /v1/check":     s.diff,
		"POST /v1/reload":    s.reload,
		"POST /v1/upgrade":   s.upgrade,
		"POST /v1/drain":     s.drain,
		"POST /v1/stop":      s.stop,
		"POST /v1/log-level": s.logLevel,

		"POST /v1/commands/{name}": s.do,

		"GET /debug/pprof/{$}":     profiles,
		"GET /debug/pprof/{name}":  profile,
		"GET /debug/pprof/profile": s.cpuProfile,
		"GET /debug/pprof/trace":   s.executionTrace,
	} {
		mux.HandleFunc(pattern, h)
	}
	return unrouted(mux)
}

// log answers with the last lines of the log, as they were written, but without
// colours and the priority for the journal of systemd.
func (s *Server) log(w http.ResponseWriter, _ *http.Request) {
	if s.recent == nil {
		refuse(w, http.StatusNotFound, errors.New("the log is not kept here: it is written by another logger than that of modules/logging"))
		return
	}
	lines := s.recent.All()
	for i, line := range lines {
		lines[i] = adornment().ReplaceAllString(line, "")
	}
	respond(w, http.StatusOK, lines)
}

var adornment = lazy.Regexp(`^<[0-7]>|\x1b\[[0-9;]*m`)

// dot answers with the graph of constructors as fx has it.
func (s *Server) dot(w http.ResponseWriter, _ *http.Request) {
	if s.graph == "" {
		refuse(w, http.StatusNotFound, errors.New("no graph is known here"))
		return
	}
	w.Header().Set("Content-Type", "text/vnd.graphviz; charset=utf-8")
	_, _ = io.WriteString(w, s.graph)
}

func (s *Server) effective(w http.ResponseWriter, _ *http.Request) {
	if s.store == nil {
		respond(w, http.StatusOK, []config.Setting{})
		return
	}
	w.Header().Set("ETag", `"`+s.store.Snapshot().Hash()+`"`)
	respond(w, http.StatusOK, s.store.Effective())
}

// diff answers with what a reload would change, and with the status of such a
// reload.
func (s *Server) diff(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodPost {
		if status, err := readBody(w, r, &struct {
			DryRun bool `json:"dry_run"`
		}{}); err != nil {
			refuse(w, status, err)
			return
		}
	}
	if s.store == nil {
		refuse(w, http.StatusNotImplemented, app.ErrUnhandled)
		return
	}
	report := s.store.DryRun(r.Context(), peerOf(r.Context()).String())
	outcome := app.OutcomeDone
	if report.Err() == nil && len(report.PendingRestart) > 0 {
		outcome = app.OutcomePending
	}
	status := statusOf(app.Answer{Outcome: outcome, Detail: report}, report.Err())
	if r.Method == http.MethodGet {
		status = http.StatusOK // the client requested the difference, and gets it
	}
	respond(w, status, report)
}

func (s *Server) operation(w http.ResponseWriter, r *http.Request) {
	run, op := s.ops.find(r.PathValue("id"))
	switch {
	case run == nil:
		refuse(w, http.StatusNotFound, errUnknownOperation)
	case r.URL.Query().Has("wait"):
		await(w, r, run)
	default:
		respond(w, http.StatusOK, op)
	}
}
