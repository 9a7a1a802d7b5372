package upgrade

import (
	"encoding/json"
	"fmt"
	"strings"
)

// kind is what a message says.
type kind uint8

// The messages, in the order in which they first appear. The numbers are part
// of the protocol.
const (
	helloMsg     kind = iota + 1 // old: who I am, which generation you are
	filesMsg                     // old: sockets by name, with their descriptors
	startingMsg                  // new: I have understood
	checkedMsg                   // new: constructed and configured; the answer to a check
	readyMsg                     // new: everything has started
	failedMsg                    // new: I cannot, and why
	probeMsg                     // old: are you still ready?
	healthMsg                    // new: yes, or no and why
	connsMsg                     // old: connections, with their descriptors
	ackMsg                       // new: the first k of them are mine now
	commitMsg                    // old: take over for good
	committedMsg                 // new: done
	abortMsg                     // old: the upgrade is taken back, end
	doneMsg                      // old: no connection follows any more, and what became of all
	unboundMsg                   // new: turned down, and accepting nothing any more
	lastMsg
)

var kindNames = [...]string{
	helloMsg: "HELLO", filesMsg: "FILES", startingMsg: "STARTING", checkedMsg: "CHECKED", readyMsg: "READY",
	failedMsg: "FAILED", probeMsg: "PROBE", healthMsg: "HEALTH", connsMsg: "CONNS", ackMsg: "ACK",
	commitMsg: "COMMIT", committedMsg: "COMMITTED", abortMsg: "ABORT", doneMsg: "DONE", unboundMsg: "UNBOUND",
}

func (k kind) String() string {
	if k > 0 && k < lastMsg {
		return kindNames[k]
	}
	return fmt.Sprintf("message %d", uint8(k))
}

// The bodies. Unknown fields are ignored, so that a later release can add
// some without a new version of the protocol.
type (
	hello struct {
		PID        int  `json:"pid"`        // of the old process
		Generation int  `json:"generation"` // of the new one
		Files      int  `json:"files"`      // how many follow
		Check      bool `json:"check,omitempty"`
	}
	fileList struct {
		Files []fileInfo `json:"files"`
	}
	// fileInfo describes one inherited descriptor.
	fileInfo struct {
		Name    string   `json:"name"`
		Kind    fileKind `json:"kind"`
		Network string   `json:"network,omitempty"` // as asked for
		Address string   `json:"address,omitempty"` // as asked for
		Bound   string   `json:"bound,omitempty"`   // as it came out
		Shared  bool     `json:"shared,omitempty"`  // the service manager holds it, too
	}
	readiness struct {
		Adopts []string `json:"adopts,omitempty"` // servers that take connections
	}
	text struct {
		Text string `json:"text"`
	}
	healthReport struct {
		OK   bool   `json:"ok"`
		Text string `json:"text,omitempty"`
	}
	connList struct {
		Servers []string `json:"servers"` // of each connection
	}
	adopted struct {
		K int `json:"k"`
	}
)

// message is one frame that has arrived.
type message struct {
	kind    kind
	seq     uint32
	body    []byte
	fds     []int // owned by whoever has the message
	missing int   // descriptors that were sent and did not arrive: this process may hold no more
}

// into decodes the body. A body that does not fit its kind is a breach of the
// protocol.
func (m message) into(v any) error {
	if err := json.Unmarshal(m.body, v); err != nil {
		return fmt.Errorf("%v: %w", m.kind, err)
	}
	return nil
}

// check finds what contradicts itself in a body.
func (m message) check() error {
	var err error
	switch m.kind {
	case helloMsg:
		var h hello
		if err = m.into(&h); err == nil && (h.Generation < 2 || h.Files < 0 || h.Files > maxFiles) {
			err = fmt.Errorf("%v: generation %d with %d files", m.kind, h.Generation, h.Files)
		}
	case filesMsg:
		var l fileList
		if err = m.into(&l); err == nil && len(l.Files) != len(m.fds)+m.missing {
			err = fmt.Errorf("%v: %d names for %d descriptors", m.kind, len(l.Files), len(m.fds)+m.missing)
		}
	case connsMsg:
		var l connList
		if err = m.into(&l); err == nil && len(l.Servers) != len(m.fds)+m.missing {
			err = fmt.Errorf("%v: %d names for %d descriptors", m.kind, len(l.Servers), len(m.fds)+m.missing)
		}
	case readyMsg:
		err = m.into(&readiness{})
	case failedMsg, abortMsg:
		err = m.into(&text{})
	case healthMsg:
		err = m.into(&healthReport{})
	case doneMsg:
		_, err = m.lastWord()
	case ackMsg:
		var a adopted
		if err = m.into(&a); err == nil && (a.K < 0 || a.K > maxFDs) {
			err = fmt.Errorf("%v: %d connections", m.kind, a.K)
		}
	}
	if err == nil && m.kind != filesMsg && m.kind != connsMsg && len(m.fds)+m.missing > 0 {
		err = fmt.Errorf("%v with %d descriptors", m.kind, len(m.fds)+m.missing)
	}
	return err
}

// lastWord returns what DONE says of the connections: nothing, if the old
// process is of a release that did not.
func (m message) lastWord() (*farewell, error) {
	if len(m.body) == 0 {
		return nil, nil
	}
	c := new(farewell)
	if err := m.into(c); err != nil {
		return nil, err
	}
	if min(c.Handed, c.TakenBack, c.Cut) < 0 || c.Took < 0 {
		return nil, fmt.Errorf("%v: %+v", m.kind, *c)
	}
	return c, nil
}

// saying returns the text of FAILED and ABORT, for a log: in one line.
func (m message) saying() string {
	var t text
	_ = m.into(&t) // checked on arrival
	return oneLine(t.Text)
}

// oneLine makes a line of a list.
func oneLine(s string) string {
	var b strings.Builder
	for line := range strings.Lines(s) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		switch {
		case b.Len() == 0:
		case strings.HasSuffix(b.String(), ":"):
			b.WriteString(" ")
		default:
			b.WriteString("; ")
		}
		b.WriteString(line)
	}
	return b.String()
}
