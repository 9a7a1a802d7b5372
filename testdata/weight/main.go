// Command weight is the smallest program there is: .ci/run looks at how many
// modules it links and how large it is.
package main

import "github.com/gracefulfx/graceful"

func main() { graceful.Run() }
