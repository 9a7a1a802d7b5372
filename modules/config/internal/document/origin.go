package document

import "fmt"

// An Origin says where a value was written.
type Origin struct {
	Kind      string // "default", "file", "env", "flag" or "credential"
	Name      string // path, variable, flag, or name of the credential
	Line, Col int    // in a file, from 1
}

// String writes the origin as an operator would look for it: todo.yaml:3:5, env
// TODO_HTTP_ADDR.
func (o Origin) String() string {
	switch {
	case o.Kind == "file" && o.Line > 0:
		return fmt.Sprintf("%s:%d:%d", o.Name, o.Line, o.Col)
	case o.Kind == "file":
		return o.Name
	case o.Kind == "", o.Kind == "default":
		return "default"
	}
	return o.Kind + " " + o.Name
}
