package deploy

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

func TestManifestsNameOneAnother(t *testing.T) { each(t, testManifestsNameOneAnother) }

func testManifestsNameOneAnother(t *testing.T, m *manifests) {
	pod, c := m.deployment.Spec.Template, m.container(t)
	for name, s := range map[string]*metav1.LabelSelector{
		"the deployment": m.deployment.Spec.Selector, "the disruption budget": m.disruption.Spec.Selector,
		"the service": {MatchLabels: m.service.Spec.Selector},
	} {
		selector, err := metav1.LabelSelectorAsSelector(s)
		if err != nil || selector.Empty() || !selector.Matches(labels.Set(pod.Labels)) {
			t.Errorf("%s selects %v (%v), which the pod's %v are not", name, s, err, pod.Labels)
		}
	}
	port := func(name string) bool {
		return slices.ContainsFunc(c.Ports, func(p corev1.ContainerPort) bool { return p.Name == name })
	}
	for _, p := range m.service.Spec.Ports {
		if !port(p.TargetPort.StrVal) {
			t.Errorf("the service points to %v, which is no port of the container", p.TargetPort)
		}
	}
	for name, p := range probes(c) {
		if p == nil || p.HTTPGet == nil || !port(p.HTTPGet.Port.StrVal) {
			t.Errorf("the %s probe asks at %+v, which is no port of the container", name, p)
		} else if p.HTTPGet.Port.StrVal != "health" {
			t.Errorf("the %s probe asks at %v, where nothing answers while the program starts", name, p.HTTPGet.Port)
		}
	}
	volumes := map[string]corev1.Volume{}
	for _, v := range pod.Spec.Volumes {
		volumes[v.Name] = v
	}
	for _, mount := range c.VolumeMounts {
		v, ok := volumes[mount.Name]
		switch {
		case !ok:
			t.Errorf("there is no volume %s", mount.Name)
		case mount.SubPath != "" || mount.SubPathExpr != "":
			t.Errorf("%s is mounted with a subPath: changes would never be seen", mount.Name)
		case v.ConfigMap != nil && v.ConfigMap.Name != m.configMap.Name:
			t.Errorf("there is no ConfigMap %s", v.ConfigMap.Name)
		}
		if v.ConfigMap == nil {
			continue
		}
		file := strings.TrimPrefix(env(c)["TODO_CONFIG_FILE"], mount.MountPath+"/")
		if m.configMap.Data[file] == "" {
			t.Errorf("TODO_CONFIG_FILE names %s, which the ConfigMap does not have", file)
		}
	}
}

// A named port is the one that the setting of that name has.
func TestPortsAreWhereTheProgramListens(t *testing.T) { each(t, testPortsAreWhereTheProgramListens) }

func testPortsAreWhereTheProgramListens(t *testing.T, m *manifests) {
	c := m.container(t)
	for _, p := range c.Ports {
		name := "TODO_" + strings.ToUpper(p.Name) + "_ADDR"
		if got, want := env(c)[name], fmt.Sprintf(":%d", p.ContainerPort); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	settings(t, env(c), m.configMap.Data["todo.yaml"]) // no two are the same
}

func TestProbesUseOurEndpoints(t *testing.T) { each(t, testProbesAskForOurEndpoints) }

func testProbesAskForOurEndpoints(t *testing.T, m *manifests) {
	for name, p := range probes(m.container(t)) {
		want := map[string]string{"startup": "/startupz", "liveness": "/livez", "readiness": "/readyz"}[name]
		if p.HTTPGet.Path != want {
			t.Errorf("%s asks for %s, want %s", name, p.HTTPGet.Path, want)
		}
	}
}

// The pod is killed when its grace period is over, whatever the program says.
func TestTheGracePeriodIsLongerThanTheStop(t *testing.T) {
	each(t, testTheGracePeriodIsLongerThanTheStop)
}

func testTheGracePeriodIsLongerThanTheStop(t *testing.T, m *manifests) {
	c := m.container(t)
	start, stop := settings(t, env(c), m.configMap.Data["todo.yaml"])
	if m.deployment.Spec.Template.Spec.TerminationGracePeriodSeconds == nil {
		t.Fatal("the pod sets no grace period")
	}
	grace := time.Duration(*m.deployment.Spec.Template.Spec.TerminationGracePeriodSeconds) * time.Second
	if c.Lifecycle != nil {
		t.Errorf("got lifecycle hooks %+v: stop.lame_duck does what a preStop sleep would do, and a hook's time counts in the grace period", c.Lifecycle)
	}
	if stop.Timeout >= grace {
		t.Errorf("stop.timeout is %v, want less than the grace period of %v", stop.Timeout, grace)
	}
	if stop.Platform != grace {
		t.Errorf("stop.platform is %v, want %v", stop.Platform, grace)
	}
	red := c.ReadinessProbe
	if seen := time.Duration(red.PeriodSeconds*red.FailureThreshold+red.TimeoutSeconds) * time.Second; stop.LameDuck < seen {
		t.Errorf("stop.lame_duck is %v, but red is seen only after %v", stop.LameDuck, seen)
	}
	if stop.Timeout-stop.LameDuck < 20*time.Second {
		t.Errorf("after the lame duck %v are left for a drain, want 20s", stop.Timeout-stop.LameDuck)
	}
	up := c.StartupProbe
	if patience := time.Duration(up.PeriodSeconds*up.FailureThreshold) * time.Second; patience <= start.Timeout {
		t.Errorf("the startup probe gives up after %v, before start.timeout, %v", patience, start.Timeout)
	}
}

// Go must limit its memory before the kernel kills the process.
func TestTheMemoryLimitIsKnownToGo(t *testing.T) { each(t, testTheMemoryLimitIsKnownToGo) }

func testTheMemoryLimitIsKnownToGo(t *testing.T, m *manifests) {
	c := m.container(t)
	limit := c.Resources.Limits.Memory().Value()
	text := strings.Replace(env(c)["GOMEMLIMIT"], "MiB", "Mi", 1)
	q, err := resource.ParseQuantity(text)
	if err != nil {
		t.Fatal(err)
	}
	if share := float64(q.Value()) / float64(limit); share < 0.85 || share > 0.95 {
		t.Errorf("GOMEMLIMIT is %.2f of the memory limit, want nine tenths", share)
	}
}

// A failed node, a failed zone or a bad release takes away only a part of the pods.
func TestPodsAreSpreadAndRolledWithCare(t *testing.T) { each(t, testPodsAreSpreadAndRolledWithCare) }

func testPodsAreSpreadAndRolledWithCare(t *testing.T, m *manifests) {
	spread := map[string]bool{}
	for _, c := range m.deployment.Spec.Template.Spec.TopologySpreadConstraints {
		selector, err := metav1.LabelSelectorAsSelector(c.LabelSelector)
		if err != nil || selector.Empty() || !selector.Matches(labels.Set(m.deployment.Spec.Template.Labels)) {
			t.Errorf("the spread over %s selects %v (%v), not the pods", c.TopologyKey, c.LabelSelector, err)
		}
		spread[c.TopologyKey] = true
	}
	if !spread[corev1.LabelHostname] || !spread[corev1.LabelTopologyZone] {
		t.Errorf("pods are spread over %v, want nodes and zones", spread)
	}
	if m.deployment.Spec.MinReadySeconds < 1 {
		t.Error("a pod counts as available the moment it is ready, so a roll does not see one that turns red")
	}
	if p := m.disruption.Spec.UnhealthyPodEvictionPolicy; p == nil || *p != policyv1.AlwaysAllow {
		t.Errorf("got %v for pods that are not ready, want AlwaysAllow", p)
	}
	if addr, off := env(m.container(t))["TODO_ADMIN_ADDR"]; off {
		t.Errorf("the admin socket is %q: kubectl exec POD -- /todo status needs it", addr)
	}
}

// Metrics are scraped in exactly one way, from the port that serves them.
func TestMetricsAreScrapedOnce(t *testing.T) { each(t, metricsAreScrapedOnce) }

func metricsAreScrapedOnce(t *testing.T, m *manifests) {
	pod := m.deployment.Spec.Template
	annotated := pod.Annotations["prometheus.io/scrape"] == "true"
	monitored := len(m.monitor.Spec.Endpoints) > 0
	if annotated == monitored {
		t.Errorf("got annotations %v, a PodMonitor %v, want one of the two", annotated, monitored)
	}
	for _, e := range m.monitor.Spec.Endpoints {
		if !slices.ContainsFunc(m.container(t).Ports, func(p corev1.ContainerPort) bool { return p.Name == e.Port }) {
			t.Errorf("the PodMonitor asks at %s, which is no port of the container", e.Port)
		}
	}
	if selector, err := metav1.LabelSelectorAsSelector(&m.monitor.Spec.Selector); monitored && (err != nil || !selector.Matches(labels.Set(pod.Labels))) {
		t.Errorf("the PodMonitor selects %v (%v), not the pods", selector, err)
	}
}
