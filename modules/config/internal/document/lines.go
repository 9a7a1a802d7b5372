package document

import (
	"bytes"
	"sort"
)

// lines holds the offsets at which the lines of a document begin.
type lines []int

func linesOf(data []byte) lines {
	starts := lines{0}
	for i, b := range data {
		if b == '\n' {
			starts = append(starts, i+1)
		}
	}
	return starts
}

// at returns the line and the column of an offset, from 1.
func (l lines) at(offset int) (line, col int) {
	line = sort.SearchInts(l, offset+1)
	return line, offset - l[line-1] + 1
}

// lineAndColumn is at for a single offset.
func lineAndColumn(data []byte, offset int) (line, col int) {
	before := data[:min(max(offset, 0), len(data))]
	return 1 + bytes.Count(before, []byte("\n")), len(before) - bytes.LastIndexByte(before, '\n')
}
