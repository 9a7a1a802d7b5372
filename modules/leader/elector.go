package leader

import "context"

// Elector makes this process a candidate in an election of its fleet. Each task
// needs an elector for itself alone.
type Elector interface {
	// Campaign blocks until this process leads, the campaign fails, or ctx ends. It
	// leaves nothing behind unless it returns a Leadership. handed is what the
	// predecessor of an upgrade has handed over, or nil; if it is unusable,
	// Campaign goes on without it.
	Campaign(ctx context.Context, handed []byte) (Leadership, error)
}

// Leadership is the result of a campaign that was won. It is renewed until either
// Resign or HandOver is called, once, whether or not the term is over.
type Leadership interface {
	// Term returns the same term at every call.
	Term() *Term
	// Resign lets another process lead at once, if the store can be reached within
	// a few seconds; otherwise the lease runs out. It blocks until then.
	Resign()
	// HandOver renews the lease once more and passes send what a successor's
	// Campaign needs. If send returns false there is no successor, and HandOver
	// resigns as Resign does.
	HandOver(send func([]byte) bool)
}
