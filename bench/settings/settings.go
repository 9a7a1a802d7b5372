// Package settings reads and watches one configuration file with three
// libraries, each as its README shows.
package settings

import (
	"fmt"
	"strings"
)

// Items is how long a list the file holds, so that half a file is often valid.
const Items = 400

// Settings is what the file holds.
type Settings struct {
	Gen     int               `config:"gen" mapstructure:"gen" koanf:"gen"`
	Items   []int             `config:"items" mapstructure:"items" koanf:"items"`
	Headers map[string]string `config:"headers" mapstructure:"headers" koanf:"headers"`
	End     int               `config:"end" mapstructure:"end" koanf:"end"`
}

// Root is the whole file.
type Root struct {
	App Settings `mapstructure:"app" koanf:"app"`
}

// Torn reports whether it was read from a file that was not complete.
func (s *Settings) Torn() bool { return s.Gen != s.End || len(s.Items) != Items }

// Content is a file of a generation, with so many headers.
func Content(gen, headers int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "app:\n  gen: %d\n  items:\n%s  headers:\n", gen, strings.Repeat("    - 7\n", Items))
	return b.String() + headerLines(headers) + fmt.Sprintf("  end: %d\n", gen)
}

// Small is a file without the list: so many keys, and the generation.
func Small(gen, keys int) string {
	return fmt.Sprintf("app:\n  gen: %d\n  end: %d\n  headers:\n", gen, gen) + headerLines(keys-2)
}

func headerLines(n int) string {
	var b strings.Builder
	for i := range max(1, n) {
		fmt.Fprintf(&b, "    header-%d: value %d\n", i, i)
	}
	return b.String()
}

// A Library reads a file, and follows it.
type Library struct {
	Name string
	// Open reads the file. reload reads it again, as a whole and decoded.
	Open func(path string) (reload func() error, err error)
	// Watch calls changed with what the program would use, each time that the
	// library says the file has changed. It never ends: viper cannot be stopped.
	Watch func(path string, changed func(*Settings)) error
}

// Libraries are those that are compared.
func Libraries() []Library {
	return []Library{
		{"graceful", openGraceful, watchGraceful},
		{"viper", openViper, watchViper},
		{"koanf", openKoanf, watchKoanf},
	}
}
