package app_test

import (
	"net"
	"slices"
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

func TestServerMayHaveSeveralAddresses(t *testing.T) {
	a := app.New("test")
	tcp, unix := &net.TCPAddr{IP: net.IPv6loopback, Port: 80}, &net.UnixAddr{Name: "/run/x.sock", Net: "unix"}
	a.Wiring().SetAddress("http", tcp, unix)
	want := []app.Address{{Server: "http", Net: "tcp", Addr: "[::1]:80"}, {Server: "http", Net: "unix", Addr: "/run/x.sock"}}
	if got := a.Addresses(); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	a.Wiring().SetAddress("http", unix)
	if got := a.Addresses(); !slices.Equal(got, want[1:]) {
		t.Errorf("got %v, want %v", got, want[1:])
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
