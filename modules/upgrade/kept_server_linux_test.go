package upgrade

import (
	"bufio"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/httpserver"
)

// socket answers each message of a WebSocket with its generation, how many it has
// answered, and the message.
func (p *testProgram) socket(w http.ResponseWriter, r *http.Request) {
	way := httpserver.Keep(r)
	n, _ := strconv.Atoi(string(way.State()))
	nc, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer nc.Close()
	_, _ = io.WriteString(nc, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
	for {
		text, err := readFrame(nc)
		if err != nil {
			way.Leave([]byte(strconv.Itoa(n)))
			return
		}
		n++
		answer := fmt.Sprintf("%d %d %s", p.app.Generation(), n, text)
		if _, err := nc.Write(append([]byte{0x81, byte(len(answer))}, answer...)); err != nil {
			return
		}
	}
}

// events counts in a response, and names the generation that counts.
func (p *testProgram) events(w http.ResponseWriter, r *http.Request) {
	way := httpserver.Keep(r)
	n, _ := strconv.Atoi(string(way.State()))
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			n++
			_, _ = fmt.Fprintf(w, "%d %d\n", p.app.Generation(), n)
			_ = http.NewResponseController(w).Flush()
		case <-way.Moving():
			way.Leave([]byte(strconv.Itoa(n)))
			return
		case <-app.Draining(r.Context()):
			return
		case <-r.Context().Done():
			return
		}
	}
}

// readFrame reads a frame that is at most 125 bytes long.
func readFrame(r io.Reader) (string, error) {
	head := make([]byte, 2, 6)
	if _, err := io.ReadFull(r, head); err != nil {
		return "", err
	}
	if head[0] != 0x81 {
		return "", fmt.Errorf("got a frame that begins with %x", head)
	}
	var mask []byte
	if head[1]&0x80 != 0 {
		mask = head[2:6]
		if _, err := io.ReadFull(r, mask); err != nil {
			return "", err
		}
	}
	text := make([]byte, head[1]&0x7f)
	if _, err := io.ReadFull(r, text); err != nil {
		return "", err
	}
	for i := range text {
		if mask != nil {
			text[i] ^= mask[i%4]
		}
	}
	return string(text), nil
}

// dialKept returns clients of WebSockets and of event streams, by turns, with TLS
// if secure is set. Each has been answered once.
func (r *rig) dialKept(n int, secure bool) (all []*conn) {
	r.t.Helper()
	addr := r.await("^generation 1 https (.*)$")
	for i := range n {
		c := r.dialTo("tcp", addr)
		if secure {
			c.secure([]uint16{tls.VersionTLS12, tls.VersionTLS13}[i/2%2])
		}
		c.openKept([]string{"socket", "events"}[i%2])
		c.want("hello", "1 hello")
		r.t.Cleanup(func() { c.Close() })
		all = append(all, c)
	}
	return all
}

func (c *conn) openKept(path string) {
	c.t.Helper()
	head := "GET /" + path + " HTTP/1.1\r\nHost: test\r\n"
	if path == "socket" {
		head += "Connection: Upgrade\r\nUpgrade: websocket\r\n"
	}
	if _, err := io.WriteString(c, head+"\r\n"); err != nil {
		c.t.Fatal(err)
	}
	res, err := http.ReadResponse(c.r, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	switch res.StatusCode {
	case http.StatusSwitchingProtocols:
		c.kept = c.message()
	case http.StatusOK:
		c.kept, c.stream = nextEvent(res.Body), true
	default:
		c.t.Fatal(res.Status)
	}
}

// message returns a function that sends a line and returns the answer, without its
// number, which must be that of the line.
func (c *conn) message() func(string) (string, error) {
	said := 0
	return func(line string) (string, error) {
		said++
		frame := append([]byte{0x81, 0x80 | byte(len(line)), 0, 0, 0, 0}, line...) // a mask of zeros
		if _, err := c.Write(frame); err != nil {
			return "", err
		}
		answer, err := readFrame(c.r)
		if err != nil {
			return "", err
		}
		parts := strings.SplitN(answer, " ", 3)
		if len(parts) != 3 || parts[1] != strconv.Itoa(said) {
			return "", errOutOfOrder(said, answer)
		}
		return parts[0] + " " + parts[2], nil
	}
}

// nextEvent returns a function that reads an event and makes it look like an answer
// to a line.
func nextEvent(body io.Reader) func(string) (string, error) {
	lines, had := bufio.NewReader(body), 0
	return func(line string) (string, error) {
		event, err := lines.ReadString('\n')
		if err != nil {
			return "", err
		}
		had++
		generation, n, _ := strings.Cut(strings.TrimSpace(event), " ")
		if n != strconv.Itoa(had) {
			return "", errOutOfOrder(had, event)
		}
		return generation + " " + line, nil
	}
}

// errNonsense is what no client may see, whatever dies: an answer that is missing,
// comes twice or is another's.
var errNonsense = errors.New("out of order")

func errOutOfOrder(want int, got string) error {
	return fmt.Errorf("%w: number %d is %q", errNonsense, want, got)
}
