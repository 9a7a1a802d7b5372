package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	sqlite3 "modernc.org/sqlite/lib"
)

// Problem is an error as RFC 9457 shows it to clients. A handler may return one
// itself; other errors become one here.
type Problem struct {
	Status int    `json:"status"`
	Title  string `json:"title"`
	Detail string `json:"detail"`
}

func (p *Problem) Error() string { return p.Detail }

func problem(status int, format string, args ...any) *Problem {
	return &Problem{Status: status, Title: http.StatusText(status), Detail: fmt.Sprintf(format, args...)}
}

// problemOf describes in terms of HTTP what went wrong. Details for the operator
// only stay in the log.
func problemOf(err error) *Problem {
	if p, ok := errors.AsType[*Problem](err); ok {
		return p
	}
	if e, ok := errors.AsType[*Invalid](err); ok {
		return problem(http.StatusUnprocessableEntity, "%s", e.Text)
	}
	if e, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return problem(http.StatusRequestEntityTooLarge, "the body is larger than %d bytes", e.Limit)
	}
	switch {
	case errors.Is(err, ErrNotFound):
		return problem(http.StatusNotFound, "%v", ErrNotFound)
	case errors.Is(err, ErrListFull):
		return problem(http.StatusConflict, "%v: delete something, or raise limits.max_todos", ErrListFull)
	case errors.Is(err, ErrKeyReused):
		return problem(http.StatusUnprocessableEntity, "%v", ErrKeyReused)
	case code(err) == sqlite3.SQLITE_BUSY, errors.Is(err, context.DeadlineExceeded):
		return problem(http.StatusServiceUnavailable, "the database is busy, try again")
	case code(err) == sqlite3.SQLITE_FULL:
		return problem(http.StatusInsufficientStorage, "there is no room left on the disk")
	}
	return problem(http.StatusInternalServerError, "the request failed; the log of the service says why")
}

// fail answers with the problem that err is.
func (a *API) fail(w http.ResponseWriter, r *http.Request, err error) {
	p := problemOf(err)
	if r.Context().Err() != nil { // the client is gone, or a stop ran out of time: not worth a line in the log
		p = problem(http.StatusServiceUnavailable, "the request was cut short, try again")
	} else if p.Status >= 500 {
		a.Log.Error("request failed", "method", r.Method, "path", r.URL.Path, "error", err)
	}
	if p.Status == http.StatusServiceUnavailable || p.Status == http.StatusTooManyRequests {
		w.Header().Set("Retry-After", "1")
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	json.NewEncoder(w).Encode(p) // an error here means that the client is gone
}
