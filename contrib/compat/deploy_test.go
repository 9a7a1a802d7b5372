package compat

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/fx"
	"go.yaml.in/yaml/v3"

	"github.com/gracefulfx/graceful"
	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/config"
)

// What of the manifests these tests look at.
type (
	manifest struct {
		Kind     string
		Metadata struct{ Name string }
		Data     map[string]string
		Spec     struct {
			Template struct{ Spec podSpec }
			Ports    []struct {
				TargetPort string `yaml:"targetPort"`
			}
		}
	}
	podSpec struct {
		Grace           int `yaml:"terminationGracePeriodSeconds"`
		SecurityContext struct {
			RunAsNonRoot bool `yaml:"runAsNonRoot"`
		} `yaml:"securityContext"`
		Containers []container
		Volumes    []struct{ Name string }
	}
	container struct {
		Ports []struct {
			Name          string
			ContainerPort int `yaml:"containerPort"`
		}
		Env       []struct{ Name, Value string }
		Lifecycle map[string]any
		Startup   probe `yaml:"startupProbe"`
		Liveness  probe `yaml:"livenessProbe"`
		Readiness probe `yaml:"readinessProbe"`
		Mounts    []struct {
			Name    string
			SubPath string `yaml:"subPath"`
		} `yaml:"volumeMounts"`
	}
	probe struct {
		HTTPGet          struct{ Path, Port string } `yaml:"httpGet"`
		PeriodSeconds    int                         `yaml:"periodSeconds"`
		TimeoutSeconds   int                         `yaml:"timeoutSeconds"`
		FailureThreshold int                         `yaml:"failureThreshold"`
	}
)

func manifests(t *testing.T) map[string]manifest {
	t.Helper()
	all := map[string]manifest{}
	files, err := filepath.Glob("../../deploy/kubernetes/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for dec := yaml.NewDecoder(bytes.NewReader(text)); ; {
			var m manifest
			if err := dec.Decode(&m); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			all[m.Kind] = m
		}
	}
	return all
}

func TestManifestsFitTogether(t *testing.T) {
	all := manifests(t)
	pod := all["Deployment"].Spec.Template.Spec
	if len(pod.Containers) != 1 {
		t.Fatalf("got %d containers, want 1", len(pod.Containers))
	}
	c := pod.Containers[0]
	for name, p := range map[string]struct {
		got  probe
		path string
	}{"startup": {c.Startup, "/livez"}, "liveness": {c.Liveness, "/livez"}, "readiness": {c.Readiness, "/readyz"}} {
		if p.got.HTTPGet.Path != p.path || p.got.HTTPGet.Port != "http" {
			t.Errorf("%s asks for %+v, want %s at http", name, p.got.HTTPGet, p.path)
		}
	}
	if len(c.Lifecycle) != 0 {
		t.Errorf("got lifecycle hooks %v: stop.lame_duck does what a preStop sleep would do", c.Lifecycle)
	}
	if !pod.SecurityContext.RunAsNonRoot {
		t.Error("the pod may run as root")
	}
	for _, m := range c.Mounts {
		if m.SubPath != "" {
			t.Errorf("%s is mounted with a subPath: changes would not be seen", m.Name)
		}
		if !slices.ContainsFunc(pod.Volumes, func(v struct{ Name string }) bool { return v.Name == m.Name }) {
			t.Errorf("there is no volume %s", m.Name)
		}
	}
	if len(all["Service"].Spec.Ports) == 0 || all["Service"].Spec.Ports[0].TargetPort != c.Ports[0].Name {
		t.Errorf("the service points to %+v, want %s", all["Service"].Spec.Ports, c.Ports[0].Name)
	}

	var environ []string
	for _, e := range c.Env {
		environ = append(environ, e.Name+"="+e.Value)
	}
	start, stop := settings(t, environ, all["ConfigMap"].Data["todo.yaml"])
	grace := time.Duration(pod.Grace) * time.Second
	if stop.Timeout >= grace {
		t.Errorf("stop.timeout is %v, want less than the grace period of %v", stop.Timeout, grace)
	}
	if stop.Platform != grace {
		t.Errorf("stop.platform is %v, want %v", stop.Platform, grace)
	}
	if seen := time.Duration(c.Readiness.PeriodSeconds*c.Readiness.FailureThreshold+c.Readiness.TimeoutSeconds) * time.Second; stop.LameDuck < seen {
		t.Errorf("stop.lame_duck is %v, but red is seen only after %v", stop.LameDuck, seen)
	}
	if stop.Timeout-stop.LameDuck < 20*time.Second {
		t.Errorf("after the lame duck %v are left for a drain, want 20s", stop.Timeout-stop.LameDuck)
	}
	if patience := time.Duration(c.Startup.PeriodSeconds*c.Startup.FailureThreshold) * time.Second; patience <= start.Timeout {
		t.Errorf("the startup probe gives up after %v, before start.timeout, %v", patience, start.Timeout)
	}
}

// settings are what the program makes of the environment of a manifest. A name
// that means nothing to it would not be noticed, so the values are compared.
func settings(t *testing.T, environ []string, file string) (start app.StartConfig, stop app.StopConfig) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "todo.yaml")
	if err := os.WriteFile(path, []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	for i, kv := range environ {
		if strings.HasPrefix(kv, "TODO_CONFIG_FILE=") {
			environ[i] = "TODO_CONFIG_FILE=" + path
		}
	}
	var starting *config.Value[app.StartConfig]
	var stopping *config.Value[app.StopConfig]
	err := fx.New(fx.NopLogger, graceful.Name("todo"), graceful.Module,
		config.WithSource(func(s *config.Source) { s.Environ = environ }), fx.Populate(&starting, &stopping)).Err()
	if err != nil {
		t.Fatal(err)
	}
	return *starting.Get(), *stopping.Get()
}

func TestTheImageGetsItsSignals(t *testing.T) {
	text, err := os.ReadFile("../../deploy/docker/Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	for what, pattern := range map[string]string{
		"the program is process 1":      `(?m)^ENTRYPOINT \["/todo"\]$`,
		"SIGTERM is the signal to stop": `(?m)^STOPSIGNAL SIGTERM$`,
		"nobody is root":                `(?m)^USER 65532:65532$`,
		"nothing but the program":       `(?m)^FROM gcr.io/distroless/static-`,
		"a static program":              `CGO_ENABLED=0`,
	} {
		if !regexp.MustCompile(pattern).Match(text) {
			t.Errorf("the Dockerfile does not say that %s: %s", what, pattern)
		}
	}
	var environ []string
	for _, line := range regexp.MustCompile(`(?m)^ENV (.*)$`).FindAllSubmatch(text, -1) {
		environ = append(environ, strings.Fields(string(line[1]))...)
	}
	if _, stop := settings(t, environ, "log: {level: info}"); stop.Platform != 10*time.Second || stop.Timeout >= stop.Platform {
		t.Errorf("got %+v, want a stop within the 10s of docker stop", stop)
	}
}
