// Package override puts the values of the environment, of files of secrets and of
// flags into the tree of the documents. It knows the keys and types of settings; it
// does not check values.
package override
