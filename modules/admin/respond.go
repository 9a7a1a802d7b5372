package admin

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/config"
)

// maxBody is more than any request here needs.
const maxBody = 16 << 10

func respond(w http.ResponseWriter, status int, v any) {
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil { // only what a user's own type could do
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

// readBody reads one JSON object into v; nothing at all is the empty object.
func readBody(w http.ResponseWriter, r *http.Request, v any) (status int, err error) {
	dec := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody))
	dec.DisallowUnknownFields()
	var tooLarge *http.MaxBytesError
	switch err := dec.Decode(v); {
	case errors.Is(err, io.EOF):
		return 0, nil
	case errors.As(err, &tooLarge):
		return http.StatusRequestEntityTooLarge, fmt.Errorf("the body is larger than %d bytes", maxBody)
	case err != nil:
		return http.StatusBadRequest, fmt.Errorf("the body is not understood: %w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return http.StatusBadRequest, errors.New("the body goes on after its JSON object")
	}
	return 0, nil
}

// statusOf is the status of an operation that has ended.
func statusOf(ans app.Answer, err error) int {
	report, isReload := ans.Detail.(config.Report)
	switch {
	case err == nil && ans.Outcome == app.OutcomePending:
		return http.StatusAccepted
	case err == nil:
		return http.StatusOK
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

// isStop tells whether a stop that began ended the operation.
func isStop(err error) bool {
	var r *app.Reason
	return errors.As(err, &r)
}
