//go:build unix

package upgrade

import (
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"
)

// pair returns both ends of a line.
func pair(t testing.TB) (*line, *line) {
	t.Helper()
	a, fd, err := socketPair()
	if err != nil {
		t.Fatal(err)
	}
	b, err := connOf(fd)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close(); b.Close() })
	return &line{conn: a}, &line{conn: b}
}

func TestMessagesArriveWithTheirDescriptors(t *testing.T) {
	a, b := pair(t)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	fd, err := duplicate(w)
	if err != nil {
		t.Fatal(err)
	}
	sent := make(chan error, 1)
	go func() {
		err := a.send(connsMsg, 7, connList{[]string{"http"}}, fd)
		closeAll([]int{fd})
		sent <- errors.Join(err, a.send(doneMsg, 0, nil))
		a.close()
	}()
	m, err := b.receive()
	if err != nil || m.kind != connsMsg || m.seq != 7 || len(m.fds) != 1 {
		t.Fatalf("got %+v, %v", m, err)
	}
	f := os.NewFile(uintptr(m.fds[0]), "pipe")
	if _, err := f.WriteString("x"); err != nil {
		t.Error(err)
	}
	f.Close()
	if got, err := r.Read(make([]byte, 2)); got != 1 || err != nil {
		t.Errorf("through the pipe: got %d, %v", got, err)
	}
	if m, err := b.receive(); err != nil || m.kind != doneMsg {
		t.Errorf("got %+v, %v, want DONE", m, err)
	}
	if err := <-sent; err != nil {
		t.Error(err)
	}
	if _, err := b.receive(); !errors.Is(err, io.EOF) {
		t.Errorf("got %v, want EOF", err)
	}
}

// A message of the largest size is more than the socket holds at once.
func TestLargestMessageArrives(t *testing.T) {
	a, b := pair(t)
	sent := make(chan error, 1)
	want := strings.Repeat("x", maxBody-100)
	go func() { sent <- a.send(failedMsg, 0, text{want}) }()
	m, err := b.receive()
	if err != nil || m.saying() != want {
		t.Errorf("got %d bytes, %v", len(m.body), err)
	}
	if err := <-sent; err != nil {
		t.Error(err)
	}
	if err := a.send(failedMsg, 0, text{want + want}); err == nil {
		t.Error("a message over the limit was sent")
	}
}

func TestBreachesOfTheProtocolAreErrors(t *testing.T) {
	valid := func(h header, body string) string { h.length = len(body); return string(h.append(nil)) + body }
	for name, tt := range map[string]struct{ bytes, want string }{
		"other protocol":   {"GET / HTTP/1.1\r\n\r\n", "not the upgrade protocol"},
		"newer version":    {valid(header{version: 2, kind: helloMsg}, "{}"), "speaks version 2 of the upgrade protocol, this one 1"},
		"unknown message":  {valid(header{version: 1, kind: 99}, ""), "unknown message 99"},
		"too long":         {string(header{version: 1, kind: readyMsg, length: maxBody + 1}.append(nil)), "at most"},
		"too many fds":     {valid(header{version: 1, kind: connsMsg, fds: 254}, ""), "at most 253"},
		"cut in header":    {"gf\x01", "unexpected EOF"},
		"cut in body":      {string(header{version: 1, kind: readyMsg, length: 10}.append(nil)) + "{", "READY cut short: unexpected EOF"},
		"not JSON":         {valid(header{version: 1, kind: readyMsg}, "{"), "READY"},
		"wrong type":       {valid(header{version: 1, kind: ackMsg}, `{"k":"many"}`), "ACK"},
		"negative ack":     {valid(header{version: 1, kind: ackMsg}, `{"k":-1}`), "ACK: -1 connections"},
		"negative cut":     {valid(header{version: 1, kind: doneMsg}, `{"cut":-1}`), "DONE"},
		"names without fd": {valid(header{version: 1, kind: connsMsg}, `{"servers":["http"]}`), "CONNS: 1 names for 0 descriptors"},
		"fds out of place": {valid(header{version: 1, kind: probeMsg, fds: 3}, ""), "PROBE with 3 descriptors"},
		"generation 1":     {valid(header{version: 1, kind: helloMsg}, `{"generation":1}`), "generation 1"},
	} {
		t.Run(name, func(t *testing.T) {
			a, b := pair(t)
			if _, err := io.WriteString(a.conn, tt.bytes); err != nil {
				t.Fatal(err)
			}
			a.close()
			m, err := b.receive()
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %+v, %v, want %q", m, err, tt.want)
			}
		})
	}
}

// Who does not know our version can still say so.
func TestRefusalOfAnotherVersionIsUnderstood(t *testing.T) {
	a, b := pair(t)
	body := `{"text":"no","more":1}`
	_, _ = a.conn.Write(append(header{version: 9, kind: failedMsg, length: len(body)}.append(nil), body...))
	if m, err := b.receive(); err != nil || m.saying() != "no" {
		t.Errorf("got %+v, %v", m, err)
	}
}

// A successor of a later release says more than we know.
func TestUnknownFieldsAreIgnored(t *testing.T) {
	for k, body := range map[kind]string{
		startingMsg: `{"release":"2.1"}`, readyMsg: `{"adopts":["http"],"after":{"ms":3}}`, failedMsg: `{"text":"no","code":7}`,
		healthMsg: `{"ok":true,"load":0.5}`, ackMsg: `{"k":0,"left":[1]}`, committedMsg: `{"since":1}`,
	} {
		a, b := pair(t)
		if _, err := a.conn.Write(append(header{version: version, kind: k, length: len(body)}.append(nil), body...)); err != nil {
			t.Fatal(err)
		}
		if m, err := b.receive(); err != nil || m.kind != k {
			t.Errorf("%v: got %v, %v", k, m.kind, err)
		}
	}
}

// FuzzReceive feeds bytes of any kind: receive ends, and never returns a
// message that contradicts itself or a descriptor that was not announced.
func FuzzReceive(f *testing.F) {
	for k := helloMsg; k < lastMsg; k++ {
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
		if len(data) == 0 || len(data) > 32<<10 { // what the socket holds, so that one goroutine can do it all
			return
		}
		a, b := pair(t)
		var rights []byte
		if withFD {
			fd, err := duplicate(null)
			if err != nil {
				t.Fatal(err)
			}
			defer closeAll([]int{fd})
			rights = encodeRights([]int{fd})
		}
		if _, _, err := a.conn.WriteMsgUnix(data, rights, nil); err != nil {
			t.Fatal(err)
		}
		a.close()
		for range 3 {
			m, err := b.receive()
			if err != nil {
				if len(m.fds) > 0 {
					t.Fatalf("descriptors with %v", err)
				}
				return
			}
			if len(m.body) > maxBody || len(m.fds)+m.missing > maxFDs || m.check() != nil {
				t.Fatalf("got %+v", m)
			}
			closeAll(m.fds)
		}
	})
}

// An end that is not a unix stream socket is not taken for a line.
func TestOtherDescriptorsAreNoLine(t *testing.T) {
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
		fd, err := duplicate(v)
		if err != nil {
			t.Fatal(err)
		}
		if isLine(fd) {
			t.Errorf("%T is taken for a line", v)
		}
		closeAll([]int{fd})
	}
	if isLine(9999) {
		t.Error("a closed descriptor is taken for a line")
	}
}

// A successor in charge that was slow acknowledges when nobody waits for it any more. It lives on for as long as it
// likes; the predecessor has to end.
func TestLateAcknowledgementDoesNotHoldThePredecessor(t *testing.T) {
	ours, theirs := pair(t)
	c := newChild(nil, nil, ours)
	go c.receive()
	if err := errors.Join(theirs.send(ackMsg, 1, adopted{K: 1}), theirs.send(healthMsg, 0, healthReport{OK: true})); err != nil {
		t.Fatal(err)
	}
	late := time.After(10 * time.Second)
	select {
	case m := <-c.messages:
		if m.kind != healthMsg {
			t.Errorf("got %v, want HEALTH", m.kind)
		}
	case <-late:
		t.Fatal("what comes after the acknowledgement is not read")
	}
	c.line.close()
	select {
	case <-c.lost:
	case <-late:
		t.Error("the line is not given up")
	}
}

// Acknowledgements that nobody asked for are a breach of the protocol, and hold up nothing.
func TestAcknowledgementsOfNothingEndTheLine(t *testing.T) {
	ours, theirs := pair(t)
	c := newChild(nil, nil, ours)
	go c.receive()
	if err := errors.Join(theirs.send(ackMsg, 1, adopted{}), theirs.send(ackMsg, 2, adopted{})); err != nil {
		t.Fatal(err)
	}
	select {
	case <-c.lost:
		if c.broken == nil {
			t.Error("got no breach")
		}
	case <-time.After(10 * time.Second):
		t.Error("the line is not given up")
	}
}

// What a successor has acknowledged it may have served, though it hung up in the next moment; and of one that talks
// nonsense nobody knows what it has.
func TestAcknowledgementCountsThoughTheLineEnds(t *testing.T) {
	for range 20 { // both are there to be looked at: neither may win by chance
		ours, theirs := pair(t)
		c := newChild(nil, nil, ours)
		if err := theirs.send(ackMsg, 7, adopted{K: 3}); err != nil {
			t.Fatal(err)
		}
		theirs.close()
		c.receive()
		f := &ferry{child: c}
		if taken, err := f.acknowledged(7, 3); taken != 3 || err != nil {
			t.Fatalf("got %d, %v, want 3", taken, err)
		}
		if _, err := f.acknowledged(8, 3); !errors.Is(err, errGone) {
			t.Fatalf("got %v, want its end", err)
		}
	}
	ours, theirs := pair(t)
	c := newChild(nil, nil, ours)
	if _, err := theirs.conn.Write([]byte("this is not a message")); err != nil {
		t.Fatal(err)
	}
	c.receive()
	if _, err := (&ferry{child: c}).acknowledged(1, 1); err == nil || errors.Is(err, errGone) {
		t.Errorf("got %v, want the breach", err)
	}
}
