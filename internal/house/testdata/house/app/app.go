// Package app breaks the rules of the house on purpose; house_test.go reads it.
package app

import (
	_ "github.com/gracefulfx/graceful/modules/config"
	_ "go.uber.org/fx"
)

var count int

func init() { count++ }
