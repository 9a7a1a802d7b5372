package kubernetes_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"sync"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	typed "k8s.io/client-go/kubernetes/typed/coordination/v1"
	"k8s.io/client-go/rest"

	"github.com/gracefulfx/graceful/modules/leader/leadertest"
)

// apiServer is an API server behind fronts, one for each of its clients: the one
// that realVariable names, or a double of it.
type apiServer struct {
	t         *testing.T
	namespace string
	leases    typed.LeaseInterface // as an administrator has them
	next      http.Handler         // what pods reach

	mu      sync.Mutex // guards everything below
	fronts  map[string]*front
	asked   map[string]bool // names of clients that have asked
	forbids bool
}

var _ leadertest.Store = (*apiServer)(nil)

// front is how a client reaches the API server.
type front struct {
	*httptest.Server
	hangs   bool          // guarded by the mutex of apiServer
	release chan struct{} // closed when nothing hangs any more
}

// leaseName is the application's and the task's.
const leaseName = "todo-report"

func newAPIServer(t *testing.T) *apiServer {
	t.Helper()
	s := &apiServer{t: t, fronts: map[string]*front{}, asked: map[string]bool{}}
	if kubeconfig := os.Getenv(realVariable); kubeconfig != "" {
		s.useReal(kubeconfig)
		return s
	}
	s.namespace, s.next = "shop", (&double{}).handler()
	direct := httptest.NewServer(s.next)
	t.Cleanup(direct.Close)
	s.administer(&rest.Config{Host: direct.URL})
	return s
}

func (s *apiServer) administer(c *rest.Config) {
	s.t.Helper()
	c.ContentType = "application/json" // the double knows no other
	client, err := typed.NewForConfig(c)
	if err != nil {
		s.t.Fatal(err)
	}
	s.leases = client.Leases(s.namespace)
}

// front makes a way to the server for a client of that name.
func (s *apiServer) front(name string) *front {
	f := &front{release: make(chan struct{})}
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		hangs, forbids := f.hangs, s.forbids
		s.asked[name] = s.asked[name] || !hangs
		s.mu.Unlock()
		switch {
		case hangs:
			select {
			case <-f.release:
			case <-r.Context().Done():
			}
		case forbids:
			refuse(w, http.StatusForbidden, metav1.StatusReasonForbidden)
		default:
			s.next.ServeHTTP(w, r)
		}
	}))
	s.t.Cleanup(func() { close(f.release); f.Close() })
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fronts[name] = f
	return f
}

// config is how a client reaches a server at that address.
func config(url string) *rest.Config {
	return &rest.Config{Host: url, QPS: -1, ContentConfig: rest.ContentConfig{ContentType: "application/json"}}
}

// Env implements leadertest.Store.
func (s *apiServer) Env(name string) []string {
	return []string{"TEST_SERVER=" + s.front(name).URL, "TEST_NAMESPACE=" + s.namespace, "TODO_HTTP_ADDR=off", "TODO_ADMIN_ADDR=off"}
}

// CutOff implements leadertest.Store.
func (s *apiServer) CutOff(name string, hang bool) {
	s.mu.Lock()
	f := s.fronts[name]
	f.hangs = true
	s.mu.Unlock()
	if !hang {
		f.Listener.Close()
	}
	f.CloseClientConnections()
}

// AwaitCandidates implements leadertest.Store. A candidate is one that has asked
// for the Lease, since nothing else is known of it.
func (s *apiServer) AwaitCandidates(n int) {
	s.t.Helper()
	for end := time.Now().Add(time.Minute); ; <-time.After(time.Millisecond) { // they are other processes
		s.mu.Lock()
		asked := len(s.asked)
		s.mu.Unlock()
		if asked >= n {
			return
		}
		if time.Now().After(end) {
			s.t.Fatalf("%d candidates have asked for the Lease, want %d", asked, n)
		}
	}
}

// Holder implements leadertest.Store.
func (s *apiServer) Holder() string {
	s.t.Helper()
	l, err := s.leases.Get(context.Background(), leaseName, metav1.GetOptions{})
	if err != nil && !apierrors.IsNotFound(err) {
		s.t.Fatal(err)
	}
	if l == nil || l.Spec.HolderIdentity == nil {
		return ""
	}
	return *l.Spec.HolderIdentity
}

// remove deletes the Lease, as a person might.
func (s *apiServer) remove() {
	s.t.Helper()
	if err := s.leases.Delete(context.Background(), leaseName, metav1.DeleteOptions{}); err != nil {
		s.t.Fatal(err)
	}
}

func (s *apiServer) forbid(yes bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forbids = yes
}

// own is how a client in this process reaches the server, with connections that end
// with the front.
func (s *apiServer) own() *rest.Config {
	f := s.front("single")
	c := config(f.URL)
	c.Transport = f.Client().Transport
	return c
}
