package tlsmove

import (
	"crypto/tls"
	"net"
	"testing"
)

// BenchmarkRequest measures a request and its response, 200 and 2000 bytes, with
// crypto/tls, with crypto/tls and a tap, and on a continued connection.
func BenchmarkRequest(b *testing.B) {
	cert, err := temporaryCertificate()
	if err != nil {
		b.Fatal(err)
	}
	c := &tls.Config{Certificates: []tls.Certificate{cert}}
	for _, kind := range []string{"crypto/tls", "tapped", "continued"} {
		b.Run(kind, func(b *testing.B) {
			near, far := memoryPipe()
			defer near.Close()
			client := tls.Client(far, temporaryClient())
			shaken := make(chan error, 1)
			go func() { shaken <- client.Handshake() }()
			plain := tls.Server(near, c)
			var s net.Conn = plain
			if kind == "crypto/tls" {
				if err := plain.Handshake(); err != nil {
					b.Fatal(err)
				}
			} else {
				t := Server(near, Config(c))
				if err := t.Handshake(); err != nil {
					b.Fatal(err)
				}
				s = t
				if kind == "continued" {
					if s, err = handOver(t, near, c); err != nil {
						b.Fatal(err)
					}
				}
			}
			if err := <-shaken; err != nil {
				b.Fatal(err)
			}
			request, response := make([]byte, 200), make([]byte, 2000)
			in := make([]byte, 4096)
			b.ReportAllocs()
			for b.Loop() {
				turn(b, client, s, request, in)
				turn(b, s, client, response, in)
			}
		})
	}
}

func turn(b *testing.B, from, to net.Conn, p, in []byte) {
	if _, err := from.Write(p); err != nil {
		b.Fatal(err)
	}
	for n := 0; n < len(p); {
		m, err := to.Read(in)
		if err != nil {
			b.Fatal(err)
		}
		n += m
	}
}
