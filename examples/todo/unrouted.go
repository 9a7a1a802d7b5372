package main

import "net/http"

// unrouted lets the mux find out whether an unknown path or method is a 404 or a
// 405, and answers with a problem.
func (a *API) unrouted(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h, pattern := mux.Handler(r)
		if pattern != "" {
			mux.ServeHTTP(w, r)
			return
		}
		m := &mute{ResponseWriter: w}
		h.ServeHTTP(m, r)
		detail := "there is nothing at this path"
		if m.status == http.StatusMethodNotAllowed {
			detail = "this path does not know the method " + r.Method + "; it knows " + w.Header().Get("Allow")
		}
		a.fail(w, r, problem(m.status, "%s", detail))
	})
}

// mute keeps the status and throws away the text. Headers go through.
type mute struct {
	http.ResponseWriter
	status int
}

func (m *mute) WriteHeader(status int)      { m.status = status }
func (m *mute) Write(p []byte) (int, error) { return len(p), nil }
