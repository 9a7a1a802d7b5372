// Package watch notices that files have changed, however they are saved. A [Loop]
// watches the directories of a [List] and decides when a save is complete; the
// store behind [Files] reads the files.
package watch
