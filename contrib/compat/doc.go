// Package compat holds the code that README.md and the pages of docs show: it is
// compiled, run where it can be, and compared with the pages, so that neither can
// be wrong without a test that says so.
//
// The folders before and after hold whole programs: what they were like before
// they moved, and what they are now. What is between "// snippet: name" and "//
// end" stands on a page after <!-- snippet: name -->, a program after <!--
// program: after/name -->. After a change, go test -run Pages -update copies
// them, and go test -run Transcripts -update writes what the commands of the
// pages print now.
package compat
