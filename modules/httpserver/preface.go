package httpserver

// noPreface is the state of a connection on which no preface of HTTP/2 is awaited.
const noPreface = -1

// lookForPreface is given what the client sends, as net/http reads it, until it is known
// to speak HTTP/2 without TLS or not. net/http reads the preface and no byte more; where
// it does not, frames cannot be followed from there on, and the goodbye is net/http's.
func (l *life) lookForPreface(p []byte) {
	if l.preface == noPreface || len(p) == 0 {
		return
	}
	rest := clientPreface[l.preface:]
	n := min(len(p), len(rest))
	switch {
	case string(p[:n]) != rest[:n]:
		l.preface = noPreface
	case n < len(rest):
		l.preface += int8(n)
	default:
		l.preface = noPreface
		var goodbye *goAwayConn
		if l.conns.twoStep && n == len(p) {
			goodbye = &goAwayConn{Conn: l.raw, life: l}
		}
		l.inPlace = goodbye
		l.conns.becomeHTTP2(l, goodbye)
	}
}
