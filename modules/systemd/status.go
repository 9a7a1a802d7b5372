package systemd

import (
	"fmt"
	"strings"

	"github.com/gracefulfx/graceful/app"
)

// statusText returns what systemctl status shows: the state, and why it lasts.
func (n *Notifier) statusText() string {
	state := n.app.State()
	var b strings.Builder
	b.WriteString(state.String())
	if state == app.StateReady {
		for i, addr := range n.app.Addresses() {
			b.WriteString([]string{": ", ", "}[min(i, 1)])
			fmt.Fprintf(&b, "%s %s", addr.Server, addr.Addr)
		}
		if g := n.app.Generation(); g > 1 {
			fmt.Fprintf(&b, ", generation %d", g)
		}
		return b.String()
	}
	if r := n.app.Reason(); r != nil {
		fmt.Fprintf(&b, " (%v)", r)
	}
	for i, d := range n.app.Wiring().RunningHooks() {
		b.WriteString([]string{": waiting for ", ", "}[min(i, 1)] + d.String())
	}
	return b.String()
}
