package conformance

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	coder "github.com/coder/websocket"
	gorilla "github.com/gorilla/websocket"
	"github.com/lxzan/gws"
	"go.uber.org/goleak"

	"github.com/gracefulfx/graceful/modules/httpserver"
)

// The servers, each written as its library recommends, echo what they get and close
// with 1001 when the stop begins.
var servers = map[string]http.HandlerFunc{
	"coder": func(w http.ResponseWriter, r *http.Request) {
		ws, err := coder.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer ws.CloseNow()
		defer httpserver.OnDrain(r.Context(), func() { httpserver.GoingAway(ws) })()
		for {
			kind, data, err := ws.Read(r.Context())
			if err != nil || ws.Write(r.Context(), kind, data) != nil {
				return
			}
		}
	},
	"gorilla": func(w http.ResponseWriter, r *http.Request) {
		ws, err := new(gorilla.Upgrader).Upgrade(w, r, nil)
		if err != nil {
			return
		}
		defer ws.Close()
		defer httpserver.OnDrain(r.Context(), func() { httpserver.GoingAway(ws) })()
		for {
			kind, data, err := ws.ReadMessage()
			if err != nil {
				return
			}
			// After the goodbye it reads on, until that of the peer arrives.
			if err := ws.WriteMessage(kind, data); err != nil && err != gorilla.ErrCloseSent {
				return
			}
		}
	},
	"gws": func(w http.ResponseWriter, r *http.Request) {
		ws, err := gws.NewUpgrader(gwsEcho{}, nil).Upgrade(w, r)
		if err != nil {
			return
		}
		defer httpserver.OnDrain(r.Context(), func() { httpserver.GoingAway(ws) })()
		ws.ReadLoop()
	},
}

type gwsEcho struct{ gws.BuiltinEventHandler }

func (gwsEcho) OnMessage(ws *gws.Conn, m *gws.Message) {
	defer m.Close()
	ws.WriteMessage(m.Opcode, m.Bytes())
}

// peer is a client. It sends and receives until the connection ends, and returns
// the close status.
var clients = map[string]func(url string, ready func()) (code int, err error){
	"coder": func(url string, ready func()) (int, error) {
		ctx, cancel := context.WithTimeout(context.Background(), 2*patience)
		defer cancel()
		ws, _, err := coder.Dial(ctx, url, nil)
		if err != nil {
			return 0, err
		}
		defer ws.CloseNow()
		if err := ws.Write(ctx, coder.MessageText, []byte("hi")); err != nil {
			return 0, err
		}
		for {
			if _, _, err := ws.Read(ctx); err != nil {
				return int(coder.CloseStatus(err)), err
			}
			ready()
		}
	},
	"gorilla": func(url string, ready func()) (int, error) {
		ws, _, err := gorilla.DefaultDialer.Dial(url, nil)
		if err != nil {
			return 0, err
		}
		defer ws.Close()
		ws.SetReadDeadline(time.Now().Add(2 * patience))
		if err := ws.WriteMessage(gorilla.TextMessage, []byte("hi")); err != nil {
			return 0, err
		}
		for {
			_, _, err := ws.ReadMessage()
			if err != nil {
				if e, ok := err.(*gorilla.CloseError); ok {
					return e.Code, err
				}
				return 0, err
			}
			ready()
		}
	},
}

// Every client of every library gets 1001 and is gone before the stop is over.
func TestWebSocketsGetTheirGoodbye(t *testing.T) {
	for server, h := range servers {
		for client, talk := range clients {
			t.Run(server+" server, "+client+" client", func(t *testing.T) {
				defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
				port, stop := ours(t, &http.Server{Handler: h})
				const n = 10
				var ready, all sync.WaitGroup
				ready.Add(n)
				for range n {
					all.Go(func() {
						var once sync.Once
						arrived := func() { once.Do(ready.Done) }
						defer arrived()
						code, err := talk(fmt.Sprintf("ws://127.0.0.1:%d", port), arrived)
						if code != 1001 {
							t.Errorf("got status %d, %v, want 1001", code, err)
						}
					})
				}
				ready.Wait()
				counts := stop().Counts()
				all.Wait()
				if counts["told"] != n || counts["cut"] != 0 {
					t.Errorf("got %v, want %d told and none cut", counts, n)
				}
			})
		}
	}
}

// Closes are spread over time, so that clients do not come back all at once.
func TestGoodbyesAreSpread(t *testing.T) {
	const spread = 2 * time.Second
	port, stop := ours(t, &http.Server{Handler: servers["coder"]}, func(c *httpserver.Config) { c.Spread = spread })
	const n = 30
	var ready, all sync.WaitGroup
	ready.Add(n)
	var mu sync.Mutex
	var ends []time.Time
	for range n {
		all.Go(func() {
			var once sync.Once
			code, err := clients["coder"](fmt.Sprintf("ws://127.0.0.1:%d", port), func() { once.Do(ready.Done) })
			mu.Lock()
			defer mu.Unlock()
			ends = append(ends, time.Now())
			if code != 1001 {
				t.Errorf("got status %d, %v, want 1001", code, err)
			}
		})
	}
	ready.Wait()
	stop()
	all.Wait()
	// 30 closes that are spread evenly all fall into one quarter of the time once
	// in 10^16 times.
	if between := ends[n-1].Sub(ends[0]); between < spread/4 {
		t.Errorf("all closed within %v, want them spread over %v", between, spread)
	}
}
