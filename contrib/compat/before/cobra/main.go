// Shop has a server and other commands.
package main

import (
	"fmt"
	"net/http"
	"os"

	"github.com/spf13/cobra"
)

func main() {
	root := &cobra.Command{Use: "shop", SilenceUsage: true}
	addr := ":8080"
	serve := &cobra.Command{
		Use: "serve", Short: "answer requests",
		RunE: func(*cobra.Command, []string) error { return http.ListenAndServe(addr, newHandler()) },
	}
	serve.Flags().StringVar(&addr, "addr", addr, "where")
	root.AddCommand(serve, newImport())
	if root.Execute() != nil {
		os.Exit(1)
	}
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
