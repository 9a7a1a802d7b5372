package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
	"unicode/utf8"
)

// decode reads a JSON body of at most max bytes into a new T, strictly: unknown
// fields are refused, not ignored.
func decode[T any](w http.ResponseWriter, r *http.Request, max int64) (v T, err error) {
	// Browsers send application/json to another origin only with permission, so
	// insisting on it also stops forged forms.
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind != "application/json" {
		return v, problem(http.StatusUnsupportedMediaType, "send the body with Content-Type: application/json")
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, max))
	if err != nil {
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return v, err
		}
		return v, problem(http.StatusBadRequest, "the body could not be read to its end")
	}
	if len(bytes.TrimSpace(body)) == 0 {
		return v, problem(http.StatusBadRequest, "the body is empty, a JSON object is expected")
	}
	if !utf8.Valid(body) {
		return v, problem(http.StatusBadRequest, "the body is not UTF-8")
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(&v); err != nil {
		return v, problem(http.StatusBadRequest, "the body is not what is expected: %s", strings.TrimPrefix(err.Error(), "json: "))
	}
	if _, err := d.Token(); err != io.EOF {
		return v, problem(http.StatusBadRequest, "there is something after the JSON object")
	}
	return v, nil
}

// reply answers with v as JSON.
func reply(w http.ResponseWriter, status int, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	w.Write(append(body, '\n')) // an error here means that the client is gone
	return nil
}
