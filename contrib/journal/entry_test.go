package journal

import (
	"maps"
	"os"
	"strings"
	"testing"

	"github.com/coreos/go-systemd/v22/journal"
	"go.uber.org/zap"

	"github.com/gracefulfx/graceful/modules/logging"
)

// lineOf is what a logger of the application writes.
func lineOf(t *testing.T, write func(*zap.Logger)) []byte {
	t.Helper()
	var line lines
	c := logging.Defaults()
	c.Level = "debug"
	log, _ := logging.New(c, logging.Sink{W: &line})
	write(log)
	return line
}

type lines []byte

func (l *lines) Write(p []byte) (int, error) { *l = append(*l, p...); return len(p), nil }
func (l *lines) Sync() error                 { return nil }

func TestLineIsAnEntry(t *testing.T) {
	for name, tc := range map[string]struct {
		write    func(*zap.Logger)
		message  string
		priority journal.Priority
		fields   map[string]string
	}{
		"no fields": {func(l *zap.Logger) { l.Info("ready") }, "ready", journal.PriInfo, nil},
		"fields": {func(l *zap.Logger) {
			l.Warn("denied", zap.String("user", "anna"), zap.Int("times", 3), zap.Bool("admin", false))
		},
			"denied user=anna times=3 admin=false", journal.PriWarning, map[string]string{"USER": "anna", "TIMES": "3", "ADMIN": "false"}},
		"values with spaces": {func(l *zap.Logger) { l.Error("failed", zap.String("error", "no route"), zap.String("empty", "")) },
			`failed error="no route" empty=""`, journal.PriErr, map[string]string{"ERROR": "no route", "EMPTY": ""}},
		"several lines": {func(l *zap.Logger) { l.Debug("got", zap.String("body", "a\nb")) },
			`got body="a\nb"`, journal.PriDebug, map[string]string{"BODY": "a\nb"}},
		"objects and lists": {func(l *zap.Logger) {
			l.Info("bound", zap.Dict("http", zap.String("addr", ":80")), zap.Strings("names", []string{"a", "b"}))
		},
			`bound http={"addr":":80"} names=["a","b"]`, journal.PriInfo, map[string]string{"HTTP_ADDR": ":80", "NAMES": `["a","b"]`}},
		"names that are the line's": {func(l *zap.Logger) {
			l.Info("said", zap.String("msg", "m"), zap.String("level", "l"), zap.String("time", "t"))
		},
			"said msg=m level=l time=t", journal.PriInfo, map[string]string{"MSG": "m", "LEVEL": "l", "TIME": "t"}},
		"names that are the journal's": {func(l *zap.Logger) {
			l.Info("x", zap.Int("priority", 0), zap.String("unit", "ssh"), zap.String("_uid", "0"), zap.String("message.id", "i"))
		},
			"x priority=0 unit=ssh _uid=0 message.id=i", journal.PriInfo,
			map[string]string{"FIELD_PRIORITY": "0", "FIELD_UNIT": "ssh", "UID": "0", "FIELD_MESSAGE_ID": "i"}},
		"a named logger": {func(l *zap.Logger) { l.Named("http").Info("x") }, "x", journal.PriInfo, map[string]string{"LOGGER": "http"}},
		"a stack":        {func(l *zap.Logger) { l.Info("x", zap.String("stack", "main.main")) }, "x", journal.PriInfo, map[string]string{"STACK": "main.main"}},
	} {
		e := parse(lineOf(t, tc.write))
		if e.message != tc.message || e.priority != tc.priority {
			t.Errorf("%s: got %d %s\nwant %d %s", name, e.priority, e.message, tc.priority, tc.message)
		}
		if file := e.fields["CODE_FILE"]; file != "journal/entry_test.go" || e.fields["CODE_LINE"] == "" {
			t.Errorf("%s: got %s:%s", name, file, e.fields["CODE_LINE"])
		}
		maps.DeleteFunc(e.fields, func(name, _ string) bool { return strings.HasPrefix(name, "CODE_") })
		if !maps.Equal(e.fields, tc.fields) {
			t.Errorf("%s: got %v, want %v", name, e.fields, tc.fields)
		}
	}
}

func TestLineThatIsNotJSONIsAMessage(t *testing.T) {
	for _, line := range []string{"10:00 INFO ready\n", "{broken\n", "", `{"level":"error"`} {
		if e := parse([]byte(line)); e.message != strings.TrimSuffix(line, "\n") || e.priority != journal.PriInfo || len(e.fields) != 0 {
			t.Errorf("got %+v of %q", e, line)
		}
	}
}

func TestNamesAreThoseOfTheJournal(t *testing.T) {
	for key, want := range map[string]string{
		"user":                  "USER",
		"http.addr":             "HTTP_ADDR",
		"größe":                 "GR__E",
		"__secret":              "SECRET",
		"1st":                   "FIELD_1ST",
		"":                      "FIELD_",
		"é":                     "FIELD_",
		"code_file":             "FIELD_CODE_FILE",
		"codec":                 "CODEC",
		"message":               "FIELD_MESSAGE",
		strings.Repeat("a", 99): strings.Repeat("A", 64),
	} {
		if got := nameOf(key); got != want {
			t.Errorf("%s: got %s, want %s", key, got, want)
		}
	}
}

// Outside a unit nothing changes.
func TestWithoutTheJournalLinesGoToStandardError(t *testing.T) {
	for _, stream := range []string{"", "8:1", "nonsense"} {
		t.Setenv("JOURNAL_STREAM", stream)
		if got := Sink("todo"); got.W != nil {
			t.Errorf("JOURNAL_STREAM=%s: got %v", stream, got)
		}
	}
}

// A line that the journal does not take goes where it would go without it.
func TestLineThatTheJournalDoesNotTakeGoesToTheStream(t *testing.T) {
	if journal.Enabled() {
		t.Skip("a journal of this machine would take it")
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	line := lineOf(t, func(l *zap.Logger) { l.Warn("x") })
	if n, err := (&writer{name: "todo", stream: w}).Write(line); n != len(line) || err != nil {
		t.Errorf("got %d, %v", n, err)
	}
	got := make([]byte, 4096)
	n, err := r.Read(got)
	if want := "<4>" + string(line); string(got[:n]) != want || err != nil {
		t.Errorf("got %q, %v, want %q", got[:n], err, want)
	}
}
