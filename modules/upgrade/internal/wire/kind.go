package wire

import "fmt"

// Kind is the kind of a message.
type Kind uint8

// The messages, in the order in which they first appear. The numbers are part
// of the protocol.
const (
	Hello     Kind = iota + 1 // old: its process id, and the generation of the new one
	Files                     // old: sockets by name, with their descriptors
	Starting                  // new: HELLO is understood
	Checked                   // new: constructed and configured; the answer to a check
	Ready                     // new: everything has started
	Failed                    // new: it cannot, and why
	Probe                     // old: is it still ready?
	Health                    // new: yes, or no and why
	Conns                     // old: connections, with their descriptors
	Ack                       // new: it holds the first k of them
	Commit                    // old: take over for good
	Committed                 // new: it has
	Abort                     // old: the upgrade is taken back; the new one must end
	Done                      // old: no connection follows, and what became of all
	Unbound                   // new: rejected, and accepting nothing any more
	States                    // old: CONNS with states; only kinds that READY has announced
	Report                    // old: what a part of it remembers, or what it waits for; only if READY asks for it
	end
)

var kindNames = [...]string{
	Hello: "HELLO", Files: "FILES", Starting: "STARTING", Checked: "CHECKED",
	Ready: "READY", Failed: "FAILED", Probe: "PROBE", Health: "HEALTH",
	Conns: "CONNS", Ack: "ACK", Commit: "COMMIT", Committed: "COMMITTED",
	Abort: "ABORT", Done: "DONE", Unbound: "UNBOUND",
	States: "STATES", Report: "REPORT",
}

func (k Kind) String() string {
	if k > 0 && k < end {
		return kindNames[k]
	}
	return fmt.Sprintf("message %d", uint8(k))
}
