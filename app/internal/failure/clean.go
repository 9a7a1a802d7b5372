package failure

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
)

// Clean reports whether a task that returned err did not fail: err is nil,
// http.ErrServerClosed or the cancellation of ctx, and nothing more. It does not
// use errors.Is, which also finds the cancellation in an error that says more.
func Clean(ctx context.Context, err error) bool {
	switch {
	case err == nil, err == http.ErrServerClosed: //nolint:errorlint // a wrapped one says more
		return true
	case ctx.Err() != nil && isCancellation(ctx, err):
		return true
	}
	inner, silent := unwrap(err)
	if !silent {
		return false
	}
	for _, e := range inner {
		if !Clean(ctx, e) {
			return false
		}
	}
	return true
}

// isCancellation reports whether err is the cancellation itself. net.Dialer returns
// an error of its package for it, which matches context.Canceled by its method Is.
func isCancellation(ctx context.Context, err error) bool {
	if err == ctx.Err() || err == context.Cause(ctx) { //nolint:errorlint // a wrapped one says more
		return true
	}
	e, ok := err.(interface{ Is(error) bool }) //nolint:errorlint // of this level
	return ok && errors.Unwrap(err) == nil && e.Is(context.Canceled)
}

// unwrap returns the errors that err wraps. It is silent if it adds nothing to
// their text, or only the name of the call that was cancelled.
func unwrap(err error) (inner []error, silent bool) {
	switch e := err.(type) { //nolint:errorlint // of this level
	case *url.Error: // of http.Client
		return []error{e.Err}, true
	case *net.OpError: // of net.Dialer
		return []error{e.Err}, true
	case interface{ Unwrap() error }:
		inner = []error{e.Unwrap()}
	case interface{ Unwrap() []error }: // errors.Join
		inner = e.Unwrap()
	}
	texts := make([]string, 0, len(inner))
	for _, e := range inner {
		if e == nil {
			return nil, false
		}
		texts = append(texts, e.Error())
	}
	return inner, len(inner) > 0 && strings.Join(texts, "\n") == err.Error()
}
