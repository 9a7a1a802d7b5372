package settings

import (
	"context"
	"errors"

	"github.com/gracefulfx/graceful/modules/config"
)

func loadGraceful(path string) (*config.Store, *config.Value[Settings], error) {
	set := config.NewSet()
	v := config.Add[Settings](set, "app")
	store, err := config.Load(set, config.Source{Files: []string{path}, Environ: []string{}})
	return store, v, err
}

func openGraceful(path string) (func() error, error) {
	store, _, err := loadGraceful(path)
	return func() error {
		if r := store.Reload(context.Background(), "bench"); r.Result != config.Applied {
			return errors.New(r.Text())
		}
		return nil
	}, err
}

func watchGraceful(path string, changed func(*Settings)) error {
	store, v, err := loadGraceful(path)
	if err != nil {
		return err
	}
	config.OnReload(v, "bench", func(_ context.Context, c config.Change[Settings]) (config.Tx, error) {
		return config.Tx{Commit: func() { changed(c.New) }}, nil
	})
	go (&config.Watcher{Store: store}).Run(context.Background())
	return nil
}
