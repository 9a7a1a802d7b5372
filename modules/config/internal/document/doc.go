// Package document turns the text of a configuration file into a tree that has the
// position of every value, and finds every syntax error on the way.
//
// [Parse] turns bytes of YAML, TOML or JSON into a [Node] and a list of [Problem].
// [Overlay] merges trees. The rest of the program depends neither on the formats
// nor on their libraries.
package document
