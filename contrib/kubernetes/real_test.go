package kubernetes_test

import (
	"context"
	"io"
	"log"
	"net/http/httputil"
	"net/url"
	"os"
	"strings"
	"time"

	authentication "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	typed "k8s.io/client-go/kubernetes/typed/coordination/v1"
	core "k8s.io/client-go/kubernetes/typed/core/v1"
	rbac "k8s.io/client-go/kubernetes/typed/rbac/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/yaml"
)

// realVariable names the kubeconfig of an API server that the tests may use, such
// as the one that deploy/kubernetes/validate.sh starts. For each test there is a
// new namespace, in which pods have the role of components/leader and no other
// right.
const realVariable = "KUBE_APISERVER_TEST"

// role is what the manifests give a leader.
const role = "../../deploy/kubernetes/components/leader/role.yaml"

func (s *apiServer) useReal(kubeconfig string) {
	s.t.Helper()
	admin, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		s.t.Fatal(err)
	}
	ctx := context.Background()
	client := must(core.NewForConfig(admin))
	made := must(client.Namespaces().Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "graceful-test-"}}, metav1.CreateOptions{}))
	s.namespace = made.Name
	s.t.Cleanup(func() { _ = client.Namespaces().Delete(ctx, s.namespace, metav1.DeleteOptions{}) })
	s.administer(admin)

	account := s.apply(ctx, client, must(rbac.NewForConfig(admin)))
	token := must(client.ServiceAccounts(s.namespace).CreateToken(ctx, account, &authentication.TokenRequest{}, metav1.CreateOptions{})).Status.Token
	pod := rest.AnonymousClientConfig(admin)
	pod.BearerToken = token
	s.awaitRole(ctx, pod)
	proxy := httputil.NewSingleHostReverseProxy(must(url.Parse(admin.Host)))
	proxy.Transport = must(rest.TransportFor(pod))
	proxy.ErrorLog = log.New(io.Discard, "", 0) // clients that were cut off
	s.next = proxy
}

// apply makes what the manifests have for a leader, and returns the account.
func (s *apiServer) apply(ctx context.Context, client *core.CoreV1Client, roles *rbac.RbacV1Client) (account string) {
	text := must(os.ReadFile(role))
	var sa corev1.ServiceAccount
	var r rbacv1.Role
	var b rbacv1.RoleBinding
	for i, doc := range strings.Split(string(text), "\n---\n") {
		if err := yaml.UnmarshalStrict([]byte(doc), []any{&sa, &r, &b}[i]); err != nil {
			s.t.Fatal(err)
		}
	}
	b.Subjects[0].Namespace = s.namespace // as kustomize does
	must(client.ServiceAccounts(s.namespace).Create(ctx, &sa, metav1.CreateOptions{}))
	must(roles.Roles(s.namespace).Create(ctx, &r, metav1.CreateOptions{}))
	must(roles.RoleBindings(s.namespace).Create(ctx, &b, metav1.CreateOptions{}))
	return sa.Name
}

// awaitRole waits until the server knows the role: it learns of it by a watch.
func (s *apiServer) awaitRole(ctx context.Context, pod *rest.Config) {
	leases := must(typed.NewForConfig(pod)).Leases(s.namespace)
	for end := time.Now().Add(time.Minute); ; <-time.After(10 * time.Millisecond) { // it has no event for us
		_, err := leases.Get(ctx, leaseName, metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			return
		}
		if time.Now().After(end) {
			s.t.Fatalf("the role does not come into force: %v", err)
		}
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
