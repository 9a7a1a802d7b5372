package conformance

import (
	"maps"
	"regexp"
	"slices"
	"strings"
)

// Tests that would fail, and why. They are not run: some wait for minutes. A part
// of a test is named like TestX/part.

var exceptNetHTTP = map[string]string{
	"TestOmitHTTP2": "it is a build of net/http without HTTP/2",

	"TestHijackAfterCloseNotifier":         "without an Upgrade header Hijack gives our connection, of another type",
	"TestClientInsecureTransport":          setLate,
	"TestClientWithIncorrectTLSServerName": setLate,
	"TestServerShutdown":                   "Shutdown of the application's server stops the application, which drains as for a signal",
}

const setLate = "it sets ErrorLog of a server that serves; ours reads it before"

var exceptCryptoTLS = map[string]string{
	"TestBogoSuite":          "it downloads another project",
	"TestGetConfigForClient": "it looks for a placeholder that crypto/tls writes into SessionTicketKey of what GetConfigForClient has returned; here that is a copy",

	"TestHandshakeServerALPN/TLSv12":                 longerTicket,
	"TestHandshakeServerALPNFallback/TLSv12":         longerTicket,
	"TestHandshakeServerALPNNotConfigured/TLSv12":    longerTicket,
	"TestHandshakeServerExportKeyingMaterial/TLSv12": longerTicket,
	"TestServerResumption/TLSv12":                    longerTicket,
	"TestServerResumptionDisabled/TLSv12":            longerTicket,
}

// longerTicket is why every byte of a recorded handshake is not the same. These
// tests run with tickets of the application, which are left alone.
const longerTicket = "a ticket of TLS 1.2 has the master secret a second time"

// because are the tests that are left out for one reason.
func because(except map[string]string, reason string) (tests []string) {
	for test, why := range except {
		if why == reason {
			tests = append(tests, test)
		}
	}
	return tests
}

// exactly is the pattern of go test that matches tests and nothing else.
func exactly(tests []string) string {
	var patterns []string
	for _, test := range tests {
		var parts []string
		for part := range strings.SplitSeq(test, "/") {
			parts = append(parts, "^"+regexp.QuoteMeta(part)+"$")
		}
		patterns = append(patterns, strings.Join(parts, "/"))
	}
	slices.Sort(patterns)
	return strings.Join(patterns, "|")
}

// leftOut is the pattern of the tests in except.
func leftOut(except map[string]string) string { return exactly(slices.Collect(maps.Keys(except))) }
