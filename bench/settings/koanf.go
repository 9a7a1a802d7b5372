package settings

import (
	"github.com/knadh/koanf/parsers/yaml"
	"github.com/knadh/koanf/providers/file"
	"github.com/knadh/koanf/v2"
)

func loadKoanf(f *file.File) (*koanf.Koanf, *Settings, error) {
	k := koanf.New(".")
	if err := k.Load(f, yaml.Parser()); err != nil {
		return k, nil, err
	}
	var r Root
	return k, &r.App, k.Unmarshal("", &r)
}

func openKoanf(path string) (func() error, error) {
	f := file.Provider(path)
	_, _, err := loadKoanf(f)
	return func() error {
		_, _, err := loadKoanf(f)
		return err
	}, err
}

func watchKoanf(path string, changed func(*Settings)) error {
	f := file.Provider(path)
	if _, _, err := loadKoanf(f); err != nil {
		return err
	}
	return f.Watch(func(_ any, err error) {
		if err != nil {
			return
		}
		if _, s, err := loadKoanf(f); err == nil {
			changed(s)
		}
	})
}
