package conformance

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	coder "github.com/coder/websocket"
	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
	gorilla "github.com/gorilla/websocket"
	"github.com/lxzan/gws"
	"go.uber.org/fx"
	xnet "golang.org/x/net/websocket"

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

const every = 5 * time.Millisecond

// pusher says numbers until it is ended.
type pusher struct {
	next int
	end  chan struct{}
	done chan struct{}
}

func push(p *httpserver.Passage, send func(string) error) *pusher {
	s := &pusher{next: 1, end: make(chan struct{}), done: make(chan struct{})}
	if p.Resumed() {
		_ = json.Unmarshal(p.State(), &s.next)
	}
	go func() {
		defer close(s.done)
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-s.end:
				return
			case <-tick.C:
				if send("s "+strconv.Itoa(s.next)) != nil {
					return
				}
				s.next++
			}
		}
	}()
	return s
}

// state ends the pusher and returns the number that it would have said next.
func (s *pusher) state() []byte {
	close(s.end)
	<-s.done
	return []byte(strconv.Itoa(s.next))
}

// leave is what a handler does when its reads have ended.
func (s *pusher) leave(p *httpserver.Passage) {
	state := s.state()
	select {
	case <-p.Moving():
		p.Leave(state)
	default:
	}
}

func echo(s string) string { return "e" + strings.TrimPrefix(s, "c") }

var gorillaUpgrader = gorilla.Upgrader{EnableCompression: true}

func keptGorilla(w http.ResponseWriter, r *http.Request) {
	p := httpserver.Keep(r)
	c, err := gorillaUpgrader.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	defer c.Close()
	var mu sync.Mutex
	send := func(s string) error {
		mu.Lock()
		defer mu.Unlock()
		return c.WriteMessage(gorilla.TextMessage, []byte(s))
	}
	s := push(p, send)
	defer s.leave(p)
	for {
		_, m, err := c.ReadMessage()
		if err != nil || send(echo(string(m))) != nil {
			return
		}
	}
}

func keptCoder(w http.ResponseWriter, r *http.Request) {
	p := httpserver.Keep(r)
	c, err := coder.Accept(w, r, &coder.AcceptOptions{CompressionMode: coder.CompressionContextTakeover, CompressionThreshold: 1})
	if err != nil {
		return
	}
	defer c.Close(coder.StatusInternalError, "the sky is falling") // as its examples do
	c.SetReadLimit(1 << 20)
	send := func(s string) error { return c.Write(context.Background(), coder.MessageText, []byte(s)) }
	s := push(p, send)
	defer s.leave(p)
	for {
		_, m, err := c.Read(context.Background())
		if err != nil || send(echo(string(m))) != nil {
			return
		}
	}
}

func keptGobwas(w http.ResponseWriter, r *http.Request) {
	p := httpserver.Keep(r)
	c, _, _, err := ws.UpgradeHTTP(r, w)
	if err != nil {
		return
	}
	defer c.Close()
	send := func(s string) error { // in one piece: pongs are written by the reader
		_, err := c.Write(ws.MustCompileFrame(ws.NewTextFrame([]byte(s))))
		return err
	}
	s := push(p, send)
	defer s.leave(p)
	for {
		m, _, err := wsutil.ReadClientData(c)
		if err != nil || send(echo(string(m))) != nil {
			return
		}
	}
}

var gwsUpgrader = gws.NewUpgrader(keptGWSEvents{}, &gws.ServerOption{
	PermessageDeflate: gws.PermessageDeflate{Enabled: true, ServerContextTakeover: true, ClientContextTakeover: true, ServerMaxWindowBits: 15, ClientMaxWindowBits: 15, Threshold: 1},
})

type keptGWSEvents struct{ gws.BuiltinEventHandler }

func (keptGWSEvents) OnMessage(c *gws.Conn, m *gws.Message) {
	defer m.Close()
	_ = c.WriteString(echo(string(m.Bytes())))
}

func keptGWS(w http.ResponseWriter, r *http.Request) {
	p := httpserver.Keep(r)
	c, err := gwsUpgrader.Upgrade(w, r)
	if err != nil {
		return
	}
	s := push(p, c.WriteString)
	p.OnLeave(s.state) // ReadLoop closes the connection
	c.ReadLoop()
}

func keptXNet(w http.ResponseWriter, r *http.Request) {
	p := httpserver.Keep(r)
	xnet.Server{Handler: func(c *xnet.Conn) {
		send := func(s string) error { return xnet.Message.Send(c, s) }
		s := push(p, send)
		defer s.leave(p)
		for {
			var m string
			if xnet.Message.Receive(c, &m) != nil || send(echo(m)) != nil {
				return
			}
		}
	}}.ServeHTTP(w, r)
}

// hub is a chat in the memory of one process: every member gets each message.
type hub struct {
	mu      sync.Mutex
	members map[chan string]struct{}
}

func (h *hub) join(w http.ResponseWriter, r *http.Request) {
	p := httpserver.Keep(r)
	c, err := gorillaUpgrader.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	defer c.Close()
	out, written := make(chan string, 1024), make(chan struct{})
	h.mu.Lock()
	if h.members == nil {
		h.members = map[chan string]struct{}{}
	}
	h.members[out] = struct{}{}
	h.mu.Unlock()
	go func() {
		defer close(written)
		for text := range out {
			_ = c.WriteMessage(gorilla.TextMessage, []byte(text))
		}
	}()
	for {
		_, m, err := c.ReadMessage()
		if err != nil {
			break
		}
		h.mu.Lock()
		for member := range h.members {
			member <- string(m)
		}
		h.mu.Unlock()
	}
	h.mu.Lock()
	delete(h.members, out)
	h.mu.Unlock()
	close(out)
	<-written
	p.Leave(nil)
}

func keptEvents(w http.ResponseWriter, r *http.Request) {
	p := httpserver.Keep(r)
	next := 1
	if p.Resumed() {
		_ = json.Unmarshal(p.State(), &next)
	}
	w.Header().Set("Content-Type", "text/event-stream")
	rc := http.NewResponseController(w)
	_ = rc.Flush()
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			fmt.Fprintf(w, "id: %d\ndata: x\n\n", next)
			next++
			if n, err := strconv.Atoi(r.URL.Query().Get("n")); err == nil && next > n {
				return
			}
			if rc.Flush() != nil {
				return
			}
		case <-p.Moving():
			p.Leave([]byte(strconv.Itoa(next)))
			return
		case <-app.Draining(r.Context()):
			return
		}
	}
}

// keptPoll answers some time after the first handler of the request began.
func keptPoll(w http.ResponseWriter, r *http.Request) {
	p := httpserver.Keep(r)
	began := time.Now().UnixNano()
	if p.Resumed() {
		_ = json.Unmarshal(p.State(), &began)
	}
	wait, _ := time.ParseDuration(r.URL.Query().Get("wait"))
	select {
	case <-time.After(wait - time.Since(time.Unix(0, began))):
		fmt.Fprintf(w, "after %s", wait)
	case <-p.Moving():
		p.Leave(strconv.AppendInt(nil, began, 10))
	}
}
