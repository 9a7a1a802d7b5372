//go:build unix

package conformance

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	coder "github.com/coder/websocket"
	gorilla "github.com/gorilla/websocket"
)

// checker checks what comes on a WebSocket, in sequence.
type checker struct {
	echoed, pushed int
	echoes, pushes *atomic.Int64
}

// see reports whether m is the echo that the client waits for.
func (c *checker) see(m string) (bool, error) {
	kind, number, _ := strings.Cut(m, " ")
	n, _ := strconv.Atoi(strings.TrimRight(number, "x"))
	switch kind {
	case "e":
		c.echoed++
		c.echoes.Add(1)
		if n != c.echoed {
			return true, fmt.Errorf("echo %d, want %d", n, c.echoed)
		}
		return true, nil
	case "s":
		c.pushed++
		c.pushes.Add(1)
		if n != c.pushed {
			return false, fmt.Errorf("push %d, want %d", n, c.pushed)
		}
		return false, nil
	}
	return false, fmt.Errorf("got %q", m)
}

// message is the nth that a client says; some are longer than a buffer. Not so for
// x/net, which takes the fragments that gorilla makes of them for messages
// (golang/go#5082).
func message(n int, url string) string {
	pad := 0
	if n%7 == 0 {
		pad = n * 37 % 9000
	}
	if strings.HasSuffix(url, "xnet") {
		pad %= 3000
	}
	return "c " + strconv.Itoa(n) + strings.Repeat("x", pad)
}

// wsClient is the part of a client's library that a talk needs.
type wsClient struct {
	send    func(message string) error
	receive func() (string, error)
}

// talk sends messages, each after the echo of the one before, until it is stopped,
// and checks everything that comes.
func (c wsClient) talk(url string, stop chan struct{}, echoes, pushes *atomic.Int64) error {
	see := &checker{echoes: echoes, pushes: pushes}
	for n := 1; ; n++ {
		if err := c.send(message(n, url)); err != nil {
			return err
		}
		for echoed := false; !echoed; {
			m, err := c.receive()
			if err != nil {
				return err
			}
			if echoed, err = see.see(m); err != nil {
				return err
			}
		}
		select {
		case <-stop:
			return nil
		default:
		}
	}
}

func talkGorilla(url string, compress bool, stop chan struct{}, echoes, pushes *atomic.Int64) error {
	d := *dialer
	d.EnableCompression = compress
	c, _, err := d.Dial(url, nil)
	if err != nil {
		return err
	}
	defer c.Close()
	return wsClient{
		send: func(m string) error { return c.WriteMessage(gorilla.TextMessage, []byte(m)) },
		receive: func() (string, error) {
			_ = c.SetReadDeadline(time.Now().Add(patience))
			_, m, err := c.ReadMessage()
			return string(m), err
		},
	}.talk(url, stop, echoes, pushes)
}

func talkCoder(url string, compress bool, stop chan struct{}, echoes, pushes *atomic.Int64) error {
	o := &coder.DialOptions{CompressionMode: coder.CompressionDisabled}
	if compress {
		o = &coder.DialOptions{CompressionMode: coder.CompressionContextTakeover, CompressionThreshold: 1}
	}
	o.HTTPClient = &http.Client{Transport: transport}
	c, _, err := coder.Dial(context.Background(), url, o)
	if err != nil {
		return err
	}
	defer c.CloseNow()
	return wsClient{
		send: func(m string) error {
			ctx, cancel := context.WithTimeout(context.Background(), patience)
			defer cancel()
			return c.Write(ctx, coder.MessageText, []byte(m))
		},
		receive: func() (string, error) {
			ctx, cancel := context.WithTimeout(context.Background(), patience)
			defer cancel()
			_, m, err := c.Read(ctx)
			return string(m), err
		},
	}.talk(url, stop, echoes, pushes)
}

// listen reads one event stream until it is stopped.
func listen(url string, stop chan struct{}, events *atomic.Int64) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	r, _ := http.NewRequestWithContext(ctx, "GET", url, nil)
	res, err := transport.RoundTrip(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	lines := bufio.NewReader(res.Body)
	for want := 1; ; want++ {
		select {
		case <-stop:
			return nil
		default:
		}
		var n int
		for _, expect := range []string{"id: ", "data: x", ""} {
			line, err := lines.ReadString('\n')
			if err != nil {
				return err
			}
			if !strings.HasPrefix(line, expect) {
				return fmt.Errorf("got %q", line)
			}
			if id, ok := strings.CutPrefix(line, "id: "); ok {
				n, _ = strconv.Atoi(strings.TrimSpace(id))
			}
		}
		if n != want {
			return fmt.Errorf("event %d, want %d", n, want)
		}
		events.Add(1)
	}
}

// pollUntil polls on one connection: a second would be a reconnect.
func pollUntil(url string, stop chan struct{}, polls *atomic.Int64) error {
	var dials atomic.Int64
	tr := &http.Transport{MaxConnsPerHost: 1, TLSClientConfig: unverified}
	defer tr.CloseIdleConnections()
	dial := new(net.Dialer).DialContext
	tr.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		dials.Add(1)
		return dial(ctx, network, addr)
	}
	for {
		select {
		case <-stop:
			if n := dials.Load(); n != 1 {
				return fmt.Errorf("%d dials", n)
			}
			return nil
		default:
		}
		r, _ := http.NewRequest("GET", url, nil)
		res, err := tr.RoundTrip(r)
		if err != nil {
			return err
		}
		body, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil || string(body) != "after 300ms" {
			return fmt.Errorf("got %q, %v", body, err)
		}
		polls.Add(1)
	}
}
