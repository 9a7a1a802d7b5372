package main

import (
	"fmt"
	"net/http"
	"strings"
)

// etag names the version of t. A client that sends it back in If-Match changes that
// version or none.
func etag(t Todo) string { return fmt.Sprintf(`"%d"`, t.Version) }

// ifMatch refuses a request that was made for another version of t.
func ifMatch(r *http.Request, t Todo) error {
	want := r.Header.Get("If-Match")
	if want == "" || want == "*" {
		return nil
	}
	for tag := range strings.SplitSeq(want, ",") {
		if strings.TrimSpace(tag) == etag(t) {
			return nil
		}
	}
	return problem(http.StatusPreconditionFailed, "the todo was changed since you read it: its ETag is now %s", etag(t))
}
