package logging

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/slogtest"
	"time"

	"go.uber.org/zap/zapcore"
)

// buffer is a Sink in memory.
type buffer struct{ bytes.Buffer }

func (*buffer) Sync() error { return nil }

func (b *buffer) lines(t *testing.T) (lines []map[string]any) {
	t.Helper()
	for line := range strings.Lines(b.String()) {
		m := map[string]any{}
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		lines = append(lines, m)
	}
	return lines
}

func TestHandlerKeepsTheRulesOfSlog(t *testing.T) {
	t.Parallel()
	var b *buffer
	slogtest.Run(t, func(t *testing.T) slog.Handler {
		b = &buffer{}
		log, _ := New(Config{Level: "debug", Format: "json"}, Sink{W: b})
		return NewHandler(log.Core())
	}, func(t *testing.T) map[string]any {
		lines := b.lines(t)
		if len(lines) != 1 {
			t.Fatalf("got %d lines, want 1", len(lines))
		}
		return lines[0]
	})
}

func TestHandlerLevels(t *testing.T) {
	t.Parallel()
	b := &buffer{}
	log, level := New(Config{Level: "warn", Format: "json"}, Sink{W: b})
	s := slog.New(NewHandler(log.Core()))
	ctx := context.Background()
	for _, c := range []struct {
		set  zapcore.Level
		log  slog.Level
		want string // as written; empty: nothing is written
	}{
		{zapcore.WarnLevel, slog.LevelInfo, ""},
		{zapcore.WarnLevel, slog.LevelWarn, "warn"},
		{zapcore.WarnLevel, slog.LevelWarn + 1, "warn"},
		{zapcore.WarnLevel, slog.LevelError + 4, "error"},
		{zapcore.DebugLevel, slog.LevelDebug, "debug"},
		{zapcore.DebugLevel, slog.LevelInfo + 1, "info"},
		{zapcore.DebugLevel, slog.LevelDebug - 4, ""},
	} {
		b.Reset()
		level.SetLevel(c.set)
		if got := s.Enabled(ctx, c.log); got != (c.want != "") {
			t.Errorf("%v at %v: enabled: got %v", c.log, c.set, got)
		}
		s.Log(ctx, c.log, "x")
		got := ""
		if lines := b.lines(t); len(lines) == 1 {
			got, _ = lines[0]["level"].(string)
		}
		if got != c.want {
			t.Errorf("%v at %v: got %q, want %q", c.log, c.set, got, c.want)
		}
	}
}

type secret struct{}

func (secret) LogValue() slog.Value { return slog.StringValue("***") }

func TestHandlerValues(t *testing.T) {
	t.Parallel()
	b := &buffer{}
	log, _ := New(Defaults(), Sink{W: b})
	s := slog.New(NewHandler(log.Core()))
	s.With("a", 1).WithGroup("g").WithGroup("empty").With().WithGroup("h").With(slog.Group("", slog.Bool("inline", true))).
		Info("m", "s", "text", "d", 1500*time.Millisecond, "t", time.Unix(0, 0).UTC(), "u", uint64(2), "f", 0.5,
			"err", errors.New("broken"), "secret", secret{}, slog.Group("none"))
	got := b.lines(t)[0]
	if caller, _ := got["caller"].(string); !strings.HasPrefix(caller, "logging/handler_test.go:") {
		t.Errorf("caller: got %v, want this file", got["caller"])
	}
	if got["a"] != 1.0 {
		t.Errorf("a: got %v, want 1", got["a"])
	}
	path := []string{"g", "empty", "h"}
	for _, g := range path {
		got, _ = got[g].(map[string]any)
	}
	want := map[string]any{"inline": true, "s": "text", "d": 1.5, "t": "1970-01-01T00:00:00.000Z", "u": 2.0, "f": 0.5, "err": "broken", "secret": "***"}
	for k, w := range want {
		if got[k] != w {
			t.Errorf("%s: got %v, want %v", k, got[k], w)
		}
	}
	if len(got) != len(want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// Two handlers made from one must not write into each other's groups.
func TestHandlersDoNotShareGroups(t *testing.T) {
	t.Parallel()
	b := &buffer{}
	log, _ := New(Defaults(), Sink{W: b})
	base := slog.New(NewHandler(log.Core())).WithGroup("a").WithGroup("b").WithGroup("c")
	one, two := base.WithGroup("one"), base.WithGroup("two")
	one.Info("m", "k", 1)
	two.Info("m", "k", 2)
	text := b.String()
	if !strings.Contains(text, `"c":{"one":{"k":1}}`) || !strings.Contains(text, `"c":{"two":{"k":2}}`) {
		t.Errorf("got %s", text)
	}
}
