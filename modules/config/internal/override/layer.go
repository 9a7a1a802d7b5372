package override

import (
	"reflect"

	"github.com/spf13/pflag"

	"github.com/gracefulfx/graceful/modules/config/internal/bind"
	"github.com/gracefulfx/graceful/modules/config/internal/document"
)

// A Setting may be overridden: it is a scalar, or consists of several values.
type Setting struct {
	*bind.Member
	Name    string               // the whole key: "http.tls.cert_file"
	Path    []string             // the key in parts
	Default func() reflect.Value // entries of a map may exist by default
}

// Sources are the environment and the flags.
type Sources struct {
	Prefix string // of variables: "TODO_"
	Env    map[string]string
	Flags  *pflag.FlagSet // may be nil
}

// secretsVariable is the environment variable that names a directory of secrets.
func (s Sources) secretsVariable() string { return s.Prefix + "SECRETS_DIRECTORY" }

// A Layer holds the values that were laid over the documents.
type Layer struct {
	Problems []bind.Problem
	Used     map[string]bool  // the variables of entries
	Made     map[string]Entry // the entries that only a variable has
}

func (l *Layer) fail(at document.Origin, key, reason, hint string, err error) {
	l.Problems = append(l.Problems, bind.Problem{At: at, Key: key, Reason: reason, Hint: hint, Err: err})
}

// word returns a value that came as text: its type is that of the setting.
func word(text string, at document.Origin) *document.Node {
	return &document.Node{Value: text, Raw: text, Loose: true, At: at}
}
