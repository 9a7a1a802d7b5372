package config_test

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/pflag"
	"go.uber.org/fx"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/config"
	"github.com/gracefulfx/graceful/modules/logging"
)

// written returns the path of a new file with this text, and removes it at the end.
func written(name, text string) (file string, remove func()) {
	dir, _ := os.MkdirTemp("", "config")
	file = filepath.Join(dir, name)
	_ = os.WriteFile(file, []byte(text), 0o600)
	return file, func() { os.RemoveAll(dir) }
}

// run starts and stops an application with the given options.
func run(opts ...fx.Option) {
	err := fx.New(fx.NopLogger, app.Module, config.Module, logging.Module, fx.Options(opts...)).Err()
	if err != nil {
		fmt.Println(err)
	}
}

// A part of the program declares its section, and takes a Value of it.
func ExampleSection() {
	file, remove := written("shop.yaml", "pool: {size: 8}\n")
	defer remove()
	type pool struct {
		Size int    `config:"size" doc:"connections to the database"`
		DSN  string `config:"dsn" doc:"where the database is"`
	}

	run(
		config.WithFile(file),
		config.Section[pool]("pool", config.Default(func() pool { return pool{Size: 4, DSN: "local"} })),
		fx.Invoke(func(v *config.Value[pool]) { fmt.Println(v.Get().Size, v.Get().DSN) }))
	// Output: 8 local
}

// Two sections of one type differ by their names in the graph.
func ExampleTagged() {
	file, remove := written("shop.yaml", "reads: {host: a}\nwrites: {host: b}\n")
	defer remove()
	type database struct {
		Host string `config:"host"`
	}
	type both struct {
		fx.In
		Reads  *config.Value[database] `name:"reads"`
		Writes *config.Value[database] `name:"writes"`
	}

	run(
		config.WithFile(file),
		config.Section[database]("reads", config.Tagged("reads")),
		config.Section[database]("writes", config.Tagged("writes")),
		fx.Invoke(func(b both) { fmt.Println(b.Reads.Get().Host, b.Writes.Get().Host) }))
	// Output: a b
}

// Flags that were given override files and the environment.
func ExampleWithFlags() {
	file, remove := written("shop.yaml", "pool: {size: 8}\n")
	defer remove()
	type pool struct {
		Size int `config:"size"`
	}
	flags := pflag.NewFlagSet("shop", pflag.ContinueOnError)
	flags.Int("pool.size", 0, "connections to the database")
	_ = flags.Parse([]string{"--pool.size=16"})

	run(
		config.WithFile(file), config.WithFlags(flags),
		config.Section[pool]("pool"),
		fx.Invoke(func(v *config.Value[pool]) { fmt.Println(v.Get().Size) }))
	// Output: 16
}
