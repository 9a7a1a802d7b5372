// Package valgrind lets a program that runs under callgrind say what is to be
// counted. Without callgrind its functions do nothing, as on other processors than
// amd64.
package valgrind

// Of callgrind.h.
const (
	tool  = 'C'<<24 | 'T'<<16
	dump  = tool + 0
	start = tool + 4
)

// Begin begins to count, with --instr-atstart=no.
func Begin() { do(start) }

// Dump writes what was executed since the last Dump, and counts from 0 again.
func Dump() { do(dump) }
