package httpserver

import (
	"io"
	"net"
	"net/http"
	"testing"
)

func TestHijackOfAnUpgradeGivesTheRawConnection(t *testing.T) {
	got := make(chan net.Conn, 1)
	r := serveOn(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for name, ok := range map[string]bool{
			"Flusher":      is[http.Flusher](w),
			"ReaderFrom":   is[io.ReaderFrom](w),
			"StringWriter": is[io.StringWriter](w),
		} {
			if !ok {
				t.Errorf("the writer is not an %s", name)
			}
		}
		nc, rw, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer nc.Close()
		rw.WriteString("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
		line, _ := rw.ReadString('\n')
		rw.WriteString(line)
		rw.Flush()
		got <- nc
	}))
	c := r.dial()
	c.send("GET / HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nping\n")
	res, err := http.ReadResponse(c.br, nil)
	if err != nil || res.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("got %v, %v, want 101", res, err)
	}
	if line, err := c.br.ReadString('\n'); line != "ping\n" {
		t.Errorf("got %q, %v, want ping", line, err)
	}
	if nc := <-got; !is[*net.TCPConn](nc) {
		t.Errorf("got a %T, want *net.TCPConn", nc)
	}
}

func TestUserHooksSeeTheRawConnection(t *testing.T) {
	seen := make(chan net.Conn, 10)
	r := serveOn(t, http.HandlerFunc(hello), tuned(func(hs *http.Server) {
		hs.ConnState = func(nc net.Conn, _ http.ConnState) { seen <- nc }
	}))
	r.dial().get("/")
	if nc := <-seen; !is[*net.TCPConn](nc) {
		t.Errorf("got a %T, want *net.TCPConn", nc)
	}
}

func is[T any](v any) bool { _, ok := v.(T); return ok }
