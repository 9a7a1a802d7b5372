package conformance

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	coder "github.com/coder/websocket"
	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
	gorilla "github.com/gorilla/websocket"
	"github.com/lxzan/gws"
	xnet "golang.org/x/net/websocket"

	"github.com/gracefulfx/graceful/modules/httpserver"
)

const every = 5 * time.Millisecond

// pusher sends numbers until it is ended.
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
