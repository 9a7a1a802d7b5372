package deploy

import (
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"
)

// manifests are the documents of an overlay, one of each kind.
type manifests struct {
	deployment appsv1.Deployment
	configMap  corev1.ConfigMap
	service    corev1.Service
	disruption policyv1.PodDisruptionBudget
	monitor    podMonitor
	account    corev1.ServiceAccount
	role       rbacv1.Role
	binding    rbacv1.RoleBinding
}

// podMonitor has the fields that the overlay uses of the Prometheus Operator's,
// whose types would bring half of Kubernetes along. Fields that are not here count
// as unknown.
type podMonitor struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              struct {
		Selector  metav1.LabelSelector `json:"selector"`
		Endpoints []struct {
			Port          string `json:"port"`
			Interval      string `json:"interval"`
			FilterRunning bool   `json:"filterRunning"`
		} `json:"podMetricsEndpoints"`
	} `json:"spec"`
}

// decode reads a document into the type that Kubernetes has for it. Unknown and
// repeated fields are errors, as they are for an API server that validates.
func (m *manifests) decode(doc []byte) error {
	var is metav1.TypeMeta
	if err := yaml.Unmarshal(doc, &is); err != nil {
		return err
	}
	into, ok := map[metav1.TypeMeta]any{
		{APIVersion: "apps/v1", Kind: "Deployment"}:                       &m.deployment,
		{APIVersion: "v1", Kind: "ConfigMap"}:                             &m.configMap,
		{APIVersion: "v1", Kind: "Service"}:                               &m.service,
		{APIVersion: "policy/v1", Kind: "PodDisruptionBudget"}:            &m.disruption,
		{APIVersion: "monitoring.coreos.com/v1", Kind: "PodMonitor"}:      &m.monitor,
		{APIVersion: "v1", Kind: "ServiceAccount"}:                        &m.account,
		{APIVersion: "rbac.authorization.k8s.io/v1", Kind: "Role"}:        &m.role,
		{APIVersion: "rbac.authorization.k8s.io/v1", Kind: "RoleBinding"}: &m.binding,
	}[is]
	if !ok {
		return errors.New("no test knows " + is.APIVersion + " " + is.Kind)
	}
	return yaml.UnmarshalStrict(doc, into)
}

// variants are what can be applied, with the number of documents in each.
var variants = map[string]int{"base": 4, "overlays/staging": 4, "overlays/production": 4 + 1 + 3}

// each runs a test for every variant, as kustomize renders it.
func each(t *testing.T, test func(t *testing.T, m *manifests)) {
	for variant, want := range variants {
		t.Run(variant, func(t *testing.T) {
			rendered, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), "kubernetes/"+variant)
			if err != nil {
				t.Fatal(err)
			}
			m := new(manifests)
			for _, r := range rendered.Resources() {
				doc, err := r.AsYAML()
				if err != nil {
					t.Fatal(err)
				}
				if err := m.decode(doc); err != nil {
					t.Errorf("%s %s: %v", r.GetKind(), r.GetName(), err)
				}
			}
			if n := rendered.Size(); n != want {
				t.Errorf("got %d documents, want %d of as many kinds", n, want)
			}
			test(t, m)
		})
	}
}

// Every file below deploy/kubernetes is part of something that is tested.
func TestEveryKustomizationIsTested(t *testing.T) {
	found, err := filepath.Glob("kubernetes/overlays/*/kustomization.yaml")
	if err != nil || len(found) != len(variants)-1 {
		t.Errorf("got the overlays %v (%v), want those of %v", found, err, variants)
	}
	for _, file := range found {
		if variant, _ := filepath.Rel("kubernetes", filepath.Dir(file)); variants[variant] == 0 {
			t.Errorf("no test renders %s", variant)
		}
	}
}

// container is the only one of the pod.
func (m *manifests) container(t *testing.T) corev1.Container {
	t.Helper()
	if n := len(m.deployment.Spec.Template.Spec.Containers); n != 1 {
		t.Fatalf("got %d containers, want 1", n)
	}
	return m.deployment.Spec.Template.Spec.Containers[0]
}

func TestStrictMeansStrict(t *testing.T) {
	for name, doc := range map[string]string{
		"a field that does not exist": "apiVersion: apps/v1\nkind: Deployment\nspec: {template: {spec: {terminationGracePeriod: 30}}}",
		"a field given twice":         "apiVersion: v1\nkind: Service\nspec: {ports: []}\nspec: {}",
		"a number that is text":       "apiVersion: apps/v1\nkind: Deployment\nspec: {replicas: two}",
		"an old version":              "apiVersion: apps/v1beta1\nkind: Deployment",
	} {
		if new(manifests).decode([]byte(doc)) == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}

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

func probes(c corev1.Container) map[string]*corev1.Probe {
	return map[string]*corev1.Probe{"startup": c.StartupProbe, "liveness": c.LivenessProbe, "readiness": c.ReadinessProbe}
}

func env(c corev1.Container) map[string]string {
	all := map[string]string{}
	for _, e := range c.Env {
		all[e.Name] = e.Value
	}
	return all
}

func TestProbesAskForOurEndpoints(t *testing.T) { each(t, testProbesAskForOurEndpoints) }

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

func TestThePodMayDoNothing(t *testing.T) { each(t, testThePodMayDoNothing) }

func testThePodMayDoNothing(t *testing.T, m *manifests) {
	pod, c := m.deployment.Spec.Template.Spec, m.container(t)
	is := func(b *bool) bool { return b != nil && *b }
	no := func(b *bool) bool { return b != nil && !*b }
	if s := pod.SecurityContext; s == nil || !is(s.RunAsNonRoot) || s.SeccompProfile == nil || s.SeccompProfile.Type != corev1.SeccompProfileTypeRuntimeDefault {
		t.Errorf("got %+v for the pod, want no root, and the filter of the runtime", s)
	}
	if s := c.SecurityContext; s == nil || !no(s.AllowPrivilegeEscalation) || !is(s.ReadOnlyRootFilesystem) ||
		s.Capabilities == nil || !slices.Contains(s.Capabilities.Drop, "ALL") || len(s.Capabilities.Add) > 0 {
		t.Errorf("got %+v for the container, want no privileges and a root that is read-only", s)
	}
	if leads := m.role.Name != ""; !leads && !no(pod.AutomountServiceAccountToken) {
		t.Error("the pod gets a token that it does not need")
	} else if leads {
		theLeaderMayHoldItsLease(t, m)
	}
}

func theLeaderMayHoldItsLease(t *testing.T, m *manifests) {
	t.Helper()
	pod := m.deployment.Spec.Template.Spec
	if pod.ServiceAccountName != m.account.Name || pod.AutomountServiceAccountToken == nil || !*pod.AutomountServiceAccountToken {
		t.Errorf("the pod has the account %q, or no token of it, want %q", pod.ServiceAccountName, m.account.Name)
	}
	if b := m.binding; b.RoleRef.Name != m.role.Name || len(b.Subjects) != 1 || b.Subjects[0].Name != m.account.Name || b.Subjects[0].Namespace != m.deployment.Namespace {
		t.Errorf("got the binding %+v of %+v, want that of the role %s to the account", b.RoleRef, b.Subjects, m.role.Name)
	}
	verbs := map[string]bool{}
	for _, r := range m.role.Rules {
		if !slices.Equal(r.Resources, []string{"leases"}) || !slices.Equal(r.APIGroups, []string{"coordination.k8s.io"}) {
			t.Errorf("the role allows %v of %v", r.Resources, r.APIGroups)
		}
		for _, v := range r.Verbs {
			verbs[v] = true
			if v != "create" && len(r.ResourceNames) == 0 {
				t.Errorf("the role allows %s for every Lease", v)
			}
		}
	}
	if want := map[string]bool{"create": true, "get": true, "update": true}; !maps.Equal(verbs, want) {
		t.Errorf("the role allows %v, want %v", verbs, want)
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
