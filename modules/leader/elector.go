package leader

import "context"

// Elector makes this process a candidate in an election of its fleet. A task has
// an elector to itself.
type Elector interface {
	// Campaign blocks until this process leads, or fails, or ctx ends. It leaves
	// nothing behind unless it returns a Leadership. handed is what the
	// predecessor of an upgrade has handed over, or nil; if that is of no use,
	// Campaign goes on without it.
	Campaign(ctx context.Context, handed []byte) (Leadership, error)
}

// Leadership is what an elector has won. It is renewed until one of Resign and
// HandOver is called, once, whether or not the term is over.
type Leadership interface {
	// Term is the same at every call.
	Term() *Term
	// Resign lets another process lead at once, if the store can be reached within
	// a few seconds; otherwise the lease runs out. It blocks until then.
	Resign()
	// HandOver renews the lease once more, and gives send what a successor's
	// Campaign needs. If send returns false there is no successor, and HandOver
	// does what Resign does.
	HandOver(send func([]byte) bool)
}
