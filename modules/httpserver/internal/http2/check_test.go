package http2

import (
	"net"
	"testing"
)

// When this fails, a new Go does not allow our part of HTTP/2, which is then
// net/http's own, with a warning.
func TestHTTP2IsPossibleOurWay(t *testing.T) {
	if !answersHTTP2(tryBehindTLS) {
		t.Error("not behind TLS")
	}
	if !answersHTTP2(tryInPlace) {
		t.Error("not without TLS")
	}
}

func TestTrialNoticesAChangedNetHTTP(t *testing.T) {
	if answersHTTP2(func(nc net.Conn) trial { nc.Close(); return trial{newTrialSet(), func() {}} }) {
		t.Error("got true from a connection that is closed")
	}
	if answersHTTP2(func(nc net.Conn) trial { return trial{newTrialSet(), tryInPlace(nc).end} }) {
		t.Error("got true from a connection on which a goodbye is impossible")
	}
}
