package cli

import "fmt"

// once is the value of a flag that may be given only once: of two values one would
// be silently ignored.
type once struct {
	text  string
	given bool
}

// String returns the value.
func (o *once) String() string { return o.text }

// Type returns the name of the type for the help.
func (o *once) Type() string { return "string" }

// Set sets the value. Setting the same value again is not a mistake.
func (o *once) Set(text string) error {
	if o.given && text != o.text {
		return fmt.Errorf("it is given twice, also as %q; leave one of them out", o.text)
	}
	o.text, o.given = text, true
	return nil
}
