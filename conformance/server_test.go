package conformance

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"flag"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/httpserver"
)

// patience is how long a test waits for an event.
const patience = 20 * time.Second

func hello(w http.ResponseWriter, r *http.Request) {
	io.Copy(io.Discard, r.Body)
	io.WriteString(w, "hello, world\n")
}

// newServer returns the server of both sides: HTTP/1 and HTTP/2, through TLS and
// without.
func newServer(t *testing.T, h http.Handler, secure bool) *http.Server {
	t.Helper()
	all := new(http.Protocols)
	all.SetHTTP1(true)
	all.SetHTTP2(true)
	all.SetUnencryptedHTTP2(true)
	hs := &http.Server{Handler: h, Protocols: all, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: time.Minute,
		ErrorLog: log.New(io.Discard, "", 0)}
	if secure {
		hs.TLSConfig = &tls.Config{Certificates: []tls.Certificate{certificate(t)}}
	}
	return hs
}

// bare serves with net/http alone.
func bare(t *testing.T, hs *http.Server) (port int) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if hs.TLSConfig != nil {
			hs.ServeTLS(ln, "", "")
		} else {
			hs.Serve(ln)
		}
	}()
	t.Cleanup(func() { hs.Close(); <-ended })
	return ln.Addr().(*net.TCPAddr).Port
}

// stopBudget is all the time that a stop has.
var stopBudget = flag.Duration("budget", 4*time.Second, "time of a stop; 25s is what applications have")

// ours serves with this project. stop begins a stop and returns its report.
func ours(t *testing.T, hs *http.Server, change ...func(*httpserver.Config)) (port int, stop func() app.Report) {
	t.Helper()
	a, conf := app.New("test"), httpserver.DefaultConfig()
	conf.Addr = "127.0.0.1:0"
	for _, f := range change {
		f(&conf)
	}
	stopping := app.DefaultStop()
	stopping.Timeout = *stopBudget
	a.Wiring().Configure(app.DefaultStart, func() app.StopConfig { return stopping })
	s := httpserver.New(a, "http", hs, func() *httpserver.Config { return &conf })
	if err := a.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	stop = func() app.Report {
		a.Stop(app.Reason{Kind: app.Requested})
		ctx, cancel := context.WithTimeout(context.Background(), 2*patience)
		defer cancel()
		report, err := a.Wait(ctx)
		if err != nil {
			t.Error(err)
		}
		return report
	}
	t.Cleanup(func() { stop() })
	return s.Addr().(*net.TCPAddr).Port, stop
}

func certificate(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, NotAfter: time.Now().Add(90 * 24 * time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}
