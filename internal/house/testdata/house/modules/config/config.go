// Package config breaks the rules of the house on purpose.
package config

import (
	"os"
	_ "os/signal"
	_ "syscall"

	_ "github.com/gracefulfx/graceful/modules/httpserver"
	_ "github.com/spf13/viper"
)

func stop() { os.Exit(1) }
