package conformance

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"testing"

	"go.uber.org/fx"

	"github.com/gracefulfx/graceful"
	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/config"
	"github.com/gracefulfx/graceful/modules/httpserver"
)

// The test binary is also the program whose connections move. Every WebSocket
// echoes "c ..." as "e ...", and says "s 1", "s 2" and so on, a number every few
// milliseconds; the numbers are its state.
const programEnv = "KEPT_TEST"

func TestMain(m *testing.M) {
	if proto := os.Getenv(goClientEnv); proto != "" {
		goClient(proto, os.Args[1])
		return
	}
	if os.Getenv(programEnv) != "" {
		graceful.Run(graceful.Name("kept"), fx.NopLogger, fx.Provide(keptHandler), fx.Invoke(announce))
		return
	}
	os.Exit(m.Run())
}

func announce(a *app.App, s *httpserver.Server) {
	a.Observe(func(e app.Event) {
		if c, ok := e.(app.StateChanged); ok && c.To == app.StateReady {
			fmt.Printf("generation %d, process %d, listens on %v\n", a.Generation(), os.Getpid(), s.Addr())
		}
	})
}

func keptHandler(a *app.App, conf *config.Value[httpserver.Config]) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/upgrades", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(a.Wiring().Upgrades())
	})
	mux.HandleFunc("/who", who(a))
	mux.HandleFunc("/peer", peer)
	mux.HandleFunc("/idle", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, conf.Get().IdleTimeout) })
	mux.HandleFunc("/page", page)
	mux.HandleFunc("/live", live)
	mux.HandleFunc("/report", report)
	mux.HandleFunc("/gorilla", keptGorilla)
	mux.HandleFunc("/coder", keptCoder)
	mux.HandleFunc("/gobwas", keptGobwas)
	mux.HandleFunc("/gws", keptGWS)
	mux.HandleFunc("/xnet", keptXNet)
	mux.HandleFunc("/chat", new(hub).join)
	mux.HandleFunc("/events", keptEvents)
	mux.HandleFunc("/poll", keptPoll)
	if gone := os.Getenv("KEPT_GONE"); gone != "" && os.Getenv("KEPT_GENERATION") != "" {
		next := mux
		mux = http.NewServeMux()
		mux.Handle("/", next)
		mux.HandleFunc(gone, http.NotFound)
	}
	return withGRPC(mux)
}
