package handler

import (
	"net/http"
	"os"

	"github.com/gorilla/websocket"
)

// EnvSockets makes a server serve the WebSocket beside the rest.
const EnvSockets = "BENCH_SOCKETS"

// WithSockets adds GET /ws, a WebSocket that repeats each message, to next where
// EnvSockets is set. before is called with its request: there a server says that
// the connection may live on.
func WithSockets(next http.Handler, before func(*http.Request)) http.Handler {
	if os.Getenv(EnvSockets) == "" {
		return next
	}
	up := websocket.Upgrader{ReadBufferSize: 512, WriteBufferSize: 512}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/ws" {
			next.ServeHTTP(w, r)
			return
		}
		before(r)
		c, err := up.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		defer c.Close()
		for {
			kind, text, err := c.ReadMessage()
			if err != nil || c.WriteMessage(kind, text) != nil {
				return
			}
		}
	})
}
