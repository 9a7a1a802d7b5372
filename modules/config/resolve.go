package config

import (
	"encoding/base64"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"unicode"

	"github.com/spf13/pflag"

	"github.com/gracefulfx/graceful/modules/config/internal/bind"
	"github.com/gracefulfx/graceful/modules/config/internal/disk"
	"github.com/gracefulfx/graceful/modules/config/internal/document"
)

// envName is the environment variable of a key: http.read_timeout of todo is
// TODO_HTTP_READ_TIMEOUT.
func (r resolved) envName(path []string) string {
	return r.prefix + asVariable(strings.Join(path, "_"))
}

// asVariable writes a key as a part of a variable's name: what is neither a letter
// nor a digit is a _.
func asVariable(key string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToUpper(r)
		}
		return '_'
	}, key)
}

// flagNames are the flags that may carry a key: --http.read_timeout or
// --http-read-timeout.
func flagNames(key string) []string {
	return []string{key, strings.NewReplacer(".", "-", "_", "-").Replace(key)}
}

// collisions says which settings would share an environment variable.
func (r resolved) collisions(sections []*section) (errs []error) {
	owner := map[string]string{r.fileVariable(): "the configuration file", r.formatVariable(): "its format",
		r.secretsVariable(): "the directory of secrets"}
	claim := func(name, key string) {
		if other := owner[name]; other != "" {
			errs = append(errs, fmt.Errorf("config: %s and %s would both be set by %s; rename one of them", other, key, name))
		}
		owner[name] = key
	}
	for _, s := range sections {
		for _, l := range s.leaves {
			claim(r.envName(l.path), l.key)
			if bind.IsSecret(l.Type) {
				claim(r.envName(l.path)+"_FILE", l.key)
			}
		}
	}
	return errs
}

// overrides lays environment and flags over the tree. Only declared settings
// are looked up, so a stray variable like TODO_HTTP=x cannot hide a section.
func (r resolved) overrides(tree *document.Node, sections []*section, in *disk.Inputs) (problems []Problem) {
	if dir := r.env[r.secretsVariable()]; dir != "" && !in.Exists(dir) {
		problems = append(problems, Problem{Source: "env " + r.secretsVariable(), Reason: dir + " does not exist"})
	}
	for _, s := range sections {
		for _, l := range s.leaves {
			n, p := r.fromEnv(l, in)
			if p != nil {
				problems = append(problems, *p)
			}
			if f := r.fromFlags(l); f != nil {
				n = f
			}
			if n != nil {
				// When it does not fit, a scalar stands where a section should
				// be: decoding will say so.
				tree.Put(l.path, n)
			}
		}
	}
	return problems
}

func (r resolved) fromEnv(l leaf, in *disk.Inputs) (*document.Node, *Problem) {
	name := r.envName(l.path)
	text, ok := r.env[name]
	if bind.IsSecret(l.Type) {
		file, hasFile := r.env[name+"_FILE"]
		switch {
		case ok && hasFile:
			return nil, &Problem{Key: l.key, Source: "env " + name, Reason: "is set together with " + name + "_FILE", Hint: "unset one of them"}
		case hasFile:
			return secretFile(in, l, file, document.Origin{Kind: "env", Name: name + "_FILE"})
		case !ok:
			if n, p := r.credential(l, in); n != nil || p != nil {
				return n, p
			}
		}
	}
	if !ok {
		return nil, nil
	}
	return &document.Node{Value: text, Raw: text, Loose: true, At: document.Origin{Kind: "env", Name: name}}, nil
}

// secretsVariable is the environment variable that names a directory of secrets.
func (r resolved) secretsVariable() string { return r.prefix + "SECRETS_DIRECTORY" }

// credential looks for a file that is named like the key of a secret, in the
// directory of secrets and in that of systemd's credentials.
func (r resolved) credential(l leaf, in *disk.Inputs) (*document.Node, *Problem) {
	for _, dir := range []string{r.env[r.secretsVariable()], r.env["CREDENTIALS_DIRECTORY"]} {
		if dir == "" {
			continue
		}
		if file := filepath.Join(dir, l.key); in.Exists(file) {
			return secretFile(in, l, file, document.Origin{Kind: "credential", Name: l.key})
		}
	}
	return nil, nil
}

// secretFile reads a secret from a file that holds nothing else. An empty one is
// what a broken save leaves, so it cannot mean a secret without text, unless the
// setting allows that.
func secretFile(in *disk.Inputs, l leaf, file string, at document.Origin) (*document.Node, *Problem) {
	data, err := in.Read(file)
	text := strings.TrimSuffix(strings.TrimSuffix(string(data), "\n"), "\r")
	if err == nil && text == "" && !l.AllowEmpty {
		err = document.ErrEmpty
	}
	if err != nil {
		p := problemAt(at, l.key, "", "")
		reason, hint := disk.WhyUnreadable(err)
		p.Reason, p.Hint, p.err = file+" "+reason, hint, err
		return nil, &p
	}
	return &document.Node{Value: text, Loose: true, At: at}, nil
}

func (r resolved) fromFlags(l leaf) *document.Node {
	if r.Flags == nil {
		return nil
	}
	for _, name := range flagNames(l.key) {
		f := r.Flags.Lookup(name)
		if f == nil || !f.Changed {
			continue
		}
		return flagNode(r.Flags, f, document.Origin{Kind: "flag", Name: "--" + name})
	}
	return nil
}

// flagNode gives the value of a flag: of lists and maps the values themselves, not
// what the flag prints, which is made for people.
func flagNode(flags *pflag.FlagSet, f *pflag.Flag, at document.Origin) *document.Node {
	word := func(text string) *document.Node {
		return &document.Node{Value: text, Raw: text, Loose: true, At: at}
	}
	if list, ok := f.Value.(pflag.SliceValue); ok {
		n := &document.Node{IsList: true, At: at}
		for _, text := range list.GetSlice() {
			n.List = append(n.List, word(text))
		}
		return n
	}
	n := &document.Node{Table: map[string]*document.Node{}, At: at}
	switch f.Value.Type() {
	case "stringToString":
		m, _ := flags.GetStringToString(f.Name)
		for k, v := range m {
			n.Table[k] = word(v)
		}
	case "stringToInt":
		m, _ := flags.GetStringToInt(f.Name)
		for k, v := range m {
			n.Table[k] = word(strconv.Itoa(v))
		}
	case "stringToInt64":
		m, _ := flags.GetStringToInt64(f.Name)
		for k, v := range m {
			n.Table[k] = word(strconv.FormatInt(v, 10))
		}
	case "bytesHex":
		b, _ := flags.GetBytesHex(f.Name)
		return word(base64.StdEncoding.EncodeToString(b))
	default:
		return word(f.Value.String())
	}
	return n
}
