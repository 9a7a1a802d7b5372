//go:build linux

package e2e_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"syscall"
	"testing"
)

// steadyClient is a client of a chain that keeps its connection.
type steadyClient struct {
	t *testing.T
	net.Conn
	br *bufio.Reader
}

func (c *chain) steady() *steadyClient {
	c.t.Helper()
	nc, err := net.Dial(c.network, c.addr)
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() { nc.Close() })
	return &steadyClient{c.t, nc, bufio.NewReader(nc)}
}

func (g *steadyClient) ask() {
	g.t.Helper()
	io.WriteString(g, "GET / HTTP/1.1\r\nHost: test\r\n\r\n")
	if err := g.answer(); err != nil {
		g.t.Fatal(err)
	}
}

func (g *steadyClient) answer() error {
	res, err := http.ReadResponse(g.br, nil)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, res.Body)
	return err
}

// http.max_connections holds in a new process, for what it has taken over, and in
// the old one when an upgrade fails. A client beyond the limit is served when there
// is room.
func TestLimitOfConnectionsHoldsOverUpgrades(t *testing.T) {
	c := startChain(t, "ECHO_HTTP_MAX_CONNECTIONS=2")
	pid := c.p.cmd.Process.Pid
	one, two := c.steady(), c.steady()
	one.ask()
	two.ask()

	beyond := func() {
		t.Helper()
		third, served := c.steady(), make(chan error, 1)
		io.WriteString(third, "GET / HTTP/1.1\r\nHost: test\r\n\r\n")
		go func() { served <- third.answer() }()
		for range 200 { // a client beyond the limit would be faster than these
			one.ask()
		}
		select {
		case err := <-served:
			t.Errorf("a third client was served (%v) with a limit of 2", err)
		default:
		}
		two.Close()
		if err := <-served; err != nil {
			t.Error(err)
		}
		two = third
	}
	for gen := 2; gen < 5; gen++ {
		pid = c.upgradeTo(pid, gen)
		beyond()
	}

	program := filepath.Join(c.dir, "echo")
	if err := os.Remove(program); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(program, []byte("#!/bin/sh\nexit 7\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGUSR2); err != nil {
		t.Fatal(err)
	}
	if _, err := c.p.await(regexp.MustCompile(`it ended: exit status 7`)); err != nil {
		t.Fatal(err)
	}
	beyond()
	c.end(pid)
}
