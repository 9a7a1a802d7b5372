package tlsmove

import (
	"crypto/tls"
	"errors"
	"testing"
)

// A client that changes its keys, and asks the server to do so, moves with the new
// ones: before the first move, and between moves.
func TestKeyUpdatesMove(t *testing.T) {
	l := connect(t, version(tls.VersionTLS13))
	p := l.takeOver(t)
	var s Session = l.server
	for move := range 4 {
		for _, message := range [][]byte{keyUpdateNotRequested, keyUpdateRequested, keyUpdateNotRequested} {
			p.updateKey(message)
			p.send(typeData, []byte("hello"))
			buf := make([]byte, 10)
			if n, err := s.Read(buf); err != nil || string(buf[:n]) != "hello" {
				t.Fatalf("move %d: got %q, %v", move, buf[:n], err)
			}
			if _, err := s.Write([]byte("world")); err != nil {
				t.Fatal(err)
			}
			p.expect("world")
		}
		s = mustMove(t, s, l.near, l.config)
	}
}

// expect reads data, past KeyUpdates.
func (p *peer) expect(want string) {
	p.t.Helper()
	for {
		typ, b, err := p.receive()
		switch {
		case err != nil:
			p.t.Fatal(err)
		case typ == typeHandshake && b[0] == messageKeyUpdate:
		case typ == typeData && string(b) == want:
			return
		default:
			p.t.Fatalf("got a record of type %d: %q, want %q", typ, b, want)
		}
	}
}

// A KeyUpdate that comes alone is in force before anything is read.
func TestKeyUpdateAloneMoves(t *testing.T) {
	l := &link{config: &tls.Config{Certificates: certificates(t)}}
	l.near, l.far = memoryPipe()
	defer l.near.Close()
	sw := &switchConn{Conn: l.near}
	l.shake(t, temporaryClient(), sw, l.far)
	p := l.takeOver(t)
	sw.Conn = dryConn{l.near}
	var s Session = l.server
	for range 3 {
		p.updateKey(keyUpdateRequested)
		if _, err := s.Read(make([]byte, 10)); !isTimeout(err) {
			t.Fatalf("got %v, want a timeout", err)
		}
		s = mustMove(t, s, dryConn{l.near}, l.config)
	}
	p.send(typeData, []byte("hello"))
	buf := make([]byte, 10)
	if n, err := s.Read(buf); err != nil || string(buf[:n]) != "hello" {
		t.Fatalf("got %q, %v", buf[:n], err)
	}
	if _, err := s.Write([]byte("world")); err != nil {
		t.Fatal(err)
	}
	p.expect("world")
}

// What a record carries besides data is not visible from outside: such a connection
// is not exported, and is still served.
func TestUncertainConnectionsAreNotExported(t *testing.T) {
	for name, send := range map[string]func(p *peer){
		"padding":          func(p *peer) { p.sendPadded(typeData, []byte("hello"), 10) },
		"only padding":     func(p *peer) { p.sendPadded(typeData, nil, 10) },
		"padded KeyUpdate": func(p *peer) { p.sendPadded(typeHandshake, keyUpdateNotRequested, 3); _ = p.out.update() },
		"KeyUpdate in pieces": func(p *peer) {
			p.send(typeHandshake, keyUpdateNotRequested[:2])
			p.send(typeHandshake, keyUpdateNotRequested[2:])
			_ = p.out.update()
		},
		"empty record": func(p *peer) { p.send(typeData, nil) },
	} {
		t.Run(name, func(t *testing.T) {
			l := connect(t, version(tls.VersionTLS13))
			p := l.takeOver(t)
			send(p)
			p.send(typeData, []byte("hello"))
			buf := make([]byte, 10)
			if n, err := l.server.Read(buf); err != nil || string(buf[:n]) != "hello" {
				t.Fatalf("got %q, %v", buf[:n], err)
			}
			_, err := l.server.Export()
			if certain := name == "empty record"; certain != (err == nil) {
				t.Errorf("exported: %v", err)
			}
			if err != nil && !errors.Is(err, ErrBusy) && !errors.Is(err, ErrUncertain) {
				t.Errorf("got %v, want ErrBusy or ErrUncertain", err)
			}
			if _, err := l.server.Write([]byte("served")); err != nil {
				t.Fatal(err)
			}
			p.expect("served")
		})
	}
}

// Suites without an AEAD that this package knows stay where they are.
func TestUnsupportedSuitesAreNotExported(t *testing.T) {
	for name, change := range map[string]func(s, c *tls.Config){
		"1.2 ChaCha20": suite12(tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256),
		"1.2 CBC":      suite12(tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA),
		"1.1":          both(version(tls.VersionTLS11), func(_, c *tls.Config) { c.MinVersion = tls.VersionTLS10 }),
	} {
		t.Run(name, func(t *testing.T) {
			l := connect(t, change)
			exchange(t, l.client, l.server)
			if _, err := l.server.Export(); !errors.Is(err, ErrUnsupported) {
				t.Errorf("got %v, want ErrUnsupported", err)
			}
			exchange(t, l.client, l.server)
		})
	}
}

// A connection whose handshake was not done by Tapped is not exported.
func TestHandshakeByReadIsNotExported(t *testing.T) {
	near, far := memoryPipe()
	defer near.Close()
	c := &tls.Config{Certificates: certificates(t)}
	client, server := tls.Client(far, temporaryClient()), Server(near, Config(c))
	sent := make(chan error, 1)
	go func() {
		_, err := client.Write([]byte("hello"))
		sent <- err
	}()
	buf := make([]byte, 10)
	if n, err := server.Read(buf); err != nil || n != 5 {
		t.Fatal(n, err)
	}
	if err := <-sent; err != nil {
		t.Fatal(err)
	}
	if _, err := server.TLS().Write([]byte("not counted")); err != nil {
		t.Fatal(err)
	}
	if _, err := server.Export(); !errors.Is(err, ErrUncertain) {
		t.Errorf("got %v, want ErrUncertain", err)
	}
}
