package settings

import (
	"strings"

	"github.com/knadh/koanf/providers/file"
)

// A Reader reads one number of the file that was loaded, n times, and returns
// the sum. The loop is its own: a call of a function for each read would cost
// as much as the quickest of them.
type Reader struct {
	Name string
	Read func(n int) int
}

// each makes a loop of a read that is much slower than a call.
func each(read func() int) func(int) int {
	return func(n int) (sum int) {
		for range n {
			sum += read()
		}
		return sum
	}
}

// Readers are the ways in which a program reads a setting.
func Readers(path string) ([]Reader, error) {
	_, value, err := loadGraceful(path)
	if err != nil {
		return nil, err
	}
	plain, err := loadViper(path)
	if err != nil {
		return nil, err
	}
	env, err := loadViper(path)
	if err != nil {
		return nil, err
	}
	env.SetEnvPrefix("todo")
	env.SetEnvKeyReplacer(strings.NewReplacer(".", "_"))
	env.AutomaticEnv()
	k, _, err := loadKoanf(file.Provider(path))
	return []Reader{
		{"graceful", func(n int) (sum int) {
			for range n {
				sum += value.Get().Gen
			}
			return sum
		}},
		{"viper", each(func() int { return plain.GetInt("app.gen") })},
		{"viper, env", each(func() int { return env.GetInt("app.gen") })},
		{"koanf", each(func() int { return k.Int("app.gen") })},
	}, err
}
