package admin

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/gracefulfx/graceful/internal/unixsocket"
)

// ErrNotRunning is returned when no process answers at any address where the admin
// API of the application may be.
var ErrNotRunning = errors.New("not running, or not to be found")

// ErrSeveral is returned when several processes of one name answer.
var ErrSeveral = errors.New("several processes have that name")

// ErrNotAnswering is wrapped by the error for a process that accepts connections
// and does not answer: it is stopped (SIGSTOP), or hangs.
var ErrNotAnswering = errors.New("does not answer")

// maxAnswer is the largest answer that is read; profiles are the largest ones, and
// smaller.
const maxAnswer = 64 << 20

// clientHost is the Host of requests over a socket.
const clientHost = "admin"

// A Client sends requests to the admin API of a process. It keeps no connection
// open between two requests, so that a stopping process does not wait for it. Its
// methods may be called from any goroutine, and block until they get an answer or
// their context ends. For a request that the process refuses they return a
// *RefusedError.
type Client struct {
	addr  string // for people
	base  string
	token string
	http  *http.Client
	dial  func(context.Context) (net.Conn, error)
}

// open returns a client of the process that answers at the address.
func open(ctx context.Context, name, network, addr string, believe believer) (*Client, error) {
	dial := func(ctx context.Context) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, network, addr)
	}
	if network == "unix" {
		trust, err := believe(addr)
		if err != nil {
			if _, none := os.Lstat(addr); absent(none) {
				return nil, none
			}
			return nil, err
		}
		dial = func(ctx context.Context) (net.Conn, error) { return trust.dial(ctx, addr) }
	}
	nc, err := dial(ctx)
	if err != nil {
		return nil, err
	}
	if err := nc.Close(); err != nil {
		return nil, err
	}
	c, err := newClient(name, network, addr, dial)
	if err != nil {
		return nil, err
	}
	return c, c.ping(ctx)
}

// answers returns nil if a process listens, and otherwise the reason.
func answers(ctx context.Context, network, addr string) error {
	var d net.Dialer
	nc, err := d.DialContext(ctx, network, addr)
	if err != nil {
		return err
	}
	return nc.Close()
}

func newClient(name, network, addr string, dial func(context.Context) (net.Conn, error)) (*Client, error) {
	c := &Client{addr: addr, base: "http://" + clientHost, dial: dial}
	if network == "tcp" {
		c.base = "http://" + addr
		_, port, _ := net.SplitHostPort(addr)
		n, _ := strconv.Atoi(port)
		dir, _ := socketDir(name)
		var err error
		file := filepath.Join(dir, tokenName(n))
		if c.token, err = readToken(file); errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("the token of %s: there is no file %s: the port belongs to another program, or the file was removed", addr, file)
		} else if err != nil {
			return nil, fmt.Errorf("the token of %s: %w", addr, err)
		}
	}
	c.http = &http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext:       func(ctx context.Context, _, _ string) (net.Conn, error) { return dial(ctx) },
	}}
	return c, nil
}

// Addr returns the socket or address that the client uses.
func (c *Client) Addr() string { return c.addr }

// Get requests path and decodes the JSON of the answer into v, or stores the answer
// as it is if v is a *[]byte.
func (c *Client) Get(ctx context.Context, path string, v any) error {
	_, err := c.ask(ctx, http.MethodGet, path, nil, v)
	return err
}

// Post requests a change and blocks until the outcome is known. It returns the
// status of the response, and decodes the body into v unless that is a Refusal.
func (c *Client) Post(ctx context.Context, path string, body, v any) (status int, err error) {
	b, err := json.Marshal(body)
	if err != nil {
		return 0, err
	}
	return c.ask(ctx, http.MethodPost, path, bytes.NewReader(b), v)
}

// A RefusedError is returned for a request that was not carried out.
type RefusedError struct {
	Status int
	Text   string
}

func (e *RefusedError) Error() string { return e.Text }

func (c *Client) ask(ctx context.Context, method, path string, body io.Reader, v any) (status int, err error) {
	resp, err := c.send(ctx, method, path, body, nil)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	switch {
	case err != nil:
		return resp.StatusCode, fmt.Errorf("read the answer of %s: %w", c.addr, err)
	case len(b) > maxAnswer:
		return resp.StatusCode, fmt.Errorf("the answer of %s is larger than %d bytes", c.addr, maxAnswer)
	}
	var no Refusal
	if resp.StatusCode >= 300 && (json.Unmarshal(b, &no) != nil || no.Error != "") {
		text := no.Error
		if text == "" {
			text = strings.TrimSpace(string(b))
		}
		return resp.StatusCode, &RefusedError{resp.StatusCode, text}
	}
	if raw, ok := v.(*[]byte); ok {
		*raw = b
		return resp.StatusCode, nil
	}
	if err := json.Unmarshal(b, v); err != nil {
		return resp.StatusCode, fmt.Errorf("cannot decode the answer of %s: %w", c.addr, err)
	}
	return resp.StatusCode, nil
}

func (c *Client) send(ctx context.Context, method, path string, body io.Reader, header http.Header) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, body)
	if err != nil {
		return nil, err
	}
	for k, v := range header {
		req.Header[k] = v
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, fmt.Errorf("request to %s: %w", c.addr, err)
	}
	return resp, nil
}

// Follow calls fn for each message of the event stream, "status" and "event", until
// ctx ends, the process ends, or fn returns false. It blocks. When the process
// hands over to a successor, the stream ends; call Follow again.
func (c *Client) Follow(ctx context.Context, after uint64, fn func(kind string, data []byte) bool) error {
	resp, err := c.send(ctx, http.MethodGet, "/v1/events", nil, http.Header{"Last-Event-Id": {strconv.FormatUint(after, 10)}})
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return &RefusedError{resp.StatusCode, resp.Status}
	}
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, 4<<20)
	kind := ""
	for lines.Scan() {
		switch name, value, _ := strings.Cut(lines.Text(), ": "); name {
		case "event":
			kind = value
		case "data":
			if !fn(kind, []byte(value)) {
				return nil
			}
		}
	}
	if err := lines.Err(); err != nil && ctx.Err() == nil {
		return fmt.Errorf("the event stream of %s: %w", c.addr, err)
	}
	return nil
}

// toAnswer is how long a process may take for the first, smallest answer, for which
// it only has to be scheduled.
const toAnswer = 5 * time.Second

// ping sends a request that costs nothing, so that a process that does not answer
// is reported soon, while a command may take long.
func (c *Client) ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, toAnswer)
	defer cancel()
	resp, err := c.send(ctx, "GET", "/livez", nil, nil)
	if err == nil {
		return resp.Body.Close()
	}
	if !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	what := "it hangs, or the machine is overloaded"
	if pid := c.pid(); pid > 0 {
		what = fmt.Sprintf("pid %d hangs, or the machine is overloaded: kill -QUIT %d ends it with the stacks of all goroutines", pid, pid)
		if isStopped(pid) {
			what = fmt.Sprintf("pid %d is stopped (SIGSTOP): kill -CONT %d", pid, pid)
		}
	}
	return fmt.Errorf("the process at %s %w: %s", c.addr, ErrNotAnswering, what)
}

// pid returns the process that listens at the socket, or 0 if that is not known.
func (c *Client) pid() int {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	nc, err := c.dial(ctx)
	if err != nil {
		return 0
	}
	defer nc.Close()
	p, _ := unixsocket.PeerOf(nc)
	return p.PID
}
