package closeheader

import (
	"strings"
	"testing"
)

func TestPlace(t *testing.T) {
	tests := []struct {
		name, response string
		want           int
	}{
		{"plain", "HTTP/1.1 200 OK\r\nA: b\r\n\r\nbody", len("HTTP/1.1 200 OK\r\n")},
		{"no header", "HTTP/1.1 204 No Content\r\n\r\n", len("HTTP/1.1 204 No Content\r\n")},
		{"header longer than the buffer", "HTTP/1.1 200 OK\r\nA: " + strings.Repeat("b", 4000), len("HTTP/1.1 200 OK\r\n")},
		{"body with the words", "HTTP/1.1 200 OK\r\nA: b\r\n\r\n\r\nConnection: close\r\n", len("HTTP/1.1 200 OK\r\n")},
		{"says it itself", "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", -1},
		{"says it last", "HTTP/1.1 200 OK\r\nA: b\r\nConnection: close\r\n\r\nbody", -1},
		{"upgrade", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", -1},
		{"old", "HTTP/1.0 200 OK\r\n\r\n", -1},
		{"not HTTP", "\x16\x03\x01", -1},
		{"empty", "", -1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := Place([]byte(tt.response)); got != tt.want {
				t.Errorf("got %d, want %d", got, tt.want)
			}
		})
	}
}
