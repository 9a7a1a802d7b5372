package override

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/gracefulfx/graceful/modules/config/internal/bind"
	"github.com/gracefulfx/graceful/modules/config/internal/disk"
	"github.com/gracefulfx/graceful/modules/config/internal/document"
)

// Variable returns the environment variable of a key: http.read_timeout of todo is
// TODO_HTTP_READ_TIMEOUT.
func (s Sources) Variable(path []string) string {
	return s.Prefix + asVariable(strings.Join(path, "_"))
}

// asVariable returns a key as a part of a variable's name: any character other than
// a letter or a digit becomes a _.
func asVariable(key string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToUpper(r)
		}
		return '_'
	}, key)
}

// FileVariable returns the environment variable that names the file.
func (s Sources) FileVariable() string { return s.Prefix + "CONFIG_FILE" }

// FormatVariable returns the environment variable that gives the format of files
// without an extension.
func (s Sources) FormatVariable() string { return s.Prefix + "CONFIG_FORMAT" }

// Declared returns the variables of whole settings, and those that are about the
// files.
func (s Sources) Declared(settings []Setting) map[string]bool {
	names := map[string]bool{s.FileVariable(): true, s.FormatVariable(): true, s.secretsVariable(): true}
	for _, set := range settings {
		name := s.Variable(set.Path)
		names[name] = true
		if bind.IsSecret(set.Type) {
			names[name+"_FILE"] = true
		}
	}
	return names
}

// Collisions returns an error for settings that would share an environment
// variable.
func (s Sources) Collisions(settings []Setting) (errs []error) {
	owner := map[string]string{s.FileVariable(): "the configuration file", s.FormatVariable(): "its format",
		s.secretsVariable(): "the directory of secrets"}
	claim := func(name, key string) {
		if other := owner[name]; other != "" {
			errs = append(errs, fmt.Errorf("config: %s and %s would both be set by %s; rename one of them", other, key, name))
		}
		owner[name] = key
	}
	for _, set := range settings {
		claim(s.Variable(set.Path), set.Name)
		if bind.IsSecret(set.Type) {
			claim(s.Variable(set.Path)+"_FILE", set.Name)
		}
	}
	return errs
}

// fromEnv returns the value of a setting's variable, or of the file of its secret.
func (s Sources) fromEnv(set Setting, in *disk.Inputs, out *Layer) *document.Node {
	name := s.Variable(set.Path)
	text, ok := s.Env[name]
	if bind.IsSecret(set.Type) {
		file, hasFile := s.Env[name+"_FILE"]
		switch {
		case ok && hasFile:
			out.fail(document.Origin{Kind: "env", Name: name}, set.Name, "is set together with "+name+"_FILE", "unset one of them", nil)
			return nil
		case hasFile:
			return secretFile(in, set, set.Name, file, document.Origin{Kind: "env", Name: name + "_FILE"}, out)
		case !ok:
			return s.credential(set, in, out)
		}
	}
	if !ok {
		return nil
	}
	return word(text, document.Origin{Kind: "env", Name: name})
}
