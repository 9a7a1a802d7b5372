package override

import (
	"encoding/base64"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"github.com/gracefulfx/graceful/modules/config/internal/document"
)

// flagNames returns the names that the flag of a key may have: --http.read_timeout
// or --http-read-timeout.
func flagNames(key string) []string {
	return []string{key, strings.NewReplacer(".", "-", "_", "-").Replace(key)}
}

// fromFlags returns the value of a setting's flag, if it was given.
func (s Sources) fromFlags(set Setting) *document.Node {
	if s.Flags == nil {
		return nil
	}
	for _, name := range flagNames(set.Name) {
		f := s.Flags.Lookup(name)
		if f == nil || !f.Changed {
			continue
		}
		return flagNode(s.Flags, f, document.Origin{Kind: "flag", Name: "--" + name})
	}
	return nil
}

// flagNode returns the value of a flag: of lists and maps the values themselves,
// not the text of the flag, which is for people.
func flagNode(flags *pflag.FlagSet, f *pflag.Flag, at document.Origin) *document.Node {
	if list, ok := f.Value.(pflag.SliceValue); ok {
		n := &document.Node{IsList: true, At: at}
		for _, text := range list.GetSlice() {
			n.List = append(n.List, word(text, at))
		}
		return n
	}
	n := &document.Node{Table: map[string]*document.Node{}, At: at}
	switch f.Value.Type() {
	case "stringToString":
		m, _ := flags.GetStringToString(f.Name)
		for k, v := range m {
			n.Table[k] = word(v, at)
		}
	case "stringToInt":
		m, _ := flags.GetStringToInt(f.Name)
		for k, v := range m {
			n.Table[k] = word(strconv.Itoa(v), at)
		}
	case "stringToInt64":
		m, _ := flags.GetStringToInt64(f.Name)
		for k, v := range m {
			n.Table[k] = word(strconv.FormatInt(v, 10), at)
		}
	case "bytesHex":
		b, _ := flags.GetBytesHex(f.Name)
		return word(base64.StdEncoding.EncodeToString(b), at)
	default:
		return word(f.Value.String(), at)
	}
	return n
}
