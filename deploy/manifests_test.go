package deploy

import (
	"errors"
	"path/filepath"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
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
