// Package document turns the text of a configuration file into a tree that knows
// where every value stands, and finds every mistake of syntax on the way.
//
// [Parse] is the way in: bytes of YAML, TOML or JSON become a [Node] and a list of
// [Problem]. Trees are laid over one another with [Overlay]. The rest of the
// program knows neither the formats nor their libraries.
package document
