// Package bind reads the nodes of a document into values of Go, and writes values
// as a document has them.
//
// [ShapeOf] says which keys a struct has, a [Decoder] reads, [Plain] and [Show]
// write, and [Equal] compares. What a section is, and where its document comes
// from, is for others. config.Secret and config.FileRef, which this package cannot
// import, are made of [Secret] and [File] and known by that.
package bind
