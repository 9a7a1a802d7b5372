package conformance

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	coder "github.com/coder/websocket"
	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
	gorilla "github.com/gorilla/websocket"
	"github.com/lxzan/gws"
	xnet "golang.org/x/net/websocket"

	"github.com/gracefulfx/graceful/modules/httpserver"
)

const (
	every = 5 * time.Millisecond

	// ahead is how many pushes a client may be behind. Without a limit one that
	// needs longer than every for a push would find each echo behind ever more of
	// them, since the kernel buffers a hundred thousand.
	ahead = 5
)

// pusher sends numbers until it is ended.
type pusher struct {
	next    int
	unheard atomic.Int64 // pushes since the last message of the client
	end     chan struct{}
	done    chan struct{}
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
				if s.unheard.Add(1) > ahead {
					continue
				}
				if send("s "+strconv.Itoa(s.next)) != nil {
					return
				}
				s.next++
			}
		}
	}()
	return s
}

// state ends the pusher and returns the number that it would have sent next.
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

// echo returns the answer to what the client has said.
func (s *pusher) echo(said string) string {
	s.unheard.Store(0)
	return "e" + strings.TrimPrefix(said, "c")
}

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
		if err != nil || send(s.echo(string(m))) != nil {
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
		if err != nil || send(s.echo(string(m))) != nil {
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
		if err != nil || send(s.echo(string(m))) != nil {
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
	s, _ := c.Session().Load("pusher")
	_ = c.WriteString(s.(*pusher).echo(string(m.Bytes())))
}

func keptGWS(w http.ResponseWriter, r *http.Request) {
	p := httpserver.Keep(r)
	c, err := gwsUpgrader.Upgrade(w, r)
	if err != nil {
		return
	}
	s := push(p, c.WriteString)
	c.Session().Store("pusher", s)
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
			if xnet.Message.Receive(c, &m) != nil || send(s.echo(m)) != nil {
				return
			}
		}
	}}.ServeHTTP(w, r)
}
