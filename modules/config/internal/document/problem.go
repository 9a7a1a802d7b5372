package document

// A Problem is one mistake in a document.
type Problem struct {
	Line, Col int    // from 1; 0 is unknown
	Key       string // the path of the value it is about, if it is about one
	Reason    string // what is wrong
	Hint      string // what to write instead
	Err       error  // the cause, for errors.Is
	More      int    // how many problems are not listed; then nothing else is set
	Duplicate bool   // a duplicate key: it has a value nevertheless, which is uncertain
}

// placed is a problem as an error.
type placed struct{ Problem }

func (e *placed) Error() string { return e.Reason }

// null is the problem of a document that is null, as a template without data leaves
// it.
func null(line, col int) error {
	return &placed{Problem{Line: line, Col: col, Reason: "holds null, no settings", Hint: meanDefaults, Err: ErrEmpty}}
}
