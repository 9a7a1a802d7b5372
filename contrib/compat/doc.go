// Package compat holds the code that README.md and the pages of docs show. It is
// compiled, run where that is possible, and compared with the pages, so that a test
// fails when either is wrong.
//
// The folders before and after hold whole programs, before and after they were
// moved to graceful. The code between "// snippet: name" and "// end" is on a page
// after <!-- snippet: name -->, a program after <!-- program: after/name -->. After
// a change, go test -run Pages -update copies them, and go test -run Transcripts
// -update writes the present output of the commands.
package compat
