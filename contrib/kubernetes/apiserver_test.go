package kubernetes_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"

	coordination "k8s.io/api/coordination/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
)

// apiServer is a test double: it speaks the part of coordination.k8s.io/v1 that
// elections use, with the conflicts of resource versions that they rely on. It is
// no API server: there is no admission, no role, no watch.
type apiServer struct {
	*httptest.Server
	t *testing.T

	mu       sync.Mutex // guards everything below
	lease    *coordination.Lease
	revision int
	forbids  bool
	cut      map[string]bool // names of clients that get no answer
	released chan struct{}   // closed when nobody is cut off any more
	changed  chan struct{}   // closed at every change
}

const (
	namespace = "shop"
	leases    = "/apis/coordination.k8s.io/v1/namespaces/" + namespace + "/leases"
)

func newAPIServer(t *testing.T) *apiServer {
	s := &apiServer{t: t, cut: map[string]bool{}, released: make(chan struct{}), changed: make(chan struct{})}
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+leases+"/todo-report", s.get)
	mux.HandleFunc("POST "+leases, s.create)
	mux.HandleFunc("PUT "+leases+"/todo-report", s.update)
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		cut, forbids := s.cut[r.UserAgent()], s.forbids
		s.mu.Unlock()
		if cut {
			select {
			case <-s.released:
			case <-r.Context().Done():
			}
			return
		}
		if forbids {
			refuse(w, http.StatusForbidden, metav1.StatusReasonForbidden)
			return
		}
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(func() { close(s.released); s.Close() })
	return s
}

// config is how a client of that name reaches the server.
func config(url, name string) *rest.Config {
	return &rest.Config{Host: url, UserAgent: name, QPS: -1, ContentConfig: rest.ContentConfig{ContentType: "application/json"}}
}

func refuse(w http.ResponseWriter, code int, reason metav1.StatusReason) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(metav1.Status{
		TypeMeta: metav1.TypeMeta{Kind: "Status", APIVersion: "v1"}, Status: metav1.StatusFailure,
		Reason: reason, Code: int32(code), Message: string(reason),
	})
}

func (s *apiServer) answer(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(s.lease)
}

func (s *apiServer) get(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lease == nil {
		refuse(w, http.StatusNotFound, metav1.StatusReasonNotFound)
		return
	}
	s.answer(w)
}

func (s *apiServer) create(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lease != nil {
		refuse(w, http.StatusConflict, metav1.StatusReasonAlreadyExists)
		return
	}
	s.take(w, r)
}

func (s *apiServer) update(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lease == nil {
		refuse(w, http.StatusNotFound, metav1.StatusReasonNotFound)
		return
	}
	s.take(w, r)
}

// take stores what the request has, unless another one came before. It is called
// with s.mu held.
func (s *apiServer) take(w http.ResponseWriter, r *http.Request) {
	var l coordination.Lease
	if err := json.NewDecoder(r.Body).Decode(&l); err != nil {
		refuse(w, http.StatusBadRequest, metav1.StatusReason(err.Error()))
		return
	}
	if s.lease != nil && l.ResourceVersion != s.lease.ResourceVersion {
		refuse(w, http.StatusConflict, metav1.StatusReasonConflict)
		return
	}
	s.revision++
	l.ResourceVersion = strconv.Itoa(s.revision)
	l.TypeMeta = metav1.TypeMeta{Kind: "Lease", APIVersion: "coordination.k8s.io/v1"}
	s.lease = &l
	close(s.changed)
	s.changed = make(chan struct{})
	s.answer(w)
}

// seen is what the Lease says, for people.
func (s *apiServer) seen() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lease == nil || s.lease.Spec.HolderIdentity == nil {
		return "nobody"
	}
	return fmt.Sprintf("%q, transitions %d", *s.lease.Spec.HolderIdentity, *s.lease.Spec.LeaseTransitions)
}

// isolate cuts the client of that name off.
func (s *apiServer) isolate(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cut[name] = true
}

func (s *apiServer) remove() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lease = nil
}

func (s *apiServer) forbid(yes bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forbids = yes
}
