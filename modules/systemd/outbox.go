package systemd

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
)

// outboxSize bounds the messages that wait for a manager that does not read. Beyond
// it the oldest is dropped: later messages are more useful.
const outboxSize = 64

var errOutboxFull = errors.New("notifications were lost: the service manager does not read them")

// outbox sends messages in order, on a goroutine that lives as long as there are
// messages. put does not wait.
type outbox struct {
	send   func(text string) error // must end without help
	failed func(error)             // called on the sending goroutine

	mu     sync.Mutex // guards everything below
	queue  []string
	closed bool
	idle   chan struct{} // closed when no message is left; nil: none is being sent
}

// put sends texts, each as one message.
func (o *outbox) put(texts ...string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return
	}
	o.queue = append(o.queue, texts...)
	if o.idle == nil {
		o.idle = make(chan struct{})
		go o.run(o.idle)
	}
}

// remind is put for a message that is sent at intervals: it is not queued twice for
// a manager that does not read.
func (o *outbox) remind(text string) {
	o.mu.Lock()
	waits := slices.Contains(o.queue, text)
	o.mu.Unlock()
	if !waits {
		o.put(text)
	}
}

// busy reports whether something waits to be sent. Messages that are sent at
// intervals need not be added then.
func (o *outbox) busy() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.idle != nil
}

func (o *outbox) run(idle chan struct{}) {
	defer close(idle)
	for {
		text, lost, ok := o.next()
		if lost {
			o.failed(errOutboxFull)
		}
		if !ok {
			return
		}
		if err := o.send(text); err != nil {
			o.failed(err)
		}
	}
}

func (o *outbox) next() (text string, lost, ok bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if n := len(o.queue) - outboxSize; n > 0 {
		o.queue, lost = o.queue[n:], true
	}
	if len(o.queue) == 0 {
		o.queue, o.idle = nil, nil
		return "", lost, false
	}
	text, o.queue = o.queue[0], o.queue[1:]
	return text, lost, true
}

// flush waits until every message so far has been sent or has failed.
func (o *outbox) flush(ctx context.Context) error {
	o.mu.Lock()
	idle := o.idle
	o.mu.Unlock()
	if idle == nil {
		return nil
	}
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("send notifications to the service manager: %w", context.Cause(ctx))
	}
}

// close drops what has not been sent; later messages are refused.
func (o *outbox) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed, o.queue = true, nil
}
