package tlsmove

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"testing"
)

// violation is a violation of the protocol by a client, with valid keys or without.
type violation struct {
	version uint16 // 0: both
	send    func(p *peer)
	vague   bool // crypto/tls names the message by its Go type
}

func header(typ recordType, n int) []byte { return []byte{byte(typ), 3, 3, byte(n >> 8), byte(n)} }

func many(n int, send func(p *peer)) func(p *peer) {
	return func(p *peer) {
		for range n {
			send(p)
		}
	}
}

var violations = map[string]violation{
	"bad MAC": {send: func(p *peer) {
		r := p.out.seal(nil, typeData, []byte("hello"))
		r[len(r)-1] ^= 1
		p.write(r)
	}},
	"replay": {send: func(p *peer) {
		r := p.out.seal(nil, typeData, []byte("hello"))
		p.write(append(bytes.Clone(r), r...))
	}},
	"record left out": {send: func(p *peer) {
		_ = p.out.seal(nil, typeData, []byte("lost"))
		p.send(typeData, []byte("hello"))
	}},
	"plaintext":           {send: func(p *peer) { p.write(append(header(typeData, 5), "hello"...)) }},
	"HTTP without TLS":    {send: func(p *peer) { p.write([]byte("GET / HTTP/1.1\r\n\r\n")) }},
	"empty body":          {send: func(p *peer) { p.write(header(typeData, 0)) }},
	"oversize 1.3":        {version: tls.VersionTLS13, send: func(p *peer) { p.write(header(typeData, maxPlaintext+257)) }},
	"oversize 1.2":        {version: tls.VersionTLS12, send: func(p *peer) { p.write(header(typeData, maxPlaintext+2049)) }},
	"oversize plaintext":  {version: tls.VersionTLS12, send: func(p *peer) { p.send(typeData, make([]byte, maxPlaintext+1)) }},
	"oversize inside 1.3": {version: tls.VersionTLS13, send: func(p *peer) { p.sendPadded(typeData, make([]byte, maxPlaintext), 1) }},
	"oversize data 1.3":   {version: tls.VersionTLS13, send: func(p *peer) { p.send(typeData, make([]byte, maxPlaintext+1)) }},
	"wrong version":       {send: func(p *peer) { p.write([]byte{23, 3, 1, 0, 30}) }},
	"zeros only": {version: tls.VersionTLS13, send: func(p *peer) {
		p.sendPadded(0, nil, 5)
	}},
	"outer type":               {version: tls.VersionTLS13, send: func(p *peer) { p.write(append(header(typeHandshake, 20), make([]byte, 20)...)) }},
	"unknown type":             {send: func(p *peer) { p.send(99, []byte("hello")) }},
	"flood of empty records":   {send: many(17, func(p *peer) { p.send(typeData, nil) })},
	"flood of warnings":        {version: tls.VersionTLS12, send: many(17, func(p *peer) { p.send(typeAlert, []byte{1, 42}) })},
	"flood of user_canceled":   {version: tls.VersionTLS13, send: many(17, func(p *peer) { p.send(typeAlert, []byte{1, 90}) })},
	"flood of CCS":             {version: tls.VersionTLS13, send: many(17, func(p *peer) { p.write(append(header(typeChangeCipherSpec, 1), 1)) })},
	"flood of KeyUpdates":      {version: tls.VersionTLS13, send: many(17, func(p *peer) { p.updateKey(keyUpdateNotRequested) })},
	"flood of requests":        {version: tls.VersionTLS13, send: many(17, func(p *peer) { p.updateKey(keyUpdateRequested) })},
	"malformed CCS":            {version: tls.VersionTLS13, send: func(p *peer) { p.write(append(header(typeChangeCipherSpec, 1), 2)) }},
	"CCS 1.2":                  {version: tls.VersionTLS12, send: func(p *peer) { p.send(typeChangeCipherSpec, []byte{1}) }},
	"malformed CCS 1.2":        {version: tls.VersionTLS12, send: func(p *peer) { p.send(typeChangeCipherSpec, []byte{1, 1}) }},
	"empty handshake record":   {send: func(p *peer) { p.send(typeHandshake, nil) }},
	"KeyUpdate and more":       {version: tls.VersionTLS13, send: func(p *peer) { p.send(typeHandshake, append(bytes.Clone(keyUpdateNotRequested), 24)) }},
	"two KeyUpdates":           {version: tls.VersionTLS13, send: func(p *peer) { p.send(typeHandshake, bytes.Repeat(keyUpdateNotRequested, 2)) }},
	"KeyUpdate of 2":           {version: tls.VersionTLS13, send: func(p *peer) { p.send(typeHandshake, []byte{24, 0, 0, 1, 2}) }},
	"KeyUpdate of two bytes":   {version: tls.VersionTLS13, send: func(p *peer) { p.send(typeHandshake, []byte{24, 0, 0, 2, 0, 0}) }},
	"huge KeyUpdate":           {version: tls.VersionTLS13, send: func(p *peer) { p.send(typeHandshake, []byte{24, 1, 0, 1, 0}) }},
	"data within a message":    {version: tls.VersionTLS13, send: func(p *peer) { p.send(typeHandshake, []byte{24, 0}); p.send(typeData, []byte("hello")) }},
	"alert within a message":   {version: tls.VersionTLS13, send: func(p *peer) { p.send(typeHandshake, []byte{24, 0}); p.send(typeAlert, []byte{1, 0}) }},
	"renegotiation":            {version: tls.VersionTLS12, vague: true, send: func(p *peer) { p.send(typeHandshake, clientHello) }},
	"HelloRequest":             {version: tls.VersionTLS12, send: func(p *peer) { p.send(typeHandshake, []byte{0, 0, 0, 0}) }},
	"ClientHello again":        {version: tls.VersionTLS13, vague: true, send: func(p *peer) { p.send(typeHandshake, clientHello) }},
	"unknown message":          {version: tls.VersionTLS13, vague: true, send: func(p *peer) { p.send(typeHandshake, []byte{99, 0, 0, 0}) }},
	"long alert":               {send: func(p *peer) { p.send(typeAlert, []byte{1, 0, 0}) }},
	"alert of no level":        {version: tls.VersionTLS12, send: func(p *peer) { p.send(typeAlert, []byte{7, 42}) }},
	"close_notify":             {send: func(p *peer) { p.send(typeAlert, []byte{1, 0}) }},
	"fatal alert":              {send: func(p *peer) { p.send(typeAlert, []byte{2, 42}) }},
	"end at a boundary":        {send: func(p *peer) { p.closeWrite() }},
	"end in a header":          {send: func(p *peer) { p.write([]byte{23, 3}); p.closeWrite() }},
	"end in a record":          {send: func(p *peer) { p.write(header(typeData, 100)); p.closeWrite() }},
	"end in a long record":     {send: func(p *peer) { p.write(header(typeData, 16000)); p.closeWrite() }},
	"16 empty records and end": {send: func(p *peer) { many(16, func(p *peer) { p.send(typeData, nil) })(p); p.closeWrite() }},
}

// clientHello is a message that parses, of TLS 1.2 with one suite.
var clientHello = append(append([]byte{1, 0, 0, 41, 3, 3}, make([]byte, 32)...), 0, 0, 2, 0xc0, 0x2f, 1, 0)

func (p *peer) closeWrite() { p.nc.(memoryConn).out.close() }

// A client that breaks the protocol gains nothing from a move: the connection ends
// with the error and the alerts that it would end with in crypto/tls.
func TestViolationsEndAsInCryptoTLS(t *testing.T) {
	for name, v := range violations {
		for _, protocol := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
			if v.version != 0 && v.version != protocol {
				continue
			}
			t.Run(tls.VersionName(protocol)+" "+name, func(t *testing.T) {
				want := violate(t, protocol, v, false)
				got := violate(t, protocol, v, true)
				if v.vague {
					want.err, got.err = "", ""
				}
				if got != want {
					t.Errorf("\n got %+v\nwant %+v", got, want)
				}
			})
		}
	}
}

// ending is how a connection ended.
type ending struct {
	data     string // that the application has read before the end
	err      string
	timeout  bool
	alerts   string // that the client has received
	writeErr string // of a Write after the end
}

func violate(t *testing.T, protocol uint16, v violation, continued bool) (e ending) {
	t.Helper()
	l := connect(t, version(protocol))
	p := l.takeOver(t)
	var s Session = l.server
	if continued {
		s = mustMove(t, s, l.near, l.config)
	}
	v.send(p)
	data, err := io.ReadAll(s)
	if err == nil {
		err = io.EOF
	}
	e.data, e.err, e.timeout = string(data), err.Error(), isTimeout(err)
	p.closeWrite() // crypto/tls goes on after some of them
	if _, err := s.Read(make([]byte, 1)); err == nil {
		t.Error("a Read after the end succeeds")
	}
	if _, err := s.Write([]byte("x")); err != nil {
		e.writeErr = err.Error()
	}
	if _, err := s.Export(); err == nil && continued {
		t.Error("exported after the end")
	}
	_ = s.Close()
	for {
		typ, b, err := p.receive()
		if err != nil {
			return e
		}
		e.alerts += fmt.Sprintf("%d:%x ", typ, b)
	}
}

// The comparison finds a difference where there is one.
func TestViolationsDiffer(t *testing.T) {
	a := violate(t, tls.VersionTLS13, violations["bad MAC"], true)
	b := violate(t, tls.VersionTLS13, violations["wrong version"], true)
	if a == b || a.alerts == "" || b.alerts == "" || a.err == "" {
		t.Errorf("cannot tell %+v from %+v", a, b)
	}
}

// Close and CloseWrite do what they do in crypto/tls.
func TestClosingAsInCryptoTLS(t *testing.T) {
	for _, protocol := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		var texts [2]string
		for i := range texts {
			l := connect(t, version(protocol))
			p := l.takeOver(t)
			var s Session = l.server
			if i == 1 {
				s = mustMove(t, s, l.near, l.config)
			}
			note := func(err error) {
				if err == nil {
					err = errors.New("nil")
				}
				texts[i] += err.Error() + "; "
			}
			note(s.CloseWrite())
			_, err := s.Write([]byte("x"))
			note(err)
			note(s.CloseWrite())
			typ, b, err := p.receive()
			note(err)
			texts[i] += fmt.Sprintf("%d:%x; ", typ, b)
			p.send(typeData, []byte("still"))
			n, err := s.Read(make([]byte, 5))
			note(err)
			texts[i] += fmt.Sprintf("%d bytes; ", n)
			note(s.Close())
			note(s.Close())
			_, err = s.Write([]byte("x"))
			note(err)
			_, _, err = p.receive()
			note(err)
		}
		if texts[0] != texts[1] {
			t.Errorf("%s\n got %s\nwant %s", tls.VersionName(protocol), texts[1], texts[0])
		}
	}
}
