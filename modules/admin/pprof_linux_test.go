package admin

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/gracefulfx/graceful/app"
)

// A running profile ends with the stop, and is complete.
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
