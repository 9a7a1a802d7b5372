package admin

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/config"
)

const (
	maxBody     = 16 << 10        // larger than any request to this API
	bodyTimeout = 5 * time.Second // longer than any of its clients takes
)

func respond(w http.ResponseWriter, status int, v any) {
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil { // only a type of the application can cause this
		status, b = http.StatusInternalServerError, []byte(`{"error": "the answer cannot be written as JSON"}`)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(append(b, '\n'))
}

func refuse(w http.ResponseWriter, status int, err error) {
	if status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "1")
	}
	respond(w, status, Refusal{Error: err.Error()})
}

// readBody reads one JSON object into v; an empty body counts as the empty object.
func readBody(w http.ResponseWriter, r *http.Request, v any) (status int, err error) {
	c := http.NewResponseController(w)
	_ = c.SetReadDeadline(time.Now().Add(bodyTimeout))               // some writers of tests cannot do it
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody)) // to the end, so that the answer is not lost in a reset
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return http.StatusRequestEntityTooLarge, fmt.Errorf("the body is larger than %d bytes", maxBody)
	case err != nil:
		return http.StatusBadRequest, fmt.Errorf("the body is incomplete: %w", err) // net/http must not wait for the rest either
	}
	_ = c.SetReadDeadline(time.Time{})
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.DisallowUnknownFields()
	var other *json.UnmarshalTypeError
	switch err := dec.Decode(v); {
	case errors.Is(err, io.EOF):
		return 0, nil
	case errors.As(err, &other) && other.Field == "":
		return http.StatusBadRequest, fmt.Errorf("cannot decode the body: it must be a JSON object, not %s", other.Value)
	case errors.As(err, &other):
		return http.StatusBadRequest, fmt.Errorf("cannot decode the body: %s must be a %v, not %s", other.Field, other.Type, other.Value)
	case err != nil:
		return http.StatusBadRequest, fmt.Errorf("cannot decode the body: %w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return http.StatusBadRequest, errors.New("the body has more than one JSON object")
	}
	return 0, nil
}

// unrouted answers requests without a route as JSON, like all others.
func unrouted(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h, pattern := mux.Handler(r)
		if pattern != "" {
			mux.ServeHTTP(w, r)
			return
		}
		recorder := &statusRecorder{header: w.Header(), status: http.StatusNotFound}
		h.ServeHTTP(recorder, r)
		err := fmt.Errorf("there is no %s: see the documentation of package admin", r.URL.Path)
		if recorder.status == http.StatusMethodNotAllowed {
			err = fmt.Errorf("%s is not for %s, but for %s", r.URL.Path, r.Method, w.Header().Get("Allow"))
		}
		refuse(w, recorder.status, err)
	})
}

// statusRecorder keeps the status and the header of a response.
type statusRecorder struct {
	header http.Header
	status int
}

func (u *statusRecorder) Header() http.Header         { return u.header }
func (u *statusRecorder) WriteHeader(status int)      { u.status = status }
func (u *statusRecorder) Write(b []byte) (int, error) { return len(b), nil }

// statusOf returns the HTTP status of an operation that has ended.
func statusOf(ans app.Answer, err error) int {
	report, isReload := ans.Detail.(config.Report)
	switch {
	case err == nil && ans.Outcome == app.OutcomePending:
		return http.StatusAccepted
	case err == nil:
		return http.StatusOK
	case errors.Is(err, app.ErrArgument):
		return http.StatusBadRequest
	case errors.Is(err, app.ErrUnhandled):
		return http.StatusNotImplemented
	case errors.Is(err, app.ErrNotReady), errors.Is(err, app.ErrStopping), isStop(err):
		return http.StatusServiceUnavailable
	case isReload && report.Result == config.Rejected:
		return http.StatusUnprocessableEntity
	case isReload && report.Result == config.Vetoed, ans.Outcome == app.OutcomeRefused:
		return http.StatusConflict
	}
	return http.StatusInternalServerError
}

// isStop reports whether a stop has ended the operation.
func isStop(err error) bool {
	var r *app.Reason
	return errors.As(err, &r)
}
