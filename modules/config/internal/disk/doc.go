// Package disk reads the files of one load, each once and whole, although they may
// be in the middle of a save, on a mount that is dead, or come and go.
//
// [New] begins a load; [Inputs.Read] gives a file and [Inputs.DropIns] the files
// of a directory. What a file means is for others: this package sees bytes.
package disk
