package tlsmove

import (
	"bytes"
	"crypto/tls"
	"errors"
	"sync"
	"testing"
)

// safeBuffer collects the lines of several connections.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

// An application's own KeyLogWriter and GetConfigForClient go on working.
func TestConfigKeepsWhatTheApplicationHas(t *testing.T) {
	log := &safeBuffer{}
	asked := ""
	chosen := &tls.Config{Certificates: certificates(t), KeyLogWriter: log, NextProtos: []string{"chosen"}}
	l := connect(t, func(s, c *tls.Config) {
		c.ServerName, c.NextProtos = "todo.example", []string{"chosen"}
		s.GetConfigForClient = func(h *tls.ClientHelloInfo) (*tls.Config, error) {
			asked = h.ServerName
			return chosen, nil
		}
	})
	if asked != "todo.example" || l.server.ConnectionState().NegotiatedProtocol != "chosen" {
		t.Errorf("asked for %q, protocol %q", asked, l.server.ConnectionState().NegotiatedProtocol)
	}
	if !bytes.Contains(log.b.Bytes(), []byte("SERVER_TRAFFIC_SECRET_0 ")) {
		t.Errorf("the application's log has %q", log.b.String())
	}
	exchange(t, l.client, l.server)
	mustMove(t, l.server, l.near, &tls.Config{})
}

func TestErrorOfGetConfigForClientEndsTheHandshake(t *testing.T) {
	no := errors.New("no")
	near, far := memoryPipe()
	defer near.Close()
	c := &tls.Config{GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) { return nil, no }}
	client := tls.Client(far, temporaryClient())
	done := make(chan error, 1)
	go func() { done <- client.Handshake() }()
	if err := Server(near, Config(c)).Handshake(); !errors.Is(err, no) {
		t.Errorf("got %v, want %v", err, no)
	}
	if err := <-done; err == nil {
		t.Error("the client shook hands")
	}
}

// Keys of tickets that are set later are in force for the next handshake.
func TestTicketKeysMayBeSetAtAnyTime(t *testing.T) {
	for _, v := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		c := &tls.Config{InsecureSkipVerify: true, ServerName: "todo.example", ClientSessionCache: tls.NewLRUClientSessionCache(1)}
		resumes := func(listening *tls.Config) bool {
			near, far := memoryPipe()
			defer near.Close()
			client, server := tls.Client(far, c), Server(near, listening)
			done := make(chan error, 1)
			go func() { done <- client.Handshake() }()
			if err := errors.Join(server.Handshake(), <-done); err != nil {
				t.Fatal(err)
			}
			exchange(t, client, server)
			return server.ConnectionState().DidResume
		}
		base := &tls.Config{Certificates: certificates(t), MinVersion: v, MaxVersion: v}
		first, second := Config(base), Config(base)
		first.SetSessionTicketKeys([][32]byte{{1}})
		second.SetSessionTicketKeys([][32]byte{{2}})
		for i, step := range []struct {
			c    *tls.Config
			keys [][32]byte
			want bool
		}{
			{first, nil, false},
			{first, nil, true},
			{second, nil, false},
			{first, [][32]byte{{3}, {2}}, true}, // the key of second is among them
			{second, nil, false},                // second does not have the new key
			{second, [][32]byte{{2}, {3}}, true},
			{first, nil, true},
		} {
			if step.keys != nil {
				step.c.SetSessionTicketKeys(step.keys)
			}
			if got := resumes(step.c); got != step.want {
				t.Errorf("%s, step %d: resumed: %v, want %v", tls.VersionName(v), i, got, step.want)
			}
		}
	}
}

// For an application that wraps sessions itself nothing changes.
func TestOwnWrapSessionIsLeftAlone(t *testing.T) {
	var wrapped, unwrapped int
	c := &tls.Config{InsecureSkipVerify: true, ServerName: "todo.example", ClientSessionCache: tls.NewLRUClientSessionCache(1)}
	s := &tls.Config{Certificates: certificates(t), MaxVersion: tls.VersionTLS12}
	s.WrapSession = func(cs tls.ConnectionState, session *tls.SessionState) ([]byte, error) {
		wrapped++
		return s.EncryptTicket(cs, session)
	}
	s.UnwrapSession = func(ticket []byte, cs tls.ConnectionState) (*tls.SessionState, error) {
		unwrapped++
		return s.DecryptTicket(ticket, cs)
	}
	listening := Config(s)
	for i := range 2 {
		near, far := memoryPipe()
		defer near.Close()
		l := &link{client: tls.Client(far, c), server: Server(near, listening), near: near, far: far, config: s}
		done := make(chan error, 1)
		go func() { done <- l.client.Handshake() }()
		if err := errors.Join(l.server.Handshake(), <-done); err != nil {
			t.Fatal(err)
		}
		exchange(t, l.client, l.server)
		// Without the master secret a resumed TLS 1.2 connection stays.
		_, err := l.server.Export()
		if resumed := i == 1; l.server.ConnectionState().DidResume != resumed || resumed != errors.Is(err, ErrUncertain) {
			t.Errorf("connection %d: resumed %v, exported: %v", i, l.server.ConnectionState().DidResume, err)
		}
		exchange(t, l.client, l.server)
	}
	if wrapped == 0 || unwrapped == 0 {
		t.Errorf("wrapped %d, unwrapped %d sessions", wrapped, unwrapped)
	}
}

// Keys that an application has set are found, although they are not accessible.
func TestHasTicketKeys(t *testing.T) {
	set := &tls.Config{}
	set.SetSessionTicketKeys([][32]byte{{1}})
	for name, c := range map[string]struct {
		c    *tls.Config
		want bool
	}{
		"none":        {&tls.Config{}, false},
		"set":         {set, true},
		"set, cloned": {set.Clone(), true},
		//lint:ignore SA1019 deprecated, yet applications still set it
		"of the field": {&tls.Config{SessionTicketKey: [32]byte{1}}, true},
		"disabled":     {&tls.Config{SessionTicketsDisabled: true}, true},
	} {
		if got := HasTicketKeys(c.c); got != c.want {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
}

// A connection that is forgotten is not exported, and is still served.
func TestForget(t *testing.T) {
	l := connect(t, nil)
	exchange(t, l.client, l.server)
	l.server.Forget()
	if _, err := l.server.Export(); !errors.Is(err, ErrUncertain) {
		t.Errorf("got %v, want ErrUncertain", err)
	}
	exchange(t, l.client, l.server)
}

// A continued connection that has moved has no keys left, and sends nothing.
func TestForgottenConnHasNoKeys(t *testing.T) {
	l := connect(t, nil)
	exchange(t, l.client, l.server)
	conn := mustMove(t, l.server, l.near, l.config)
	in, out := conn.in.keys.Secret, conn.out.keys.Secret
	conn.Forget()
	if !bytes.Equal(append(in, out...), make([]byte, len(in)+len(out))) {
		t.Error("a secret is left")
	}
	if _, err := conn.Write([]byte("x")); !errors.Is(err, ErrEnded) {
		t.Errorf("got %v, want ErrEnded", err)
	}
}
