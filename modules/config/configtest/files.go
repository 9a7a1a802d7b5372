package configtest

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func write(t testing.TB, path, content string) {
	t.Helper()
	check(t, os.MkdirAll(filepath.Dir(path), 0o755))
	check(t, os.WriteFile(path, []byte(content), 0o644))
}

func read(t testing.TB, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	check(t, err)
	return string(data)
}

func create(t testing.TB, path string) *os.File {
	t.Helper()
	f, err := os.Create(path)
	check(t, err)
	return f
}

func put(t testing.TB, f *os.File, text string) {
	t.Helper()
	_, err := f.WriteString(text)
	check(t, err)
}

func closeFile(t testing.TB, f *os.File) {
	t.Helper()
	check(t, f.Close())
}

// pause is part of a pattern: the writer pauses, not the test.
func pause(d time.Duration) { <-time.After(d) }
