package main

import (
	"fmt"
	"os"

	"github.com/spf13/pflag"
)

// flags reads the command line. It ends the process after --help, and when it does not understand something.
func flags(args []string) *pflag.FlagSet {
	set := pflag.NewFlagSet("todo", pflag.ExitOnError)
	set.String("config", "", "read the settings from `FILE` instead of todo.yaml in the working directory")
	set.Parse(args)
	if set.NArg() > 0 {
		fmt.Fprintf(os.Stderr, "todo: %q is not understood; todo --help shows what is\n", set.Arg(0))
		os.Exit(2)
	}
	return set
}
