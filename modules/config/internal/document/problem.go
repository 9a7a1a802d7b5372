package document

// A Problem is one thing that is wrong with a document.
type Problem struct {
	Line, Col int    // from 1; 0 is unknown
	Key       string // the path of what it is about, if it is about one value
	Reason    string // what is wrong
	Hint      string // what to write instead
	Err       error  // the cause, for errors.Is
	More      int    // instead of all else: how many problems are not listed
	Duplicate bool   // the key is there already: it has a value all the same, of which one cannot be sure
}

// placed is an error that is a problem already.
type placed struct{ Problem }

func (e *placed) Error() string { return e.Reason }

// null is what a template leaves when it had nothing to say.
func null(line, col int) error {
	return &placed{Problem{Line: line, Col: col, Reason: "holds null, no settings", Hint: meanDefaults, Err: ErrEmpty}}
}
