package document

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Parse turns one document into a tree, and returns its problems. The format is an
// extension without its dot. The tree is nil if the document could not be parsed;
// with other problems it is incomplete. When ctx ends, Parse returns soon after,
// with its cause as a problem.
func Parse(ctx context.Context, name, format string, data []byte) (tree *Node, problems []Problem) {
	r := &reader{ctx: ctx, origin: Origin{Kind: "file", Name: name}}
	defer func() { // parsers have panicked before
		if p := recover(); p != nil {
			tree, problems = nil, append(r.problems, Problem{Reason: fmt.Sprintf("the parser panicked: %v", p)})
		}
	}()
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")) // Windows editors write a byte order mark
	if p := unreadable(format, data); p != nil {
		return nil, []Problem{*p}
	}
	read := map[string]func(*reader, []byte) (*Node, error){"toml": readTOML, "json": readJSON}[format]
	if read == nil {
		read = readYAML
	}
	tree, err := read(r, data)
	if err != nil {
		tree = nil
		r.problems = append(r.problems, syntax(ctx, data, err))
	}
	if r.more > 0 {
		r.problems = append(r.problems, Problem{More: r.more})
	}
	return tree, r.problems
}

// unreadable returns the problem of a text that need not be parsed, or nil.
func unreadable(format string, data []byte) *Problem {
	if at := notUTF8(data); at >= 0 {
		p := &Problem{Reason: "is not UTF-8 text", Hint: "save it as UTF-8"}
		p.Line, p.Col = lineAndColumn(data, at)
		return p
	}
	switch {
	case Empty(data):
		return &Problem{Reason: ErrEmpty.Error(), Hint: meanDefaults, Err: ErrEmpty}
	case !slices.Contains(Extensions, "."+format):
		return &Problem{Reason: fmt.Sprintf("format %q is not one of %s", format, strings.Join(Extensions, ", "))}
	case format != "json" && onlyComments(data):
		return &Problem{Reason: "holds no setting, only comments", Hint: meanDefaults, Err: ErrEmpty}
	case tooManyValues(data):
		return &Problem{Reason: errTooManyValues.Error(), Hint: "a long list belongs in a file that a setting names", Err: errTooManyValues}
	}
	return nil
}

// notUTF8 returns the offset of the first byte that is not UTF-8 text, or -1.
func notUTF8(data []byte) int {
	if i := bytes.IndexByte(data, 0); i >= 0 {
		return i // UTF-16 has such bytes, too
	}
	for i := 0; i < len(data); {
		r, n := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && n == 1 {
			return i
		}
		i += n
	}
	return -1
}
