package settings

import (
	"strings"

	"github.com/knadh/koanf/providers/file"
)

// A Reader reads one number of the file that was loaded.
type Reader struct {
	Name string
	Read func() int
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
		{"graceful", func() int { return value.Get().Gen }},
		{"viper", func() int { return plain.GetInt("app.gen") }},
		{"viper, env", func() int { return env.GetInt("app.gen") }},
		{"koanf", func() int { return k.Int("app.gen") }},
	}, err
}
