package stream

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
)

// RequestHead returns the head of r as net/http is to read it again. It returns
// false if that is impossible: r has a body, is not HTTP/1, or its head is longer
// than MaxHead.
//
// Header names are in their canonical form and Host comes first; nothing of
// HTTP/1.1 depends on either (RFC 9112, 5).
func RequestHead(r *http.Request) ([]byte, bool) {
	if r.ProtoMajor != 1 || r.ContentLength != 0 || len(r.TransferEncoding) > 0 || r.Method == http.MethodConnect {
		return nil, false
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s HTTP/%d.%d\r\n", r.Method, r.RequestURI, r.ProtoMajor, r.ProtoMinor)
	if r.Host != "" {
		fmt.Fprintf(&b, "Host: %s\r\n", r.Host)
	}
	_ = r.Header.Write(&b) // a bytes.Buffer returns no error
	b.WriteString("\r\n")
	return b.Bytes(), b.Len() <= MaxHead
}

// IsWebSocket reports whether r asks for a WebSocket (RFC 6455, 4.1).
func IsWebSocket(r *http.Request) bool {
	return r.Method == http.MethodGet && strings.EqualFold(r.Header.Get("Upgrade"), "websocket")
}

const (
	extensions        = "Sec-Websocket-Extensions"
	deflate           = "permessage-deflate"
	noClientTakeover  = "client_no_context_takeover"
	anyClientTakeover = "; " + noClientTakeover
)

// CompressEach makes the client's offers of compression say that each of its
// messages is compressed by itself (RFC 7692, 7.1.1.2). A library that accepts such
// an offer needs nothing of earlier messages to read the next, so its state may be
// lost. The other direction needs nothing: a fresh compressor refers only to what
// it has written itself, whatever the client remembers.
//
// It changes header, and must be called before the library reads it.
func CompressEach(header http.Header) {
	offers := header[extensions]
	if len(offers) == 0 {
		return
	}
	list := strings.Split(strings.Join(offers, ","), ",")
	for i, offer := range list {
		name, _, _ := strings.Cut(offer, ";")
		if strings.EqualFold(strings.TrimSpace(name), deflate) && !strings.Contains(offer, noClientTakeover) {
			list[i] = strings.TrimRight(offer, " \t") + anyClientTakeover
		}
	}
	header[extensions] = []string{strings.Join(list, ",")}
}
