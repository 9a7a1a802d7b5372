package admin

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/gracefulfx/graceful/app"
)

// Peers without permission hold a few connections, and the operator gets in beside
// them.
func TestRefusedPeersDoNotFillTheSocket(t *testing.T) {
	m := members{overflow: overflow{namespaced: true, uid: os.Geteuid()}} // everybody here is nobody
	if os.Geteuid() != 0 {
		t.Log("without root, too")
	}
	ln, err := net.Listen("unix", filepath.Join(shortDir(t), "s"))
	if err != nil {
		t.Fatal(err)
	}
	l := &listener{Listener: ln, gate: newGate(m)}
	defer l.Close()
	accepted := make(chan net.Conn)
	go func() {
		defer close(accepted)
		for {
			nc, err := l.Accept()
			if err != nil {
				return
			}
			accepted <- nc
		}
	}()
	var held []net.Conn
	for range maxRefused {
		nc, err := net.Dial("unix", ln.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer nc.Close()
		held = append(held, <-accepted)
	}
	over, err := net.Dial("unix", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer over.Close()
	_ = over.SetReadDeadline(time.Now().Add(patience))
	if _, err := over.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("one too many: got %v, want it closed", err)
	}
	for _, nc := range held {
		nc.Close()
	}
	again, err := net.Dial("unix", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	(<-accepted).Close()
	l.Close()
	for range accepted {
	}
}

// A profile that runs ends with the stop and is whole.
func TestProfileEndsWithTheStop(t *testing.T) {
	r := newRig(t).start(t)
	nc, err := net.Dial("unix", r.socket)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	if _, err := io.WriteString(nc, "GET /debug/pprof/trace?seconds=600 HTTP/1.1\r\nHost: localhost\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(nc), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if _, err := io.ReadFull(resp.Body, make([]byte, 4)); err != nil { // it runs
		t.Fatal(err)
	}
	began := time.Now()
	r.app.Stop(app.Reason{})
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		t.Errorf("the rest: %v", err)
	}
	<-r.app.Done()
	if took := time.Since(began); took > patience/2 {
		t.Errorf("the stop took %v", took)
	}
}
