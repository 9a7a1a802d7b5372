package upgrade

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/fx"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/config"
	"github.com/gracefulfx/graceful/modules/httpserver"
)

// newHTTPS adds a server with TLS, if the directory has a certificate, or one
// without, if it has a file http. It answers a line with its generation and the
// line, as the others do.
func newHTTPS(p *testProgram) {
	c := httpserver.DefaultConfig()
	c.Addr, c.Linger = "127.0.0.1:0", time.Second
	c.TLS.CertFile, c.TLS.KeyFile = filepath.Join(p.dir, "cert"), filepath.Join(p.dir, "key")
	if _, err := os.Stat(c.TLS.CertFile); err != nil {
		if _, err := os.Stat(filepath.Join(p.dir, "http")); err != nil {
			return
		}
		c.TLS = httpserver.DefaultConfig().TLS
	}
	var s *httpserver.Server
	graph := fx.New(fx.NopLogger, fx.Supply(p.app), config.Module,
		fx.Provide(func() app.Sockets { return p.u.Sockets() }),
		fx.Decorate(func() *config.Value[httpserver.Config] { return config.Static(c) }),
		httpserver.Manage(func() *http.Server {
			mux := http.NewServeMux()
			mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
				line, _ := io.ReadAll(r.Body)
				_, _ = fmt.Fprintf(w, "%d %s", p.app.Generation(), line)
			})
			mux.HandleFunc("/socket", p.socket)
			mux.HandleFunc("/events", p.events)
			return &http.Server{Handler: mux}
		}), fx.Populate(&s))
	if err := graph.Err(); err != nil {
		fmt.Println("cannot build:", err)
		os.Exit(1)
	}
	p.app.At(app.Serve, "say where https is", func(context.Context) error {
		fmt.Printf("generation %d https %v\n", p.app.Generation(), s.Addr())
		return nil
	})
}

// timing returns a configuration in which a successor that hangs is killed soon.
func (r *rig) timing(killAfter time.Duration) Config {
	return Config{PIDFile: filepath.Join(r.dir, "pid"), ReadyTimeout: patience, KillAfter: killAfter}
}

// secure gives the program a certificate, and with it a server with TLS.
func (r *rig) secure() *rig {
	r.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		r.t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"test"}}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		r.t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		r.t.Fatal(err)
	}
	r.write("cert", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert})))
	r.write("key", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})))
	return r
}

// dialTLS returns TLS clients, alternately of both versions. Each has sent one
// request.
func (r *rig) dialTLS(n int) (all []*conn) {
	r.t.Helper()
	addr := r.await("^generation 1 https (.*)$")
	for i := range n {
		c := r.dialTo("tcp", addr)
		c.secure([]uint16{tls.VersionTLS12, tls.VersionTLS13}[i%2])
		c.overHTTP = true
		c.want("hello", "1 hello")
		r.t.Cleanup(func() { c.Close() })
		all = append(all, c)
	}
	return all
}

// secure puts TLS between c and its socket, of a version at most.
func (c *conn) secure(version uint16) {
	c.t.Helper()
	secure := tls.Client(c.Conn, &tls.Config{InsecureSkipVerify: true, ServerName: "test", NextProtos: []string{"http/1.1"}, MaxVersion: version})
	if err := secure.Handshake(); err != nil {
		c.t.Fatal(err)
	}
	c.Conn = secure
	c.r.Reset(secure)
}

// dialHTTP2 returns HTTP/2 clients that have sent one request each. They never dial
// again unnoticed, and never send a request twice.
func (r *rig) dialHTTP2(n int) (all []*conn) {
	r.t.Helper()
	addr := r.await("^generation 1 https (.*)$")
	for range n {
		c := &conn{t: r.t, overHTTP: true}
		var dialled atomic.Bool
		c.http2 = &http.Transport{ForceAttemptHTTP2: true, DialTLSContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			if dialled.Swap(true) {
				return nil, errors.New("the connection was lost")
			}
			d := tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true, ServerName: "test", NextProtos: []string{"h2"}}}
			nc, err := d.DialContext(ctx, network, addr)
			c.Conn = nc
			return nc, err
		}}
		c.want("hello", "1 hello")
		r.t.Cleanup(func() { c.Close() })
		all = append(all, c)
	}
	return all
}

func (c *conn) askHTTP2(line string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://test/", io.NopCloser(strings.NewReader(line)))
	if err != nil {
		return "", err
	}
	res, err := c.http2.RoundTrip(req)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	return string(answer), err
}

// askHTTP sends the line as the body of a request and returns the body of the
// response.
func (c *conn) askHTTP(line string) (string, error) {
	if c.http2 != nil {
		return c.askHTTP2(line)
	}
	if _, err := fmt.Fprintf(c, "POST / HTTP/1.1\r\nHost: test\r\nContent-Length: %d\r\n\r\n%s", len(line), line); err != nil {
		return "", err
	}
	res, err := http.ReadResponse(c.r, nil)
	if err != nil {
		return "", err
	}
	answer, err := io.ReadAll(res.Body)
	return string(answer), err
}

// wantSame fails unless each connection is served by the generation.
func wantSame(t *testing.T, clients []*conn, generation int) {
	t.Helper()
	for _, c := range clients {
		want := fmt.Sprintf("%d again", generation)
		for end := time.Now().Add(patience); (c.http2 != nil || c.stream) && time.Now().Before(end); {
			// It moves when no stream is open, which may be after COMMIT, or has
			// events that were sent before.
			if got, err := c.ask("again"); err != nil || got == want {
				break
			}
		}
		c.want("again", want)
	}
}

// secureSteps are the steps of a successor at which it has states of TLS
// connections.
var secureSteps = []string{"got STATES", "before ack", "after ack", "got COMMIT"}

// Whatever the successor dies of, and whenever, the old process goes on with the
// keys of each connection, and the next successor takes them.
func TestConnectionsThroughTLSAreTakenBack(t *testing.T) {
	for _, step := range secureSteps {
		for _, action := range []string{"die", "exit", "term", "hang"} {
			t.Run(step+" "+action, func(t *testing.T) {
				t.Parallel()
				r := setUp(t).secure()
				if action == "hang" {
					r.configure(r.timing(100 * time.Millisecond))
				}
				r.start()
				clients := append(r.dialTLS(6), r.dialHTTP2(3)...)
				r.write("fault", "2 "+step+" "+action)
				r.refused()
				wantSame(t, clients, 1)
				r.remove("fault")
				r.configure(r.timing(5 * time.Second))
				r.retry()
				wantSame(t, clients, 2)
				r.stop()
			})
		}
	}
}

// 48 upgrades are refused after the keys were sent, while clients of HTTP/1 and
// HTTP/2 that never retry are busy: none notices.
func TestRefusedUpgradesUnderTLSLoadCostNothing(t *testing.T) {
	r := setUp(t).secure()
	rebuild := r.rebuilds()
	r.start()
	r.dialTLS(4) // idle, so that each upgrade hands some over
	clients := &crew{t: t, conns: append(r.dialTLS(12), r.dialHTTP2(6)...)}
	refusals := 0
	for range 3 * *failures {
		for _, step := range secureSteps {
			for _, action := range []string{"die", "term"} {
				refusals++
				r.refusedWhile(clients, rebuild, step+" "+action)
			}
		}
	}
	r.remove("fault")
	r.retry()
	clients.workOn()
	wantSame(t, clients.conns, 2)
	t.Logf("%d requests over %d refused upgrades", clients.lines.Load(), refusals)
	r.stop()
}
