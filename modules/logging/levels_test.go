package logging

import (
	"strings"
	"testing"

	"go.uber.org/fx"
	"go.uber.org/fx/fxtest"
	"go.uber.org/zap"

	"github.com/gracefulfx/graceful/app"
)

func TestLevelOfOneLoggerChangesLive(t *testing.T) {
	t.Parallel()
	path, edit := configFile(t, "log: {level: warn, levels: {http: debug, http.access: error}}")
	b := &buffer{}
	var (
		a   *app.App
		log *zap.Logger
	)
	x := fxtest.New(t, modules(path), fx.Supply(Sink{W: b}), fx.Populate(&a, &log))
	x.RequireStart()
	web := log.Named("http").With(zap.Int("n", 1))
	write := func(round string) {
		log.Info(round + " plain")
		log.Named("httpd").Info(round + " httpd")
		web.Debug(round + " http")
		web.Named("tls").Debug(round + " below")
		web.Named("access").Warn(round + " access")
	}
	write("first")
	edit("log: {level: info, levels: {http: error}}")
	if _, err := a.Do(t.Context(), app.Request{Command: app.Reload, By: "test"}); err != nil {
		t.Fatal(err)
	}
	write("second")
	x.RequireStop()
	got := b.String()
	for text, want := range map[string]bool{
		"first plain": false, "first httpd": false, "first http\"": true, "first below": true, "first access": false,
		"second plain": true, "second httpd": true, "second http\"": false, "second below": false, "second access": false,
	} {
		if strings.Contains(got, text) != want {
			t.Errorf("%q written: %t, want %t, in\n%s", text, !want, want, got)
		}
	}
}

func TestUnknownLevelOfALoggerIsRefused(t *testing.T) {
	c := Defaults()
	c.Levels = map[string]string{"http": "loud"}
	if err := c.Validate(); err == nil || !strings.Contains(err.Error(), `levels.http: unknown level "loud"`) {
		t.Errorf("got %v, want the unknown level", err)
	}
}
