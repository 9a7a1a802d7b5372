package before

import (
	"log"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"
	"github.com/spf13/viper"
)

// snippet: viper-before
// Settings is the whole file.
type Settings struct {
	Name string `mapstructure:"name"`
	Web  struct {
		ReadTimeout time.Duration `mapstructure:"readTimeout"`
	} `mapstructure:"web"`
	Labels map[string]string `mapstructure:"labels"`
}

func readSettings(path string) (*viper.Viper, Settings, error) {
	v, s := viper.New(), Settings{}
	v.SetConfigFile(path)
	v.SetEnvPrefix("shop")
	v.SetEnvKeyReplacer(strings.NewReplacer(".", "_"))
	v.AutomaticEnv()
	v.SetDefault("web.readTimeout", "5s")
	if err := v.ReadInConfig(); err != nil {
		return nil, s, err
	}
	return v, s, v.Unmarshal(&s)
}

func watchSettings(v *viper.Viper, use func(Settings)) {
	v.OnConfigChange(func(fsnotify.Event) {
		var s Settings
		if err := v.Unmarshal(&s); err != nil {
			log.Print(err) // and go on with what?
			return
		}
		use(s)
	})
	v.WatchConfig()
}

// end

// ReadSettings is for the test that compares.
func ReadSettings(path string) (Settings, error) {
	_, s, err := readSettings(path)
	_ = watchSettings
	return s, err
}
