package stream

import (
	"bytes"
	"errors"
	"strings"
)

// ErrOtherResponse ends the writes of a handler that continues a response but
// begins it with another head than the client has.
var ErrOtherResponse = errors.New("the handler began another response than the one that the client has")

var errHeadTooLong = errors.New("the head of the response is longer than 64 KiB")

var (
	lineEnd = []byte("\r\n")
	headEnd = []byte("\r\n\r\n")
)

// compared are the fields on which the bytes after a head depend, or a client's
// decisions. Date and cookies may differ.
var compared = []string{
	"content-encoding", "content-length", "content-type", "sec-websocket-accept",
	"sec-websocket-extensions", "sec-websocket-protocol", "transfer-encoding",
}

// Fingerprint returns what must not differ between two heads for one body.
func Fingerprint(head []byte) string {
	lines := strings.Split(string(head), "\r\n")
	var b strings.Builder
	if status := strings.Fields(lines[0]); len(status) > 1 {
		b.WriteString(status[1])
	}
	for _, name := range compared {
		for _, line := range lines[1:] {
			if k, v, ok := strings.Cut(line, ":"); ok && strings.EqualFold(k, name) {
				b.WriteString("|" + name + "=" + strings.TrimSpace(v))
			}
		}
	}
	return b.String()
}

// HasLength reports whether the response of a fingerprint has a Content-Length.
// Such a response is not continued: net/http counts the bytes of each handler.
func HasLength(print string) bool { return strings.Contains(print, "|content-length=") }

// HeadFilter finds the head of a response in what is written. The zero value takes
// its fingerprint and lets it pass. Informational heads (RFC 9110, 15.2) pass
// before it, except 101, which is final.
type HeadFilter struct {
	want    string // the fingerprint of the head that the client has; "" if none
	swallow bool
	done    bool
	err     error
	buf     []byte
	print   string
}

// Swallow returns a filter that drops a head whose fingerprint is want, and refuses
// any other.
func Swallow(want string) HeadFilter { return HeadFilter{want: want, swallow: true} }

// Print returns the fingerprint of the response, "" before its head has passed.
// A filter that swallows has it from the beginning.
func (f *HeadFilter) Print() string {
	if f.swallow {
		return f.want
	}
	return f.print
}

// Done reports whether the head is complete, or has failed.
func (f *HeadFilter) Done() bool { return f.done || f.err != nil }

// Swallowing reports whether the head that the client already has is still to come.
func (f *HeadFilter) Swallowing() bool { return f.swallow && !f.done }

// Filter returns the part of p that goes to the client. body is how many bytes at
// the end of p come after the head; it is valid once Done. After an error every
// call returns that error.
func (f *HeadFilter) Filter(p []byte) (pass []byte, body int, err error) {
	if f.err != nil {
		return nil, 0, f.err
	}
	if f.done {
		return p, len(p), nil
	}
	f.buf = append(f.buf, p...)
	for {
		end := bytes.Index(f.buf, headEnd)
		if end < 0 {
			if len(f.buf) > MaxHead {
				f.err = errHeadTooLong
				return nil, 0, f.err
			}
			if f.swallow {
				return nil, 0, nil
			}
			return p, 0, nil
		}
		head := f.buf[:end+len(headEnd)]
		if !informational(head) {
			return f.finish(head, p)
		}
		f.buf = f.buf[len(head):]
	}
}

func (f *HeadFilter) finish(head, p []byte) (pass []byte, body int, err error) {
	after := f.buf[len(head):]
	f.buf = nil
	if !f.swallow {
		f.done, f.print = true, Fingerprint(head)
		return p, len(after), nil
	}
	if Fingerprint(head) != f.want {
		f.err = ErrOtherResponse
		return nil, 0, f.err
	}
	f.done = true
	return after, len(after), nil
}

// informational reports whether head is that of an informational response.
func informational(head []byte) bool {
	line, _, _ := bytes.Cut(head, lineEnd)
	_, status, _ := bytes.Cut(line, []byte(" "))
	return len(status) > 0 && status[0] == '1' && !bytes.HasPrefix(status, []byte("101"))
}
