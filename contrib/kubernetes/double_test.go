package kubernetes_test

import (
	"encoding/json"
	"net/http"
	"strconv"
	"sync"

	coordination "k8s.io/api/coordination/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// double is a test double of an API server: it speaks the part of
// coordination.k8s.io/v1 that elections use, for one Lease, with the conflicts of
// resource versions that they rely on. There is no admission, no role, no watch.
type double struct {
	mu       sync.Mutex // guards everything below
	lease    *coordination.Lease
	revision int
}

// handler answers as the API server does.
func (d *double) handler() http.Handler {
	const leases = "/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases"
	mux := http.NewServeMux()
	for pattern, h := range map[string]http.HandlerFunc{
		"GET " + leases + "/{name}":    d.get,
		"POST " + leases:               d.create,
		"PUT " + leases + "/{name}":    d.update,
		"DELETE " + leases + "/{name}": d.remove,
	} {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			d.mu.Lock()
			defer d.mu.Unlock()
			h(w, r)
		})
	}
	return mux
}

func refuse(w http.ResponseWriter, code int, reason metav1.StatusReason) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(metav1.Status{
		TypeMeta: metav1.TypeMeta{Kind: "Status", APIVersion: "v1"}, Status: metav1.StatusFailure,
		Reason: reason, Code: int32(code), Message: string(reason),
	})
}

func (d *double) answer(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(d.lease)
}

func (d *double) get(w http.ResponseWriter, _ *http.Request) {
	if d.lease == nil {
		refuse(w, http.StatusNotFound, metav1.StatusReasonNotFound)
		return
	}
	d.answer(w)
}

func (d *double) create(w http.ResponseWriter, r *http.Request) {
	if d.lease != nil {
		refuse(w, http.StatusConflict, metav1.StatusReasonAlreadyExists)
		return
	}
	d.take(w, r)
}

func (d *double) update(w http.ResponseWriter, r *http.Request) {
	if d.lease == nil {
		refuse(w, http.StatusNotFound, metav1.StatusReasonNotFound)
		return
	}
	d.take(w, r)
}

func (d *double) remove(w http.ResponseWriter, _ *http.Request) {
	d.answer(w)
	d.lease = nil
}

// take stores what the request has, unless another one came before.
func (d *double) take(w http.ResponseWriter, r *http.Request) {
	var l coordination.Lease
	if err := json.NewDecoder(r.Body).Decode(&l); err != nil {
		refuse(w, http.StatusBadRequest, metav1.StatusReason(err.Error()))
		return
	}
	if d.lease != nil && l.ResourceVersion != d.lease.ResourceVersion {
		refuse(w, http.StatusConflict, metav1.StatusReasonConflict)
		return
	}
	d.revision++
	l.ResourceVersion = strconv.Itoa(d.revision)
	l.TypeMeta = metav1.TypeMeta{Kind: "Lease", APIVersion: "coordination.k8s.io/v1"}
	d.lease = &l
	d.answer(w)
}
