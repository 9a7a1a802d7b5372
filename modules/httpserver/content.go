package httpserver

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/gracefulfx/graceful/internal/graph"
	"github.com/gracefulfx/graceful/internal/lazy"
)

// fx finds a handler by its type, so to fx a *gin.Engine that an application
// provides is not an http.Handler. Of other types fx shows only the names.

// fallback returns the handler of the requests that no route takes: h, else mux,
// else nil. A handler that is provided but could not be built is an error, and so
// is a second handler that would be silently ignored.
func fallback(h http.Handler, mux *http.ServeMux, g graph.Graph) (http.Handler, error) {
	served := "http.Handler"
	if h == nil {
		if err := g.Lacks(served); err != nil {
			return nil, err
		}
		if mux == nil {
			return nil, g.Lacks("*http.ServeMux")
		}
		h, served = mux, "*http.ServeMux"
	}
	same := mux != nil && h == http.Handler(mux) // one value is provided as both
	if other := idleHandler(g, served); other != "" && !(same && other == "*http.ServeMux") {
		a, _ := g.Provider(served)
		b, _ := g.Provider(other)
		return nil, fmt.Errorf("there are two handlers: %s of %s, and %s of %s, which would not be served: "+
			"make the first of the second, mount it with httpserver.Handle, or remove one", served, a, other, b)
	}
	return h, nil
}

// routers are well-known types that serve HTTP, as fx prints them.
var routers = []string{
	"*http.ServeMux", "*gin.Engine", "*chi.Mux", "chi.Router", "*echo.Echo", "*mux.Router", "*httprouter.Router", "*restful.Container",
}

// idleHandler returns a router that is provided, but neither served nor used by a
// constructor.
func idleHandler(g graph.Graph, served string) string {
	for _, typ := range routers {
		if name, _ := g.Provider(typ); name != "" && typ != served && !g.Together(typ, served) && !g.Needed(typ) {
			return typ
		}
	}
	return ""
}

// soundsLikeHandler matches types of an application that may be meant to be served.
var soundsLikeHandler = lazy.Regexp(`(?i)^\*?\w+\.\w*(router|routes|mux|handler|engine|echo|api|server|web)$`)

// library matches types of packages that are not the application's.
var library = lazy.Regexp(`^(github\.com/gracefulfx/graceful/(modules/[a-z]+|contrib/(etcd|grpc|otel|prometheus))|go\.uber\.org/fx)$`)

// mayBeMeant returns the types of the application that look like a handler, with
// their constructors.
func mayBeMeant(g graph.Graph) (list []string) {
	for _, typ := range g.Types() {
		name, pkg := g.Provider(typ)
		if !library().MatchString(pkg) && (slices.Contains(routers, typ) || soundsLikeHandler().MatchString(typ)) {
			list = append(list, typ+" of "+name)
		}
	}
	return list
}

// nothingToServe is the note for a server without content.
const nothingToServe = "nothing to serve but health: the application provides no http.Handler; " +
	"add fx.Provide(newHandler), or set http.addr=off for a program without HTTP"

// adviceToServe returns nothingToServe, with the types that may be meant.
func adviceToServe(meant []string) string {
	if len(meant) == 0 {
		return nothingToServe
	}
	return "nothing to serve but health: the application provides no http.Handler, but " + strings.Join(meant, ", ") +
		"; fx takes it for one if it is provided as fx.Annotate(newRouter, fx.As(fx.Self()), fx.As(new(http.Handler))); " +
		"for a program without HTTP set http.addr=off"
}
