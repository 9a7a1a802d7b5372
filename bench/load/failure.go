package load

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
)

// Phase is where a request was when it failed.
type Phase string

// The phases, in the order of a request.
const (
	Dial    Phase = "dial"              // connecting, or the TLS handshake
	Write   Phase = "write"             // sending it
	Before  Phase = "before first byte" // sent, and nothing came back
	Partial Phase = "partial"           // the response has begun
	Answer  Phase = "answer"            // the response is complete, and wrong
)

// Kind is what happened.
type Kind string

// The kinds of failures.
const (
	EOF       Kind = "eof"
	RST       Kind = "rst"
	EPIPE     Kind = "epipe"
	Refused   Kind = "refused"
	Timeout   Kind = "timeout"
	GoAway    Kind = "goaway"    // HTTP/2: thrown away by a server that leaves
	Mixed     Kind = "mixed up"  // the body of another request
	Status    Kind = "status"    // any but 200
	Malformed Kind = "malformed" // no HTTP, or bytes that answer no request
	Other     Kind = "other"
)

// A Failure is one way in which a request was lost.
type Failure struct {
	Phase Phase `json:"phase"`
	Kind  Kind  `json:"kind"`
	New   bool  `json:"new"` // on a connection that had not been used before
}

func (f Failure) String() string {
	age := "reused"
	if f.New {
		age = "new"
	}
	return string(f.Phase) + ", " + string(f.Kind) + ", " + age
}

// kindOf names what an error of the net, http or http2 package means.
func kindOf(err error) Kind {
	var timeout net.Error
	switch {
	case errors.Is(err, syscall.ECONNRESET):
		return RST
	case errors.Is(err, syscall.EPIPE):
		return EPIPE
	case errors.Is(err, syscall.ECONNREFUSED):
		return Refused
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return EOF
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return Timeout
	case errors.Is(err, errMalformed):
		return Malformed
	}
	// The errors of net/http that have no type.
	switch text := err.Error(); {
	case strings.Contains(text, "GOAWAY"), strings.Contains(text, "REFUSED_STREAM"):
		return GoAway
	case strings.Contains(text, "server closed idle connection"), strings.Contains(text, "client connection lost"),
		strings.Contains(text, "use of closed network connection"):
		return EOF
	}
	return Other
}
