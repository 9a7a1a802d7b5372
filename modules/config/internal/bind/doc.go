// Package bind reads the nodes of a document into Go values, and writes Go values
// as they stand in a document.
//
// [ShapeOf] returns the keys of a struct, a [Decoder] reads, [Plain] and [Show]
// write, and [Equal] compares. Sections, and the sources of documents, are not its
// concern. config.Secret and config.FileRef, which this package cannot import, are
// made of [Secret] and [File], and recognized by that.
package bind
