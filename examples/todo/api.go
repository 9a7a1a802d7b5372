package main

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/gracefulfx/graceful/modules/config"
)

// maxPage is how many todos one answer holds at most, and maxKey how long an Idempotency-Key may be.
const (
	maxPage = 500
	maxKey  = 200
)

// API answers HTTP requests.
type API struct {
	Store    *Store
	Settings *config.Value[Settings]
	Limits   *config.Value[Limits]
	Status   func() Status
	Log      *slog.Logger

	writes throttle
}

// Handler is the whole service as one handler.
func (a *API) Handler() http.Handler {
	mux := http.NewServeMux()
	route := func(pattern string, do func(http.ResponseWriter, *http.Request) error) {
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

// list: GET /api/todos?limit=100&before=ID&done=true. The next page is named in a Link header.
func (a *API) list(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	page, err := pageOf(query)
	if err != nil {
		return err
	}
	todos, more, err := a.Store.List(r.Context(), page)
	if err != nil {
		return err
	}
	if more {
		query.Set("before", strconv.FormatInt(todos[len(todos)-1].ID, 10))
		w.Header().Set("Link", fmt.Sprintf(`</api/todos?%s>; rel="next"`, query.Encode()))
	}
	return reply(w, http.StatusOK, todos)
}

func pageOf(query url.Values) (p Page, err error) {
	p.Limit = 100
	if s := query.Get("limit"); s != "" {
		if p.Limit, err = strconv.Atoi(s); err != nil || p.Limit < 1 || p.Limit > maxPage {
			return p, problem(http.StatusBadRequest, "limit must be a number from 1 to %d", maxPage)
		}
	}
	if s := query.Get("before"); s != "" {
		if p.Before, err = positive(s); err != nil {
			return p, problem(http.StatusBadRequest, "before must be the id of a todo")
		}
	}
	if s := query.Get("done"); s != "" {
		done, err := strconv.ParseBool(s)
		if err != nil {
			return p, problem(http.StatusBadRequest, "done must be true or false")
		}
		p.Done = &done
	}
	return p, nil
}

// create: POST /api/todos. With an Idempotency-Key it may be sent again, to this generation or the next, and makes one
// todo; the repeated answer carries Idempotency-Replayed.
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

// update: PATCH /api/todos/{id}. With If-Match it changes only the version that the client has seen.
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

func etag(t Todo) string { return fmt.Sprintf(`"%d"`, t.Version) }

// ifMatch refuses a request that was made for another version of t.
func ifMatch(r *http.Request, t Todo) error {
	want := r.Header.Get("If-Match")
	if want == "" || want == "*" {
		return nil
	}
	for tag := range strings.SplitSeq(want, ",") {
		if strings.TrimSpace(tag) == etag(t) {
			return nil
		}
	}
	return problem(http.StatusPreconditionFailed, "the todo was changed since you read it: its ETag is now %s", etag(t))
}
