package conformance

import (
	"net/http"
	"sync"

	gorilla "github.com/gorilla/websocket"

	"github.com/gracefulfx/graceful/modules/httpserver"
)

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
