//go:build unix

package conformance

import (
	"errors"
	"flag"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	gorilla "github.com/gorilla/websocket"
)

var upgrades = flag.Int("upgrades", 0, "how many upgrades clients live through; 0 is enough for each test, 150 proves the promise")

// upgradesOr returns the number of upgrades that clients live through.
func upgradesOr(enough int) int {
	if *upgrades > 0 {
		return *upgrades
	}
	return enough
}

// Every member of a chat gets each message, although the hub is in the memory of a
// process that is replaced.
func TestChatMissesNothingOverUpgrades(t *testing.T) { chatOver(t, startKept(t)) }

// The same through TLS.
func TestChatThroughTLSMissesNothingOverUpgrades(t *testing.T) { chatOver(t, startKeptTLS(t)) }

func chatOver(t *testing.T, p *keptProcess) {
	c := &chat{said: make([]atomic.Int64, 12), stop: make(chan struct{})}
	c.joined.Add(len(c.said))
	c.talking.Add(len(c.said))
	var all sync.WaitGroup
	for i := range c.said {
		all.Go(func() {
			if err := c.member(i, p.url("ws", "chat")); err != nil {
				t.Errorf("member %d: %v", i, err)
			}
		})
	}
	for gen := 2; gen <= 1+upgradesOr(10) && !t.Failed(); gen++ {
		p.upgrade(gen)
		awaitMore(t, &c.heard, 200)
	}
	close(c.stop)
	all.Wait()
	t.Logf("%d messages heard over %d upgrades", c.heard.Load(), p.generation-1)
	p.stop()
}

// chat is what its members have in common.
type chat struct {
	said    []atomic.Int64 // by each
	heard   atomic.Int64   // by all
	joined  sync.WaitGroup // until all hear everything
	talking sync.WaitGroup // until all have said everything
	stop    chan struct{}  // closed when they must say no more
}

// member is one of them. It counts its messages, and says the next one when it has
// heard the last.
type member struct {
	*chat
	i      int
	c      *gorilla.Conn
	own    chan struct{} // it has heard what it said
	over   chan struct{} // it hears nothing any more
	joined func()
	silent func()
}

// member joins the chat, and returns when all have said goodbye.
func (c *chat) member(i int, url string) error {
	m := &member{chat: c, i: i, own: make(chan struct{}, 1), over: make(chan struct{}),
		joined: sync.OnceFunc(c.joined.Done), silent: sync.OnceFunc(c.talking.Done)}
	var talk sync.WaitGroup
	defer talk.Wait()
	defer m.silent()
	defer m.joined()
	var err error
	if m.c, _, err = dialer.Dial(url, nil); err != nil {
		return err
	}
	defer m.c.Close()
	defer close(m.over)
	m.say("hello %d", i) // once it hears itself, it has joined
	talk.Go(m.talk)
	return m.listen()
}

func (m *member) say(format string, args ...any) bool {
	return m.c.WriteMessage(gorilla.TextMessage, fmt.Appendf(nil, format, args...)) == nil
}

func (m *member) hearsItself() bool {
	select {
	case <-m.own:
		return true
	case <-m.over:
		return false
	}
}

func (m *member) talk() {
	defer m.silent()
	if !m.hearsItself() {
		return
	}
	m.joined()
	m.chat.joined.Wait()
	for n := int64(1); ; n++ {
		select {
		case <-m.stop:
			m.silent()
			m.talking.Wait()
			m.say("bye %d", m.i)
			return
		default:
		}
		if !m.say("%d %d", m.i, n) {
			return
		}
		m.said[m.i].Store(n)
		if !m.hearsItself() {
			return
		}
	}
}

// listen checks that nothing is missing, comes twice or out of order.
func (m *member) listen() error {
	next := make([]int64, len(m.said))
	for byes := 0; byes < len(m.said); {
		_ = m.c.SetReadDeadline(time.Now().Add(2 * patience))
		_, text, err := m.c.ReadMessage()
		if err != nil {
			return err
		}
		var from int
		var n int64
		switch k, _ := fmt.Sscanf(string(text), "%d %d", &from, &n); {
		case k == 2:
			if next[from]++; n != next[from] {
				return fmt.Errorf("heard %d of member %d, want %d", n, from, next[from])
			}
			m.heard.Add(1)
		case strings.HasPrefix(string(text), "bye "):
			byes++
			continue
		default:
			_, _ = fmt.Sscanf(string(text), "hello %d", &from)
		}
		if from == m.i {
			m.own <- struct{}{}
		}
	}
	var missed []error
	for from := range next {
		if got, want := next[from], m.said[from].Load(); got != want {
			missed = append(missed, fmt.Errorf("heard %d of the %d messages of member %d", got, want, from))
		}
	}
	return errors.Join(missed...)
}
