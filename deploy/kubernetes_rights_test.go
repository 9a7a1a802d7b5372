package deploy

import (
	"maps"
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
)

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
