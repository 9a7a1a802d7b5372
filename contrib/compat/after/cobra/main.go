// Shop has a server and other commands.
package main

import (
	"fmt"
	"net/http"
	"os"

	"github.com/spf13/cobra"
	"go.uber.org/fx"

	"github.com/gracefulfx/graceful"
	"github.com/gracefulfx/graceful/cli"
)

func main() {
	root := &cobra.Command{Use: "shop", SilenceUsage: true}
	root.CompletionOptions.DisableDefaultCmd = true // cli has one
	root.AddCommand(newImport())
	for _, c := range cli.Commands() {
		root.AddCommand(mount(c))
	}
	if root.Execute() != nil {
		os.Exit(1)
	}
}

// mount makes one of graceful's commands one of cobra's. Their run is our serve.
func mount(c cli.Command) *cobra.Command {
	cmd := &cobra.Command{
		Use: c.Name + " " + c.Args, Short: c.Short,
		DisableFlagParsing: true, // cli has a flag for each setting, and --help
		Run: func(cmd *cobra.Command, args []string) {
			args = append([]string{c.Name}, args...)
			os.Exit(cli.Run(cmd.Context(), args, graceful.Name("shop"), fx.Provide(newHandler)))
		},
	}
	if c.Name == "run" {
		cmd.Aliases = []string{"serve"}
	}
	return cmd
}

func newImport() *cobra.Command {
	return &cobra.Command{
		Use: "import FILE", Short: "fill the shop", Args: cobra.ExactArgs(1),
		Run: func(_ *cobra.Command, args []string) { fmt.Println("imported", args[0]) },
	}
}

func newHandler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "open") })
}
