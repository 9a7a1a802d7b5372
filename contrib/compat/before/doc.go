// Package before holds the "before" column of docs/migrating.md: what programs
// look like that have not moved yet, compiled against the libraries that they use.
// Nothing here is run.
package before
