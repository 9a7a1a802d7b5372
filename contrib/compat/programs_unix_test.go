//go:build unix

package compat

import (
	"net/http"
	"syscall"
	"testing"
)

func TestProgramFromShutdownRuns(t *testing.T) {
	t.Parallel()
	p := runs(t, "shutdown")
	pid := p.generation(1)
	addr := p.addr("http")
	p.serves(oneConnection(t, "tcp", addr), "http://"+addr)
	p.signal(pid, syscall.SIGTERM)
	p.ends()
}

func TestProgramWithSeveralServersRuns(t *testing.T) {
	t.Parallel()
	p := runs(t, "several")
	first := p.generation(1)
	kept := map[string]*http.Client{}
	for _, server := range []string{"http", "http.internal"} {
		addr := p.addr(server)
		kept[addr] = oneConnection(t, "tcp", addr)
		p.serves(kept[addr], "http://"+addr)
	}
	p.signal(first, syscall.SIGUSR2)
	second := p.second()
	if len(kept) != 2 {
		t.Errorf("got addresses %v, want two", kept)
	}
	for addr, c := range kept {
		p.serves(c, "http://"+addr)
	}
	p.signal(second, syscall.SIGTERM)
	p.ends()
}

func TestProgramFromMannersRuns(t *testing.T) {
	t.Parallel()
	p := runs(t, "manners")
	p.generation(1)
	res, err := http.Post("http://"+p.addr("http")+"/close", "", nil)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Errorf("got %v, %v", res, err)
	} else {
		res.Body.Close()
	}
	p.ends()
}

func TestProgramFromOryRuns(t *testing.T) {
	t.Parallel()
	p := runs(t, "ory")
	pid := p.generation(1)
	p.signal(pid, syscall.SIGTERM)
	p.await("ended: 0")
	p.ends()
}

// Its actors run beside the server; the one that dies is started again.
func TestProgramFromRunRuns(t *testing.T) {
	t.Parallel()
	p := runs(t, "run")
	pid := p.generation(1)
	p.await("mails sent: 1")
	p.await("feed.*restarts|the feed has ended")
	p.signal(pid, syscall.SIGTERM)
	p.await("deregistered")
	p.ends()
}
