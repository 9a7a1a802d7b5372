package conformance

import (
	"net/http"
	"sync"

	"github.com/gorilla/websocket"

	"github.com/gracefulfx/graceful/modules/httpserver"
)

// room is a chat in memory. It does not move: at an upgrade each member joins the
// room of the new process, and none of them gets a message before all have joined.
type room struct {
	mu      sync.Mutex
	members map[*websocket.Conn]struct{}
}

func (m *room) join(c *websocket.Conn) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.members[c] = struct{}{}
}

func (m *room) leave(c *websocket.Conn) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.members, c)
}

func (m *room) say(text []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for c := range m.members {
		_ = c.WriteMessage(websocket.TextMessage, text)
	}
}

// The smallest chat server whose connections survive upgrades. It needs one line
// more than an ordinary one: a connection that is closed when its reads end with
// ErrMoving moves.
func Example_chat() {
	chat := room{members: map[*websocket.Conn]struct{}{}}
	http.HandleFunc("GET /chat", func(w http.ResponseWriter, r *http.Request) {
		httpserver.Keep(r)
		c, err := new(websocket.Upgrader).Upgrade(w, r, nil)
		if err != nil {
			return
		}
		defer c.Close()
		chat.join(c)
		defer chat.leave(c)
		for {
			_, text, err := c.ReadMessage()
			if err != nil {
				return
			}
			chat.say(text)
		}
	})
}
