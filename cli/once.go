package cli

import "fmt"

// once is the value of a flag that may be given once: of two values one would be
// ignored without a word.
type once struct {
	text  string
	given bool
}

// String returns the value.
func (o *once) String() string { return o.text }

// Type is what the help shows.
func (o *once) Type() string { return "string" }

// Set takes the value. The same one again is no mistake.
func (o *once) Set(text string) error {
	if o.given && text != o.text {
		return fmt.Errorf("it is given twice, as %q as well; leave one of them out", o.text)
	}
	o.text, o.given = text, true
	return nil
}
