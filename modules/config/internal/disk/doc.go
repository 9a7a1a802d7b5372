// Package disk reads the files of one load, each once and whole, although they may
// be in the middle of a save, on a dead mount, or come and go.
//
// [New] begins a load; [Inputs.Read] returns a file and [Inputs.DropIns] the files
// of a directory. The package sees only bytes, not their meaning.
package disk
