// Package override lays what the environment, files of secrets and flags say over
// the tree of the documents. It knows settings by their keys and types; what is
// valid is for others.
package override
