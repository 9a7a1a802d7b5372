package wire

import (
	"encoding/json"
	"fmt"
)

// Message is a message that has arrived.
type Message struct {
	Kind    Kind
	Seq     uint32
	Body    []byte
	FDs     []int // the receiver closes them
	Missing int   // descriptors that were sent and did not arrive: this process may hold no more
}

// Into decodes the body. A body that does not fit its kind is an error.
func (m Message) Into(v any) error {
	if err := json.Unmarshal(m.Body, v); err != nil {
		return fmt.Errorf("%v: %w", m.Kind, err)
	}
	return nil
}

// Done returns the body of DONE, or nil if the old process is of a release that
// sent none.
func (m Message) Done() (*DoneBody, error) {
	if len(m.Body) == 0 {
		return nil, nil
	}
	d := new(DoneBody)
	if err := m.Into(d); err != nil {
		return nil, err
	}
	if min(d.Handed, d.TakenBack, d.Cut) < 0 || d.Took < 0 || d.Kept != nil && min(d.Kept.Moved, int(d.Kept.Pause)) < 0 {
		return nil, fmt.Errorf("%v: %+v", m.Kind, *d)
	}
	return d, nil
}

// States returns the body of STATES. Unread and State of the entries are parts of
// Body.
func (m Message) States() (StatesBody, error) {
	all, err := parseStates(m.Body)
	if err != nil {
		return nil, fmt.Errorf("%v: %w", m.Kind, err)
	}
	return all, nil
}

// Text returns the text of FAILED and ABORT, for a log: in one line.
func (m Message) Text() string {
	var t TextBody
	_ = m.Into(&t) // checked on arrival
	return OneLine(t.Text)
}

// check returns an error if the message contradicts itself.
func (m Message) check() error {
	if m.Kind != Files && m.Kind != Conns && m.Kind != States && len(m.FDs)+m.Missing > 0 {
		return fmt.Errorf("%v with %d descriptors", m.Kind, len(m.FDs)+m.Missing)
	}
	switch m.Kind {
	case Hello:
		var h HelloBody
		if err := m.Into(&h); err != nil {
			return err
		}
		if h.PID < 1 || h.Generation < 2 || h.Files < 0 || h.Files > maxFiles {
			return fmt.Errorf("%v: process %d, generation %d with %d files", m.Kind, h.PID, h.Generation, h.Files)
		}
	case Files:
		var l FilesBody
		return m.checkCount(m.Into(&l), func() int { return len(l.Files) })
	case Conns:
		var l ConnsBody
		return m.checkCount(m.Into(&l), func() int { return len(l.Servers) })
	case States:
		l, err := m.States()
		return m.checkCount(err, func() int { return len(l) })
	case Ready:
		return m.Into(&ReadyBody{})
	case Failed, Abort:
		return m.Into(&TextBody{})
	case Health:
		return m.Into(&HealthBody{})
	case Report:
		return m.Into(&ReportBody{})
	case Done:
		_, err := m.Done()
		return err
	case Ack:
		var a AckBody
		if err := m.Into(&a); err != nil {
			return err
		}
		if a.K < 0 || a.K > MaxFDs {
			return fmt.Errorf("%v: %d connections", m.Kind, a.K)
		}
		for _, i := range a.Refused {
			if i < 0 || i >= a.K {
				return fmt.Errorf("%v: refuses number %d of %d connections", m.Kind, i, a.K)
			}
		}
	}
	return nil
}

// checkCount checks that a list, read with err, has one entry for each descriptor.
func (m Message) checkCount(err error, count func() int) error {
	if err != nil {
		return err
	}
	if sent := len(m.FDs) + m.Missing; count() != sent {
		return fmt.Errorf("%v: %d names for %d descriptors", m.Kind, count(), sent)
	}
	return nil
}
