package settings

import (
	"github.com/fsnotify/fsnotify"
	"github.com/spf13/viper"
)

func loadViper(path string) (*viper.Viper, error) {
	v := viper.New()
	v.SetConfigFile(path)
	return v, v.ReadInConfig()
}

func openViper(path string) (func() error, error) {
	v, err := loadViper(path)
	return func() error {
		if err := v.ReadInConfig(); err != nil {
			return err
		}
		var r Root
		return v.Unmarshal(&r)
	}, err
}

func watchViper(path string, changed func(*Settings)) error {
	v, err := loadViper(path)
	if err != nil {
		return err
	}
	v.OnConfigChange(func(fsnotify.Event) {
		var r Root
		if v.Unmarshal(&r) == nil {
			changed(&r.App)
		}
	})
	v.WatchConfig()
	return nil
}
