package compat

import (
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/fx"

	"github.com/gracefulfx/graceful"
	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/apptest"
)

// service is what an agent of Consul is asked to put on its list.
type service struct {
	ID, Name string
	Port     int
	Check    struct{ HTTP, Interval, DeregisterCriticalServiceAfter string }
}

// asked is a request to the agent.
type asked struct {
	path    string
	service service
}

// newAgent stands in for an agent of Consul: it takes the two requests of its HTTP
// API. It refuses the first few, as an agent does while it starts.
func newAgent(t *testing.T, refusals int) (url string, requests chan asked) {
	t.Helper()
	requests = make(chan asked, 10)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a := asked{path: r.Method + " " + r.URL.Path}
		if err := json.NewDecoder(r.Body).Decode(&a.service); err != nil {
			t.Errorf("%s: %v", a.path, err)
		}
		if refusals--; refusals >= 0 {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		requests <- a
	}))
	t.Cleanup(s.Close)
	return s.URL, requests
}

func TestConsulDeregistersAtAStopButNotAtAnUpgrade(t *testing.T) {
	for _, c := range []struct {
		name string
		kind app.Kind
		off  bool
	}{
		{"a stop", app.Requested, true},
		{"a signal", app.Signalled, true},
		{"an upgrade", app.Replaced, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			agent, requests := newAgent(t, 2)
			x := apptest.New(t, graceful.Name("shop"), withConsul(agent),
				fx.Supply(fx.Annotate(http.NotFoundHandler(), fx.As(new(http.Handler)))))
			x.Start()
			var on asked
			select {
			case on = <-requests:
			case <-time.After(time.Minute):
				t.Fatal("nothing was registered")
			}
			_, port, err := net.SplitHostPort(strings.TrimPrefix(x.URL("http"), "http://"))
			if err != nil {
				t.Fatal(err)
			}
			s := on.service
			if on.path != "PUT /v1/agent/service/register" || s.Name != "shop" || strconv.Itoa(s.Port) != port || !strings.HasSuffix(s.Check.HTTP, ":"+port+"/readyz") {
				t.Errorf("got %+v, want the server at port %s", on, port)
			}
			x.App.Stop(app.Reason{Kind: c.kind, By: "test"})
			x.Wait()
			var paths []string
			for len(requests) > 0 {
				paths = append(paths, (<-requests).path)
			}
			want := "PUT /v1/agent/service/deregister/" + s.ID
			if off := len(paths) == 1 && paths[0] == want; off != c.off || len(paths) > 1 {
				t.Errorf("the agent was asked for %q; want %s: %v", paths, want, c.off)
			}
		})
	}
}
