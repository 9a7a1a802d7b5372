package main

import (
	"fmt"
	"log/slog"
	"net/http"
	"strconv"

	"github.com/gracefulfx/graceful/modules/config"
)

// maxKey is how long an Idempotency-Key may be.
const maxKey = 200

// API answers HTTP requests.
type API struct {
	Store    *Store
	Settings *config.Value[Settings]
	Limits   *config.Value[Limits]
	Status   func() Status
	Log      *slog.Logger

	writes throttle
}

// An action is a handler that leaves its errors to [API.fail].
type action func(http.ResponseWriter, *http.Request) error

// Handler is the whole service as one handler.
func (a *API) Handler() http.Handler {
	mux := http.NewServeMux()
	route := func(pattern string, do action) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			if err := do(w, r); err != nil {
				a.fail(w, r, err)
			}
		})
	}
	route("GET /api/todos", a.list)
	route("POST /api/todos", a.limited(a.create))
	route("GET /api/todos/{id}", a.get)
	route("PATCH /api/todos/{id}", a.limited(a.update))
	route("DELETE /api/todos/{id}", a.limited(a.delete))
	route("GET /api/events", a.events)
	route("GET /api/slow", a.slow)
	pages(mux)

	// Another site's page must not write here with the visitor's browser.
	guard := http.NewCrossOriginProtection()
	guard.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.fail(w, r, problem(http.StatusForbidden, "this request comes from another site"))
	}))
	return logged(a.Log, guard.Handler(a.unrouted(mux)))
}

// create: POST /api/todos. With an Idempotency-Key it may be sent again, to this
// generation or the next, and makes one todo; the repeated answer carries
// Idempotency-Replayed.
func (a *API) create(w http.ResponseWriter, r *http.Request) error {
	key := r.Header.Get("Idempotency-Key")
	if len(key) > maxKey {
		return problem(http.StatusBadRequest, "Idempotency-Key is longer than %d bytes", maxKey)
	}
	draft, err := decode[Draft](w, r, a.Limits.Get().MaxBody)
	if err != nil {
		return err
	}
	if err := draft.Clean(); err != nil {
		return err
	}
	todo, again, err := a.Store.Create(r.Context(), draft, key, a.Limits.Get().MaxTodos)
	if err != nil {
		return err
	}
	if again {
		w.Header().Set("Idempotency-Replayed", "true")
	}
	w.Header().Set("Location", fmt.Sprintf("/api/todos/%d", todo.ID))
	w.Header().Set("ETag", etag(todo))
	return reply(w, http.StatusCreated, todo)
}

func (a *API) get(w http.ResponseWriter, r *http.Request) error {
	id, err := idOf(r)
	if err != nil {
		return err
	}
	todo, err := a.Store.Get(r.Context(), id)
	if err != nil {
		return err
	}
	w.Header().Set("ETag", etag(todo))
	return reply(w, http.StatusOK, todo)
}

// update: PATCH /api/todos/{id}. With If-Match it changes only the version that the
// client has seen.
func (a *API) update(w http.ResponseWriter, r *http.Request) error {
	id, err := idOf(r)
	if err != nil {
		return err
	}
	patch, err := decode[Patch](w, r, a.Limits.Get().MaxBody)
	if err != nil {
		return err
	}
	todo, err := a.Store.Update(r.Context(), id, func(t *Todo) error {
		if err := ifMatch(r, *t); err != nil {
			return err
		}
		return patch.Apply(t)
	})
	if err != nil {
		return err
	}
	w.Header().Set("ETag", etag(todo))
	return reply(w, http.StatusOK, todo)
}

// delete: DELETE /api/todos/{id}. It obeys If-Match as well.
func (a *API) delete(w http.ResponseWriter, r *http.Request) error {
	id, err := idOf(r)
	if err != nil {
		return err
	}
	if err := a.Store.Delete(r.Context(), id, func(t Todo) error { return ifMatch(r, t) }); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// idOf reads the id from the path.
func idOf(r *http.Request) (int64, error) {
	id, err := positive(r.PathValue("id"))
	if err != nil {
		return 0, problem(http.StatusBadRequest, "the id of a todo is a positive number")
	}
	return id, nil
}

func positive(s string) (int64, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err == nil && n < 1 {
		err = strconv.ErrRange
	}
	return n, err
}
