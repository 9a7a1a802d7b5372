//go:build unix

package wire

import (
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"testing"

	"github.com/gracefulfx/graceful/internal/descriptor"
)

// pair returns both ends of a connection.
func pair(t testing.TB) (*Conn, *Conn) {
	t.Helper()
	a, fd, err := Pair()
	if err != nil {
		t.Fatal(err)
	}
	b, err := FromFD(fd)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close(); b.Close() })
	return a, b
}

func TestMessagesArriveWithTheirDescriptors(t *testing.T) {
	a, b := pair(t)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	fd, err := descriptor.Duplicate(w)
	if err != nil {
		t.Fatal(err)
	}
	sent := make(chan error, 1)
	go func() {
		err := a.Send(Conns, 7, ConnsBody{[]string{"http"}}, fd)
		descriptor.CloseAll([]int{fd})
		sent <- errors.Join(err, a.Send(Done, 0, nil))
		a.Close()
	}()
	m, err := b.Receive()
	if err != nil || m.Kind != Conns || m.Seq != 7 || len(m.FDs) != 1 {
		t.Fatalf("got %+v, %v", m, err)
	}
	f := os.NewFile(uintptr(m.FDs[0]), "pipe")
	if _, err := f.WriteString("x"); err != nil {
		t.Error(err)
	}
	f.Close()
	if got, err := r.Read(make([]byte, 2)); got != 1 || err != nil {
		t.Errorf("through the pipe: got %d, %v", got, err)
	}
	if m, err := b.Receive(); err != nil || m.Kind != Done {
		t.Errorf("got %+v, %v, want DONE", m, err)
	}
	if err := <-sent; err != nil {
		t.Error(err)
	}
	if _, err := b.Receive(); !errors.Is(err, io.EOF) {
		t.Errorf("got %v, want EOF", err)
	}
}

// A message of the largest size is more than the socket holds at once.
func TestLargestMessageArrives(t *testing.T) {
	a, b := pair(t)
	sent := make(chan error, 1)
	want := strings.Repeat("x", MaxBody-100)
	go func() { sent <- a.Send(Failed, 0, TextBody{want}) }()
	m, err := b.Receive()
	if err != nil || m.Text() != want {
		t.Errorf("got %d bytes, %v", len(m.Body), err)
	}
	if err := <-sent; err != nil {
		t.Error(err)
	}
	if err := a.Send(Failed, 0, TextBody{want + want}); err == nil {
		t.Error("a message over the limit was sent")
	}
}

func TestBreachesOfTheProtocolAreErrors(t *testing.T) {
	valid := func(h header, body string) string { h.length = len(body); return string(h.append(nil)) + body }
	for name, tt := range map[string]struct{ bytes, want string }{
		"other protocol":   {"GET / HTTP/1.1\r\n\r\n", "not the upgrade protocol"},
		"newer version":    {valid(header{version: 2, kind: Hello}, "{}"), "speaks version 2 of the upgrade protocol, this one 1"},
		"unknown message":  {valid(header{version: 1, kind: 99}, ""), "unknown message 99"},
		"too long":         {string(header{version: 1, kind: Ready, length: MaxBody + 1}.append(nil)), "at most"},
		"too many fds":     {valid(header{version: 1, kind: Conns, fds: 254}, ""), "at most 253"},
		"cut in header":    {"gf\x01", "unexpected EOF"},
		"cut in body":      {string(header{version: 1, kind: Ready, length: 10}.append(nil)) + "{", "READY cut short: unexpected EOF"},
		"not JSON":         {valid(header{version: 1, kind: Ready}, "{"), "READY"},
		"wrong type":       {valid(header{version: 1, kind: Ack}, `{"k":"many"}`), "ACK"},
		"negative ack":     {valid(header{version: 1, kind: Ack}, `{"k":-1}`), "ACK: -1 connections"},
		"negative cut":     {valid(header{version: 1, kind: Done}, `{"cut":-1}`), "DONE"},
		"names without fd": {valid(header{version: 1, kind: Conns}, `{"servers":["http"]}`), "CONNS: 1 names for 0 descriptors"},
		"fds out of place": {valid(header{version: 1, kind: Probe, fds: 3}, ""), "PROBE with 3 descriptors"},
		"generation 1":     {valid(header{version: 1, kind: Hello}, `{"generation":1}`), "generation 1"},
	} {
		t.Run(name, func(t *testing.T) {
			a, b := pair(t)
			if _, err := io.WriteString(a.conn, tt.bytes); err != nil {
				t.Fatal(err)
			}
			a.Close()
			m, err := b.Receive()
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %+v, %v, want %q", m, err, tt.want)
			}
		})
	}
}

// A process that does not know our version can still say so.
func TestRefusalOfAnotherVersionIsUnderstood(t *testing.T) {
	a, b := pair(t)
	body := `{"text":"no","more":1}`
	_, _ = a.conn.Write(append(header{version: 9, kind: Failed, length: len(body)}.append(nil), body...))
	if m, err := b.Receive(); err != nil || m.Text() != "no" {
		t.Errorf("got %+v, %v", m, err)
	}
}

// A successor of a later release sends more than we know.
func TestUnknownFieldsAreIgnored(t *testing.T) {
	for k, body := range map[Kind]string{
		Starting: `{"release":"2.1"}`, Ready: `{"adopts":["http"],"after":{"ms":3}}`, Failed: `{"text":"no","code":7}`,
		Health: `{"ok":true,"load":0.5}`, Ack: `{"k":0,"left":[1]}`, Committed: `{"since":1}`,
	} {
		a, b := pair(t)
		if _, err := a.conn.Write(append(header{version: version, kind: k, length: len(body)}.append(nil), body...)); err != nil {
			t.Fatal(err)
		}
		if m, err := b.Receive(); err != nil || m.Kind != k {
			t.Errorf("%v: got %v, %v", k, m.Kind, err)
		}
	}
}

// FuzzReceive feeds bytes of any kind: Receive ends, and never returns a message
// that contradicts itself or a descriptor that was not announced.
func FuzzReceive(f *testing.F) {
	for k := Hello; k < end; k++ {
		for _, body := range []string{"", "{}", `{"generation":2,"files":1,"servers":["a"],"k":1,"text":"x"}`} {
			f.Add(append(header{version: 1, kind: k, length: len(body)}.append(nil), body...), false)
			f.Add(append(header{version: 1, kind: k, fds: 1, length: len(body)}.append(nil), body...), true)
		}
	}
	null, err := os.Open(os.DevNull)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte, withFD bool) {
		if len(data) == 0 || len(data) > 32<<10 { // the socket holds as much, so that one goroutine is enough
			return
		}
		a, b := pair(t)
		var rights []byte
		if withFD {
			fd, err := descriptor.Duplicate(null)
			if err != nil {
				t.Fatal(err)
			}
			defer descriptor.CloseAll([]int{fd})
			rights = encodeRights([]int{fd})
		}
		if _, _, err := a.conn.WriteMsgUnix(data, rights, nil); err != nil {
			t.Fatal(err)
		}
		a.Close()
		for range 3 {
			m, err := b.Receive()
			if err != nil {
				if len(m.FDs) > 0 {
					t.Fatalf("descriptors with %v", err)
				}
				return
			}
			if len(m.Body) > MaxBody || len(m.FDs)+m.Missing > MaxFDs || m.check() != nil {
				t.Fatalf("got %+v", m)
			}
			descriptor.CloseAll(m.FDs)
		}
	})
}

// A descriptor that is not a unix stream socket is not taken for the end of a
// connection.
func TestOtherDescriptorsAreNotTakenForAConnection(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	for _, v := range []any{ln, r} {
		fd, err := descriptor.Duplicate(v)
		if err != nil {
			t.Fatal(err)
		}
		if IsEnd(fd) {
			t.Errorf("%T is taken for an end", v)
		}
		descriptor.CloseAll([]int{fd})
	}
	if IsEnd(9999) {
		t.Error("a closed descriptor is taken for an end")
	}
}
