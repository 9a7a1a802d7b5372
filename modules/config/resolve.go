package config

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/pflag"

	"github.com/gracefulfx/graceful/modules/config/internal/document"
)

// envName is the environment variable of a key: http.read_timeout of todo is
// TODO_HTTP_READ_TIMEOUT.
func (r resolved) envName(path []string) string {
	return r.prefix + strings.ToUpper(strings.ReplaceAll(strings.Join(path, "_"), "-", "_"))
}

// flagNames are the flags that may carry a key: --http.read_timeout or
// --http-read-timeout.
func flagNames(key string) []string {
	return []string{key, strings.NewReplacer(".", "-", "_", "-").Replace(key)}
}

// collisions says which settings would share an environment variable.
func (r resolved) collisions(sections []*section) (errs []error) {
	owner := map[string]string{r.fileVariable(): "the configuration file"}
	claim := func(name, key string) {
		if other := owner[name]; other != "" {
			errs = append(errs, fmt.Errorf("config: %s and %s would both be set by %s; rename one of them", other, key, name))
		}
		owner[name] = key
	}
	for _, s := range sections {
		for _, l := range s.leaves {
			claim(r.envName(l.path), l.key)
			if l.typ == secretType {
				claim(r.envName(l.path)+"_FILE", l.key)
			}
		}
	}
	return errs
}

// overrides lays environment and flags over the tree. Only declared settings
// are looked up, so a stray variable like TODO_HTTP=x cannot hide a section.
func (r resolved) overrides(tree *document.Node, sections []*section, in *inputs) (problems []Problem) {
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

func (r resolved) fromEnv(l leaf, in *inputs) (*document.Node, *Problem) {
	name := r.envName(l.path)
	text, ok := r.env[name]
	if l.typ == secretType {
		file, hasFile := r.env[name+"_FILE"]
		switch {
		case ok && hasFile:
			return nil, &Problem{Key: l.key, Source: "env " + name, Reason: "is set together with " + name + "_FILE", Hint: "unset one of them"}
		case hasFile:
			return secretFile(in, l.key, file, document.Origin{Kind: "env", Name: name + "_FILE"})
		case !ok && r.env["CREDENTIALS_DIRECTORY"] != "":
			file = filepath.Join(r.env["CREDENTIALS_DIRECTORY"], l.key)
			if in.exists(file) {
				return secretFile(in, l.key, file, document.Origin{Kind: "credential", Name: l.key})
			}
		}
	}
	if !ok {
		return nil, nil
	}
	return &document.Node{Value: text, Raw: text, Loose: true, At: document.Origin{Kind: "env", Name: name}}, nil
}

// secretFile reads a secret from a file that holds nothing else.
func secretFile(in *inputs, key, file string, at document.Origin) (*document.Node, *Problem) {
	data, err := in.read(file)
	if err != nil {
		p := problemAt(at, key, "", "")
		reason, hint := whyUnreadable(err)
		p.Reason, p.Hint, p.err = file+" "+reason, hint, err
		return nil, &p
	}
	text := strings.TrimSuffix(strings.TrimSuffix(string(data), "\n"), "\r")
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
		at := document.Origin{Kind: "flag", Name: "--" + name}
		if list, ok := f.Value.(pflag.SliceValue); ok {
			n := &document.Node{IsList: true, At: at}
			for _, text := range list.GetSlice() {
				n.List = append(n.List, &document.Node{Value: text, Raw: text, Loose: true, At: at})
			}
			return n
		}
		text := f.Value.String()
		if strings.HasPrefix(f.Value.Type(), "stringTo") {
			text = strings.Trim(text, "[]")
		}
		return &document.Node{Value: text, Raw: text, Loose: true, At: at}
	}
	return nil
}
