// Shop greets with a text from shop.yaml, which it follows.
package main

import (
	"fmt"
	"log"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/fsnotify/fsnotify"
	"github.com/spf13/viper"
)

// Settings is the whole file.
type Settings struct {
	Name string `mapstructure:"name"`
	Web  struct {
		ReadTimeout time.Duration `mapstructure:"readTimeout"`
	} `mapstructure:"web"`
	Labels map[string]string `mapstructure:"labels"`
}

var settings atomic.Pointer[Settings]

func main() {
	v := viper.New()
	v.SetConfigFile("shop.yaml")
	v.SetEnvPrefix("shop")
	v.SetEnvKeyReplacer(strings.NewReplacer(".", "_"))
	v.AutomaticEnv()
	v.SetDefault("web.readTimeout", "5s")
	if err := v.ReadInConfig(); err != nil {
		log.Fatal(err)
	}
	use := func() error {
		s := new(Settings)
		if err := v.Unmarshal(s); err != nil {
			return err
		}
		settings.Store(s)
		return nil
	}
	if err := use(); err != nil {
		log.Fatal(err)
	}
	v.OnConfigChange(func(fsnotify.Event) {
		if err := use(); err != nil {
			log.Print(err) // and go on with what?
		}
	})
	v.WatchConfig()
	log.Fatal(http.ListenAndServe(os.Getenv("ADDR"), http.HandlerFunc(greet)))
}

func greet(w http.ResponseWriter, _ *http.Request) {
	s := settings.Load()
	fmt.Fprintln(w, s.Name, s.Web.ReadTimeout, s.Labels)
}
