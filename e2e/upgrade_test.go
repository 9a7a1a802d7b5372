//go:build unix

package e2e

import (
	"bufio"
	"fmt"
	"net/http"
	"testing"

	"github.com/gracefulfx/graceful/e2e/browser"
)

// What an upgrade did to streams is on the page: how many moved, for how long one
// of them was not served, how many did not move, and why.
func TestThePageShowsWhatAnUpgradeDidToStreams(t *testing.T) {
	p := browser.Open(t)
	s := start(t, "shop: {banner: Deliveries}\n")
	stays := []*bufio.Scanner{s.deliveries("?leave=no"), s.deliveries("?leave=no")}
	var moves []*bufio.Scanner
	for range 3 {
		moves = append(moves, s.deliveries(""))
	}
	visit(t, p, s.page())
	press(t, p, "Upgrade", "Upgrade")
	p.Until(t, `$('who').textContent.startsWith('generation 2 · pid ') && !!$('process').querySelector('.moved dl')`)
	for _, want := range []string{
		`/amid a request\s+3 moved, paused for [\d.]+ (µs|ms|s) at most/`,
		`/stayed\s+2: not left/`,
	} {
		p.Until(t, want+`.test($('process').querySelector('.moved').innerText)`)
	}
	p.Until(t, `/3 in the middle of a request \(paused for [\d.]+ (µs|ms|s) at most\); stayed: 2 not left/.test($('process').innerText)`)
	p.Picture(t, "streams")
	p.Quiet(t)
	for _, lines := range moves {
		if !lines.Scan() || lines.Text() != "2" {
			t.Errorf("got %q, %v from a stream that moved, want generation 2", lines.Text(), lines.Err())
		}
	}
	for _, lines := range stays {
		if lines.Scan() || lines.Err() != nil {
			t.Errorf("got %q, %v from a stream that did not move, want its end", lines.Text(), lines.Err())
		}
	}
}

// deliveries opens a stream, and reads its first line.
func (s *service) deliveries(query string) *bufio.Scanner {
	s.t.Helper()
	res, err := http.Get(fmt.Sprintf("http://%s/deliveries%s", s.addr, query))
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { res.Body.Close() })
	lines := bufio.NewScanner(res.Body)
	if !lines.Scan() || lines.Text() != "1" {
		s.t.Fatalf("got %q, %v, want generation 1", lines.Text(), lines.Err())
	}
	return lines
}
