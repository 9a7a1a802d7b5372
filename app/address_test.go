package app_test

import (
	"net"
	"testing"

	"github.com/gracefulfx/graceful/app"
)

func TestAddressesFollowTheServers(t *testing.T) {
	a := app.New("test")
	a.Wiring().SetAddress("http", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80})
	a.Wiring().SetAddress("admin", &net.UnixAddr{Name: "/run/x.sock", Net: "unix"})
	before := a.Addresses()
	a.Wiring().SetAddress("http", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 81})
	if got := a.Addresses(); len(got) != 2 || got[1] != (app.Address{Server: "http", Net: "tcp", Addr: "127.0.0.1:81"}) || got[0].Net != "unix" {
		t.Errorf("got %v", got)
	}
	if before[0].Addr != "127.0.0.1:80" {
		t.Errorf("what was handed out has changed: %v", before)
	}
	a.Wiring().SetAddress("admin", nil)
	if got := a.Addresses(); len(got) != 1 {
		t.Errorf("got %v", got)
	}
}

func TestGeneration(t *testing.T) {
	a := app.New("test")
	if got := a.Generation(); got != 1 {
		t.Errorf("afresh: %d", got)
	}
	a.Wiring().SetGeneration(3, nil)
	if got := a.Generation(); got != 3 {
		t.Errorf("successor: %d", got)
	}
}
