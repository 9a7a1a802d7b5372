package load

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
)

// misbehave serves one connection after the other, each in its own wrong way.
type misbehave func(c *net.TCPConn, br *bufio.Reader)

// against listens, gives each connection to do, and returns the address and
// the number of requests that arrived, to be read after the test's clients.
func against(t *testing.T, do misbehave) (addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var open sync.WaitGroup
	open.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			open.Go(func() {
				defer c.Close()
				do(c.(*net.TCPConn), bufio.NewReader(c))
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		open.Wait()
	})
	return l.Addr().String()
}

// take reads one request and returns its body, "" when the client has left.
func take(br *bufio.Reader) string {
	req, err := http.ReadRequest(br)
	if err != nil {
		return ""
	}
	body, _ := io.ReadAll(req.Body)
	return string(body)
}

func answer(w io.Writer, body string) {
	fmt.Fprintf(w, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
}

// hangUp waits until the client has left.
func hangUp(br *bufio.Reader) { io.Copy(io.Discard, br) }

// reset makes Close send RST.
func reset(c *net.TCPConn) { c.SetLinger(0) }

func eofAtOnce(_ *net.TCPConn, br *bufio.Reader) { take(br) }

func rstAtOnce(c *net.TCPConn, br *bufio.Reader) { take(br); reset(c) }

func eofOnSecond(c *net.TCPConn, br *bufio.Reader) { answer(c, take(br)); take(br) }

func rstOnSecond(c *net.TCPConn, br *bufio.Reader) { answer(c, take(br)); take(br); reset(c) }

func halfHeader(c *net.TCPConn, br *bufio.Reader) {
	take(br)
	io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Le")
}

func halfBody(c *net.TCPConn, br *bufio.Reader) {
	take(br)
	io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
}

func wrongBody(c *net.TCPConn, br *bufio.Reader) {
	for take(br) != "" {
		answer(c, "of another request")
	}
}

func unavailable(c *net.TCPConn, br *bufio.Reader) {
	for take(br) != "" {
		io.WriteString(c, "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n")
	}
}

func noHTTP(c *net.TCPConn, br *bufio.Reader) {
	take(br)
	io.WriteString(c, "220 mail ready\r\n")
	hangUp(br)
}

func silent(_ *net.TCPConn, br *bufio.Reader) { hangUp(br) }

// twice answers the first request two times, in one packet so that the client sees
// both.
func twice(c *net.TCPConn, br *bufio.Reader) {
	body := take(br)
	one := fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
	io.WriteString(c, one+one)
	hangUp(br)
}

func good(c *net.TCPConn, br *bufio.Reader) {
	for body := take(br); body != ""; body = take(br) {
		answer(c, body)
	}
}

// polite says that it is going to close, and does.
func polite(c *net.TCPConn, br *bufio.Reader) {
	body := take(br)
	fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
}
