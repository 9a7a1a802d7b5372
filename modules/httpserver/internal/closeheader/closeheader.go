// Package closeheader inserts Connection: close into a response that net/http has
// written.
package closeheader

import "bytes"

// Line is the line that is added to a response.
var Line = []byte("Connection: close\r\n")

var (
	http11      = []byte("HTTP/1.1 ")
	connection  = []byte("\r\nConnection: ")
	endOfLine   = []byte("\r\n")
	endOfHeader = []byte("\r\n\r\n")
)

// Interim reports whether p is an interim response, such as 100 Continue. 101 is
// final.
func Interim(p []byte) bool {
	status := len(http11)
	if len(p) <= status || p[status] != '1' { // nearly always
		return false
	}
	return bytes.HasPrefix(p, http11) && !bytes.HasPrefix(p[status:], []byte("101"))
}

// Place returns where Line belongs in p, the beginning of a response: after the
// status line. It returns -1 if the response must not have it: it has a Connection
// header, changes the protocol or is older than HTTP/1.1.
func Place(p []byte) int {
	if !bytes.HasPrefix(p, http11) || bytes.HasPrefix(p[len(http11):], []byte("101")) {
		return -1
	}
	header := p
	if end := bytes.Index(p, endOfHeader); end >= 0 {
		header = p[:end+len(endOfLine)]
	}
	if bytes.Contains(header, connection) {
		return -1
	}
	return bytes.Index(p, endOfLine) + len(endOfLine)
}
