package httpserver

import (
	"crypto/tls"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/conns"
)

// What holds for moves of plain connections holds for TLS.
func TestMovesThroughTLS(t *testing.T) {
	for name, test := range map[string]func(*testing.T, ...rigOption){
		"requests cut between records": func(t *testing.T, opts ...rigOption) { cutAtEvery(t, 5, opts...) },
		"busy connections":             busyMoves,
		"connections that come back":   comesBack,
		"connections that were held":   heldComeBack,
		"a move that is undone":        resumeUndoes,
		"under load":                   moveUnderLoad,
	} {
		t.Run(name, func(t *testing.T) { test(t, throughTLS(t, nil)) })
	}
}

// cutConn holds back what comes after the first bytes of a write.
type cutConn struct {
	net.Conn
	mu   sync.Mutex
	cut  int // of the next write; negative: nothing is held back
	kept []byte
}

func (c *cutConn) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cut >= 0 && c.cut < len(p) {
		c.kept = append(c.kept, p[c.cut:]...)
		_, err := c.Conn.Write(p[:c.cut])
		c.cut = -1
		return len(p), err
	}
	return c.Conn.Write(p)
}

func (c *cutConn) release() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, err := c.Conn.Write(c.kept)
	return err
}

// A record that is cut anywhere when its connection is to move is read to its end
// by one of the two processes, and the connection moves after it.
func TestRecordCutAtAnyByteSurvivesTheMove(t *testing.T) {
	versions(t, func(t *testing.T, version uint16) {
		old, _, way := pairOf(t, throughTLS(t, nil))
		old.tls.MaxVersion = version
		var clients []*client
		var cuts []*cutConn
		for cut := range len(post) + 5 + 17 {
			nc, err := net.Dial("tcp", old.addr)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { nc.Close() })
			nc.SetDeadline(time.Now().Add(patience))
			between := &cutConn{Conn: nc, cut: -1}
			c := old.clientOn(between)
			c.send(post)
			c.wantAnswer("old POST abc")
			between.cut = cut
			c.send(post)
			clients, cuts = append(clients, c), append(cuts, between)
		}
		moveTo(t, old, way)
		for i, c := range clients {
			if err := cuts[i].release(); err != nil {
				t.Fatal(err)
			}
			res, body := c.receive()
			if body != "old POST abc" && body != "new POST abc" || res.Close {
				t.Errorf("cut at %d: got %q, close %v", i, body, res.Close)
			}
			c.untilMoved()
		}
		if got := way.handed.Load(); got != int64(len(clients)) {
			t.Errorf("%d connections moved, want %d", got, len(clients))
		}
	})
}

// A successor takes over only what it would accept as a new connection. The others
// are still served here, and counted.
func TestSuccessorRefusesWhatItWouldNotAccept(t *testing.T) {
	opt := throughTLS(t, nil)
	way := newRelay(t)
	old := serveOn(t, who("old"), opt, linger(time.Minute))
	serveFrom(t, way, who("new"), opt, configured(func(c *Config) { c.TLS.MinVersion = "1.3" }))
	t.Cleanup(func() { way.Close() })
	modern := old.dial()
	modern.send(post)
	modern.wantAnswer("old POST abc")
	old.tls.MaxVersion = tls.VersionTLS12
	ancient := old.dial()
	ancient.send(post)
	ancient.wantAnswer("old POST abc")
	moveTo(t, old, way)
	modern.untilMoved()
	ancient.send(post)
	ancient.wantAnswer("old POST abc")
	await(t, "the refusal to be counted", func() bool { return old.server.conns.Stayed()["refused"] == 1 })
	old.stop(app.Reason{Kind: app.Replaced})
	old.awaitUnbind()
	ancient.send(post)
	if res, body := ancient.receive(); body != "old POST abc" || !res.Close {
		t.Errorf("got %q, close %v, want an answer with a goodbye", body, res.Close)
	}
	old.wait()
}

// A successor with other authorities does not take over a client that it would not
// let in.
func TestSuccessorRefusesAClientOfAnotherAuthority(t *testing.T) {
	from, to := thisYear()
	trusted, _ := issue(t, t.TempDir(), "client", from, to)
	other, _ := issue(t, t.TempDir(), "client", from, to)
	for authority, moves := range map[string]bool{trusted: true, other: false} {
		way := newRelay(t)
		opt := throughTLS(t, func(c *TLSConfig) { c.ClientCAFile = trusted })
		old := serveOn(t, who("old"), opt)
		serveFrom(t, way, who("new"), opt, configured(func(c *Config) { c.TLS.ClientCAFile = authority }))
		t.Cleanup(func() { way.Close() })
		pair, err := tls.LoadX509KeyPair(trusted, filepath.Join(filepath.Dir(trusted), "key.pem"))
		if err != nil {
			t.Fatal(err)
		}
		old.tls.Certificates = []tls.Certificate{pair}
		c := old.dial()
		c.send(post)
		c.wantAnswer("old POST abc")
		moveTo(t, old, way)
		if moves {
			c.untilMoved()
			continue
		}
		await(t, "the refusal", func() bool { return old.server.conns.Stayed()["refused"] == 1 })
		c.send(post)
		c.wantAnswer("old POST abc")
	}
}

// A state that no predecessor writes is refused, and the old process goes on
// serving its connection.
func TestDamagedStatesAreRefused(t *testing.T) {
	put := func(at int, bytes ...byte) func([]byte) []byte {
		return func(state []byte) []byte { copy(state[at:], bytes); return state }
	}
	for name, damage := range map[string]func([]byte) []byte{
		"nothing":          func([]byte) []byte { return nil },
		"cut":              func(state []byte) []byte { return state[:len(state)/2] },
		"its last byte":    func(state []byte) []byte { return state[:len(state)-1] },
		"too long":         func(state []byte) []byte { return append(state, 0) },
		"too large":        func([]byte) []byte { return make([]byte, app.MaxState) },
		"unknown format":   put(0, 9),
		"unknown version":  put(2, 3, 5),
		"older version":    put(2, 3, 1),
		"unknown suite":    put(4, 0xff, 0xff),
		"suite without":    put(4, 0x13, 0x03), // ChaCha20
		"sequence too big": put(8, 0xff, 0xff),
		"endless secret":   put(16, 0xff, 0xff, 0xff, 0xff),
	} {
		t.Run(name, func(t *testing.T) {
			old, next, way := pairOf(t, throughTLS(t, nil))
			way.damage = damage
			c := old.dial()
			c.send(post)
			c.wantAnswer("old POST abc")
			moveTo(t, old, way)
			await(t, "the refusal", func() bool { return old.server.conns.Stayed()["refused"] == 1 })
			c.send(post)
			c.wantAnswer("old POST abc")
			if n := next.server.conns.Len(); n != 0 {
				t.Errorf("the new server has %d connections", n)
			}
		})
	}
}

// A connection with a cipher suite that cannot move is drained, and counted.
func TestUnsupportedSuiteStays(t *testing.T) {
	for name, suites := range map[string][]uint16{
		"ChaCha20": {tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256},
		"CBC":      {tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA, tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA},
	} {
		t.Run(name, func(t *testing.T) {
			old, _, way := pairOf(t, throughTLS(t, nil), linger(time.Minute))
			old.tls.MaxVersion, old.tls.CipherSuites = tls.VersionTLS12, suites
			c := old.dial()
			c.send(post)
			c.wantAnswer("old POST abc")
			moveTo(t, old, way)
			c.send(post)
			c.wantAnswer("old POST abc")
			if got := old.server.conns.Stayed()["cipher_suite"]; got != 1 {
				t.Errorf("%d connections counted, want 1", got)
			}
			old.wantGoodbye(c)
		})
	}
}

// A successor that does not take TLS connections gets none.
func TestSuccessorWithoutTLSGetsNone(t *testing.T) {
	way := newRelay(t)
	old := serveOn(t, who("old"), throughTLS(t, nil))
	serveFrom(t, way, who("new"))
	t.Cleanup(func() { way.Close() })
	if err := old.server.Move(t.Context(), way); err == nil {
		t.Error("connections through TLS move to a server without")
	}
	c := old.dial()
	c.send(post)
	c.wantAnswer("old POST abc")
}

// sharedFiles has the files that two generations share.
type sharedFiles struct {
	app.Sockets
	mu    sync.Mutex
	files map[string]*os.File
}

func (s *sharedFiles) Keep(name string, f *os.File) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.files[name] = f
}

func (s *sharedFiles) File(name string) *os.File {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.files[name]
	if f == nil {
		return nil
	}
	again, err := os.OpenFile("/proc/self/fd/"+fdOf(f), os.O_RDWR, 0)
	if err != nil {
		return nil
	}
	return again
}

func TestSessionTicketsOutliveAnUpgrade(t *testing.T) {
	versions(t, func(t *testing.T, version uint16) {
		shared := &sharedFiles{Sockets: app.OpenSockets(), files: map[string]*os.File{}}
		opt := throughTLS(t, nil)
		old := serveFrom(t, shared, http.HandlerFunc(hello), opt)
		old.tls.MaxVersion, old.tls.ClientSessionCache = version, tls.NewLRUClientSessionCache(1)
		if old.resumes() {
			t.Fatal("there is nothing to resume")
		}
		await(t, "the keys to be kept", func() bool { return old.server.secure.keep.Read() != nil })
		next := serveFrom(t, shared, http.HandlerFunc(hello), opt)
		next.tls = old.tls
		if !next.resumes() {
			t.Error("after an upgrade the client shakes hands in full")
		}
	})
}

// Above TLS, connections wait in the same phases as without it.
func TestIdleTLSConnectionIsParked(t *testing.T) {
	r := serveOn(t, http.HandlerFunc(hello), throughTLS(t, nil))
	c := r.dial()
	r.awaitPhase(conns.Parked, 1)
	c.get("/")
	r.awaitPhase(conns.Parked, 1)
}

func fdOf(f *os.File) string {
	raw, err := f.SyscallConn()
	if err != nil {
		return ""
	}
	number := ""
	_ = raw.Control(func(fd uintptr) { number = strconv.Itoa(int(fd)) })
	return number
}
