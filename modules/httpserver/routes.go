package httpserver

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
)

// Route is one pattern of http.ServeMux and its handler. A pattern that is
// malformed or conflicts with another one, and a nil handler, are errors of the
// container, before anything starts.
type Route struct {
	Pattern string
	Handler http.Handler
}

// Middleware wraps every route and the application's handler, but not the health
// routes. The one with the lower Order sees a request first; equal orders go by
// name. Two with the same order and name are an error of the container, since their
// order would be undefined; so is a Wrap that is nil or returns nil. Wrap is called
// once.
type Middleware struct {
	Name  string
	Order int
	Wrap  func(http.Handler) http.Handler
}

// assemble makes one handler of everything that is to be served: routes first,
// fallback for the rest, both behind the middleware. It returns nil if there is
// nothing to serve.
func assemble(routes []Route, middleware []Middleware, fallback http.Handler) (http.Handler, error) {
	h := fallback
	if len(routes) > 0 {
		mux := http.NewServeMux()
		for _, r := range sorted(routes, func(a, b Route) int { return cmp.Compare(a.Pattern, b.Pattern) }) {
			if err := register(mux, r); err != nil {
				return nil, err
			}
		}
		h = mux
		if fallback != nil {
			h = &orElse{mux: mux, other: fallback}
		}
	}
	if h == nil {
		return nil, nil
	}

	// A value group has no order, so two with the same order and name would change
	// places between starts.
	chain := sorted(middleware, func(a, b Middleware) int {
		return cmp.Or(cmp.Compare(a.Order, b.Order), cmp.Compare(a.Name, b.Name))
	})
	inside := h
	for i, m := range slices.Backward(chain) {
		if i > 0 && chain[i-1].Order == m.Order && chain[i-1].Name == m.Name {
			return nil, fmt.Errorf("two middlewares are named %q with order %d: give each its own order", m.Name, m.Order)
		}
		if m.Wrap == nil {
			return nil, fmt.Errorf("middleware %q has no function", m.Name)
		}
		if h = m.Wrap(h); h == nil {
			return nil, fmt.Errorf("middleware %q returned no handler", m.Name)
		}
	}
	if len(chain) > 0 {
		h = &wrapped{h, inside}
	}
	return h, nil
}

// wrapped is a handler behind middleware, with the handler that the middleware
// hides.
type wrapped struct {
	http.Handler
	inside http.Handler
}

func (h *wrapped) route(r *http.Request) string { return routeOf(h.inside, r) }

func sorted[T any](list []T, compare func(a, b T) int) []T {
	list = slices.Clone(list)
	slices.SortStableFunc(list, compare)
	return list
}

// register adds r to mux. It turns the panic with which a ServeMux refuses a
// pattern into an error.
func register(mux *http.ServeMux, r Route) (err error) {
	if r.Handler == nil {
		return fmt.Errorf("route %q has no handler", r.Pattern)
	}
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("route %q: %v", r.Pattern, v)
		}
	}()
	mux.Handle(r.Pattern, r.Handler)
	return nil
}

// orElse tries the routes first. The other handler is not a pattern of the mux,
// which would clean its paths and redirect them.
type orElse struct {
	mux   *http.ServeMux
	other http.Handler
}

func (h *orElse) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if _, pattern := h.mux.Handler(r); pattern != "" {
		h.mux.ServeHTTP(w, r)
		return
	}
	h.other.ServeHTTP(w, r)
}

func (h *orElse) route(r *http.Request) string {
	return cmp.Or(routeOf(h.mux, r), routeOf(h.other, r))
}
