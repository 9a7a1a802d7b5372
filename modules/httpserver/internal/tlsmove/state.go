package tlsmove

import (
	"crypto/tls"
	"errors"
	"fmt"
)

// State is what a process needs, besides the socket, to continue a connection. It
// holds the keys of the connection: [State.Wipe] it after use, and never log it.
type State struct {
	Version, Suite uint16
	In, Out        Keys // what the client sends, and what the server sends

	ServerName string
	ALPN       string
	Curve      tls.CurveID
	Resumed    bool
	Retried    bool // there was a HelloRetryRequest
	Unique     []byte
	Peer       [][]byte // the client's certificates, as it has sent them
}

// Errors of [Session.Export].
var (
	// ErrBusy means that something is under way: part of a record, or plaintext
	// that a Read would return. A later Export may succeed.
	ErrBusy = errors.New("a record is under way")
	// ErrUnsupported means that connections of this kind do not move.
	ErrUnsupported = errors.New("connections with this cipher suite cannot move")
	// ErrUncertain means that the state is not known for certain, and will not be.
	ErrUncertain = errors.New("the state of the connection is not certain")
	// ErrEnded means that either side has ended the connection, or that it failed.
	ErrEnded = errors.New("the connection has ended")
)

// String returns version and suite, and no secret, so that a State in a log or an
// error shows none.
func (s *State) String() string {
	return fmt.Sprintf("%s connection with %s", tls.VersionName(s.Version), tls.CipherSuiteName(s.Suite))
}

// GoString is String, for %#v.
func (s *State) GoString() string { return s.String() }

// Format is String, for every verb: %x and %+v would print the fields.
func (s *State) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(s.String())) }

// Wipe overwrites the secrets. It does not reach copies that the cipher made of
// them.
func (s *State) Wipe() {
	clear(s.In.Secret)
	clear(s.Out.Secret)
}

// describe fills in the fields that handlers see in [http.Request.TLS].
func (s *State) describe(cs *tls.ConnectionState) {
	s.ServerName, s.ALPN = cs.ServerName, cs.NegotiatedProtocol
	s.Curve, s.Resumed, s.Retried, s.Unique = cs.CurveID, cs.DidResume, cs.HelloRetryRequest, cs.TLSUnique
	for _, c := range cs.PeerCertificates {
		s.Peer = append(s.Peer, c.Raw)
	}
}

// connectionState is the inverse of describe, without the certificates. Its
// ExportKeyingMaterial returns an error, since exporters do not move. That of a
// zero ConnectionState would panic, so the value comes from a connection that
// permits renegotiation, for which crypto/tls has no exporter.
func (s *State) connectionState() tls.ConnectionState {
	cs := tls.Server(nil, &tls.Config{Renegotiation: tls.RenegotiateOnceAsClient}).ConnectionState()
	cs.Version, cs.CipherSuite, cs.HandshakeComplete = s.Version, s.Suite, true
	cs.ServerName, cs.NegotiatedProtocol = s.ServerName, s.ALPN
	cs.CurveID, cs.DidResume, cs.HelloRetryRequest, cs.TLSUnique = s.Curve, s.Resumed, s.Retried, s.Unique
	return cs
}

// check returns an error if the state cannot be continued.
func (s *State) check() error {
	su := suiteOf(s.Suite)
	if su == nil || su.version() != s.Version {
		return fmt.Errorf("cipher suite %#04x with protocol version %#04x: %w", s.Suite, s.Version, ErrUnsupported)
	}
	for _, k := range []Keys{s.In, s.Out} {
		if len(k.Secret) != su.secretLen() {
			return fmt.Errorf("a secret has %d bytes; %s has %d", len(k.Secret), tls.CipherSuiteName(s.Suite), su.secretLen())
		}
		if k.Sequence > maxSequence {
			return errors.New("a sequence number is beyond what a connection can reach")
		}
	}
	return nil
}

// maxSequence is far above what a connection can send, and far below overflow.
const maxSequence = 1 << 62
