package systemd

import (
	"os"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestOneLine(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"plain", "ready", "ready"},
		{"empty", "", ""},
		{"newline", "bad\nMAINPID=1", "bad MAINPID=1"},
		{"carriage return", "bad\r\nREADY=1\r", "bad READY=1"},
		{"NUL", "a\x00b", "a b"},
		{"line separator", "a\u2028b", "a b"},
		{"C1 control", "a\u0085b", "a b"},
		{"not UTF-8", "caf\xe9!", "caf?!"},
		{"UTF-8", "prêt: café", "prêt: café"},
		{"spaces", "  a \t b  ", "a b"},
		{"long", strings.Repeat("ab", 20), "ababababababababa..."},
		{"long, cut in a letter", strings.Repeat("ü", 20), "üüüüüüüü..."},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := oneLine(test.text, 20); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// Whatever an error contains, it never becomes an assignment.
func FuzzStatus(f *testing.F) {
	f.Add("bad\nMAINPID=1")
	f.Add("\xff\xfe\x00")
	f.Add(strings.Repeat("ü\r", 2000))
	f.Fuzz(func(t *testing.T, text string) {
		got := status(text)
		if strings.ContainsAny(got, "\n\r\x00") || !utf8.ValidString(got) || len(got) > maxStatus+len("STATUS=") {
			t.Errorf("got %q", got)
		}
	})
}

func TestMainPIDWithoutAProcessHasNoInode(t *testing.T) {
	if got, want := mainPID(1<<30), "MAINPID=1073741824"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := mainPID(os.Getpid()); !strings.HasPrefix(got, "MAINPID=") {
		t.Errorf("got %q", got)
	}
}
