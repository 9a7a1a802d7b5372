package compat

import (
	"github.com/spf13/cobra"
	"go.uber.org/fx"

	"github.com/gracefulfx/graceful"
	"github.com/gracefulfx/graceful/cli"
)

// snippet: cobra
// newRoot is the tree of a program called shop: its own commands, and those
// of package cli beside them. exit is os.Exit.
func newRoot(exit func(code int), opts ...fx.Option) *cobra.Command {
	root := &cobra.Command{Use: "shop"}
	root.AddCommand(&cobra.Command{Use: "import FILE", Short: "fill the shop", Run: importFile})
	for _, c := range cli.Commands() {
		root.AddCommand(&cobra.Command{
			Use:                c.Name + " " + c.Args,
			Short:              c.Short,
			DisableFlagParsing: true, // cli has flags for all settings, and --help
			Run: func(cmd *cobra.Command, args []string) {
				exit(cli.Run(cmd.Context(), append([]string{c.Name}, args...), append(opts, graceful.Name("shop"))...))
			},
		})
	}
	return root
}

// end

func importFile(*cobra.Command, []string) {}
