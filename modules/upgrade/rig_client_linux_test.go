package upgrade

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// conn is a client that never retries.
type conn struct {
	t *testing.T
	net.Conn
	r        *bufio.Reader
	overHTTP bool // a line is the body of a request
	http2    *http.Transport
	kept     func(line string) (string, error) // of one that moves while its handler runs
	stream   bool                              // of events
}

// idle leaves connections that have been used. There are several, since one whose
// answer has only just come is not idle yet, and moves when the step under test is
// over. They are kept until the test ends: otherwise the garbage collector would
// close them.
func (r *rig) idle() {
	r.t.Helper()
	for range 4 {
		c := r.dial()
		c.want("hello", "1 hello")
		r.t.Cleanup(func() { c.Close() })
	}
}

func (r *rig) dial() *conn { return r.dialTo("tcp", r.addr) }

func (r *rig) dialTo(network, addr string) *conn {
	r.t.Helper()
	c, err := net.Dial(network, addr)
	if err != nil {
		r.t.Fatal(err)
	}
	_ = c.SetDeadline(time.Now().Add(2 * patience))
	return &conn{t: r.t, Conn: c, r: bufio.NewReader(c)}
}

func (c *conn) ask(line string) (string, error) {
	if c.Conn != nil { // else the first request dials
		_ = c.SetDeadline(time.Now().Add(2 * patience)) // since the test may have taken longer than that until now
	}
	switch {
	case c.kept != nil:
		return c.kept(line)
	case c.overHTTP:
		return c.askHTTP(line)
	}
	if _, err := io.WriteString(c, line+"\n"); err != nil {
		return "", err
	}
	answer, err := c.r.ReadString('\n')
	return strings.TrimSuffix(answer, "\n"), err
}

func (c *conn) want(line, want string) {
	c.t.Helper()
	if got, err := c.ask(line); err != nil || got != want {
		c.t.Errorf("%s: got %q, %v, want %q", line, got, err, want)
	}
}

// ask sends a line on a new connection.
func (r *rig) ask(line string) string {
	r.t.Helper()
	c := r.dial()
	defer c.Close()
	answer, err := c.ask(line)
	if err != nil {
		r.t.Fatalf("%s: %v", line, err)
	}
	return answer
}
