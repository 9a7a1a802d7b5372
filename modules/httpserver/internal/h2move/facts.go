package h2move

// ends is which sides have ended a stream.
type ends uint8

const (
	endedByClient ends = 1 << iota
	endedByServer
)

// table is what is known of the client's HPACK encoder.
type table int

const (
	unknown  table = iota
	asked          // it was asked to empty its table
	emptied        // and has done so
	restored       // it may use one again, but has not acknowledged that
)

// settings is what the client's next SETTINGS acknowledgement answers.
type settings int

const (
	ofServer settings = iota
	emptying
	restoring
)

// facts is what the frames of both directions have shown.
type facts struct {
	state   State
	open    map[uint32]ends
	expect  []settings // without an answer
	owed    int        // SETTINGS and PING of the client without an answer
	settled bool       // the server's first SETTINGS are sent; nothing may come before them
	table   table
	again   bool  // a stream was reset after the client was asked: parts of it may still come
	block   bool  // a header block of the client goes on in the next frame
	debt    int64 // by how much the window that the server assumes exceeds the real one
}

// still reports whether nothing is under way, so that the state is complete.
func (f *facts) still() bool {
	return f.table == emptied && len(f.open) == 0 && len(f.expect) == 0 && f.owed == 0 && !f.block &&
		f.state.check() == nil
}

func (f *facts) end(stream uint32, by ends) {
	e, open := f.open[stream]
	switch e |= by; {
	case !open:
	case e == endedByClient|endedByServer:
		delete(f.open, stream)
	default:
		f.open[stream] = e
	}
}

// over reports whether a stream has ended. A server that begins afresh does not
// know it.
func (f *facts) over(stream uint32) bool {
	_, open := f.open[stream]
	return !open && stream != 0 && stream <= f.state.Last
}
