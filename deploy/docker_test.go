package deploy

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"time"
)

func dockerfile(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("docker/Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestTheImageGetsItsSignals(t *testing.T) {
	text := dockerfile(t)
	for what, pattern := range map[string]string{
		"the program is process 1":      `(?m)^ENTRYPOINT \["/todo"\]$`,
		"SIGTERM is the signal to stop": `(?m)^STOPSIGNAL SIGTERM$`,
		"nobody is root":                `(?m)^USER 65532:65532$`,
		"nothing but the program":       `(?m)^FROM gcr.io/distroless/static-`,
		"a static program":              `CGO_ENABLED=0`,
	} {
		if !regexp.MustCompile(pattern).MatchString(text) {
			t.Errorf("the Dockerfile does not say that %s: %s", what, pattern)
		}
	}
}

func TestTheImageStopsWithinWhatDockerGrants(t *testing.T) {
	if _, stop := settings(t, imageEnv(t), "log: {level: info}"); stop.Platform != 10*time.Second || stop.Timeout >= stop.Platform {
		t.Errorf("got %+v, want a stop within the 10s of docker stop", stop)
	}
}

// imageEnv is what ENV sets.
func imageEnv(t *testing.T) map[string]string {
	t.Helper()
	env := map[string]string{}
	for _, line := range regexp.MustCompile(`(?m)^ENV (.*)$`).FindAllStringSubmatch(dockerfile(t), -1) {
		for _, kv := range strings.Fields(line[1]) {
			name, value, _ := strings.Cut(kv, "=")
			env[name] = value
		}
	}
	return env
}
