package load

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"strconv"
	"strings"
	"sync/atomic"
)

// httpClient is a client over an http.RoundTripper. Its requests have no GetBody,
// so that the transport cannot silently send one again.
type httpClient struct {
	plan  *Plan
	tally *tally
	trip  http.RoundTripper
}

func (c *httpClient) leave() {}

func (c *httpClient) ask(r *request) {
	var way progress // written by goroutines of the transport
	ctx, cancel := context.WithTimeout(context.Background(), c.plan.Patience)
	defer cancel()
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn:              func(i httptrace.GotConnInfo) { way.got(i.Reused) },
		WroteRequest:         func(i httptrace.WroteRequestInfo) { way.wrote(i.Err) },
		GotFirstResponseByte: func() { way.phase.Store(3) },
	})
	req := c.request(ctx, r)
	sent := c.tally.now()
	res, err := c.trip.RoundTrip(req)
	isNew := !way.reused.Load()
	if err != nil {
		c.tally.fail(way.at(), err, isNew)
		return
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	switch {
	case err != nil:
		c.tally.fail(Partial, err, isNew)
	case res.StatusCode != c.plan.Status:
		c.tally.failKind(Answer, Status, isNew)
	case !r.get && string(body) != r.body:
		c.tally.failKind(Answer, Mixed, isNew)
	default:
		pid, _ := strconv.Atoi(res.Header.Get(PIDHeader))
		c.tally.ok(sent, pid)
	}
}

// progress is how far a request has come.
type progress struct {
	phase  atomic.Int32
	reused atomic.Bool
}

func (p *progress) at() Phase { return [...]Phase{Dial, Write, Before, Partial}[p.phase.Load()] }

func (p *progress) got(reused bool) {
	p.reused.Store(reused)
	p.phase.Store(1)
}

func (p *progress) wrote(err error) {
	if err == nil {
		p.phase.CompareAndSwap(1, 2)
	}
}

func (c *httpClient) request(ctx context.Context, r *request) *http.Request {
	url := "http://" + c.plan.Addr + r.target
	if c.plan.TLS != nil {
		url = "https://" + c.plan.Addr + r.target
	}
	if r.get {
		req, _ := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		return req
	}
	body := io.NopCloser(strings.NewReader(r.body)) // of a type for which NewRequest sets no GetBody
	req, _ := http.NewRequestWithContext(ctx, http.MethodPost, url, body)
	req.ContentLength = int64(len(r.body))
	return req
}

// connections counts those of a transport.
type connections struct{ dials, full atomic.Int64 }

func overHTTP1(p *Plan) ([]http.RoundTripper, *connections, func()) {
	var made connections
	t := &http.Transport{
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			var d net.Dialer
			c, err := d.DialContext(ctx, network, addr)
			if err == nil {
				made.dials.Add(1)
			}
			return c, err
		},
		TLSClientConfig:     p.TLS,
		MaxIdleConnsPerHost: p.Conns,
		DisableKeepAlives:   p.Fresh,
	}
	return []http.RoundTripper{t}, &made, t.CloseIdleConnections
}
