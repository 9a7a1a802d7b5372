package document

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strings"
	"unicode/utf8"
)

// Parse parses one configuration file into a tree, and says what is wrong
// with it. The tree is nil if it could not be understood; with some problems it
// is there, and incomplete.
func Parse(path string, data []byte) (tree *Node, problems []Problem) {
	wrong := func(p Problem) (*Node, []Problem) {
		return nil, []Problem{p}
	}
	defer func() { // parsers have been known to
		if r := recover(); r != nil {
			tree, problems = wrong(Problem{Reason: fmt.Sprintf("the parser panicked: %v", r)})
		}
	}()
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")) // Windows editors like to begin so
	if at := notUTF8(data); at >= 0 {
		p := Problem{Reason: "is not UTF-8 text", Hint: "save it as UTF-8"}
		p.Line, p.Col = lineAndColumn(data, at)
		return wrong(p)
	}
	if Empty(data) {
		return wrong(Problem{Reason: ErrEmpty.Error(), Hint: meanDefaults, Err: ErrEmpty})
	}
	format := strings.TrimPrefix(strings.ToLower(filepath.Ext(path)), ".")
	if format != "json" && onlyComments(data) {
		return wrong(Problem{Reason: "holds no setting, only comments", Hint: meanDefaults, Err: ErrEmpty})
	}
	c, err := contentOf(format, data)
	for _, err := range append(c.problems, err) {
		if err != nil {
			problems = append(problems, syntax(data, err))
		}
	}
	if err != nil {
		return nil, problems
	}
	return treeOf(c.value, c.positions, "", Origin{Kind: "file", Name: path}), problems
}

// notUTF8 returns the offset of the first byte that is not UTF-8 text, or -1.
func notUTF8(data []byte) int {
	if i := bytes.IndexByte(data, 0); i >= 0 {
		return i // also what UTF-16 looks like
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

func lineAndColumn(data []byte, offset int) (line, col int) {
	before := data[:min(max(offset, 0), len(data))]
	return 1 + bytes.Count(before, []byte("\n")), len(before) - bytes.LastIndexByte(before, '\n')
}
