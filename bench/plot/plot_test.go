package plot

import (
	"encoding/xml"
	"errors"
	"io"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// elements checks that text is well-formed XML and counts its elements.
func elements(t *testing.T, text string) map[string]int {
	t.Helper()
	count := map[string]int{}
	d := xml.NewDecoder(strings.NewReader(text))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return count
		} else if err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
		if e, ok := token.(xml.StartElement); ok {
			count[e.Name.Local]++
		}
	}
}

func TestBars(t *testing.T) {
	tests := []struct {
		name   string
		values [][]float64
		log    bool
		rects  int
	}{
		{"plain", [][]float64{{0, 5}, {1, 2}}, false, 4},
		{"not measured", [][]float64{{-1, 5}, {1, -1}}, false, 2},
		{"nothing but zero", [][]float64{{0, 0}, {0, 0}}, false, 4},
		{"nothing but zero, log", [][]float64{{0, 0}, {0, 0}}, true, 4},
		{"log", [][]float64{{0, 1e6}, {0.01, 3}}, true, 4},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var b strings.Builder
			err := Bars{Title: "a < b & c", Names: []string{"x", "y"}, Groups: []string{"one", "two"}, Values: tt.values, Log: tt.log}.Draw(&b)
			if err != nil {
				t.Fatal(err)
			}
			if got, want := elements(t, b.String())["rect"], 1+2+tt.rects; got != want { // background, legend, bars
				t.Errorf("got %d rectangles, want %d", got, want)
			}
			if strings.Contains(b.String(), "NaN") || strings.Contains(b.String(), "Inf") {
				t.Errorf("coordinates are no numbers:\n%s", b.String())
			}
		})
	}
}

// A page may be light or dark: ink and paper follow it, and nothing else is drawn
// in a colour that one of them hides.
func TestPicturesFollowThePage(t *testing.T) {
	var b strings.Builder
	if err := (Bars{Title: "a", Names: []string{"x"}, Groups: []string{"one"}, Values: [][]float64{{-1}}}).Draw(&b); err != nil {
		t.Fatal(err)
	}
	if err := (Curves{LogX: true, Curves: []Curve{{"a", []float64{1, 100}, []float64{0.5, 2000}}}}).Draw(&b); err != nil {
		t.Fatal(err)
	}
	if got := strings.Count(b.String(), "prefers-color-scheme: dark"); got != 2 {
		t.Errorf("got %d dark styles, want one of each picture", got)
	}
	drawn := strings.ReplaceAll(b.String(), style, "")
	for _, m := range regexp.MustCompile(`(?:fill|stroke)="(#[0-9a-f]+)"`).FindAllStringSubmatch(drawn, -1) {
		if !slices.Contains(colours, m[1]) {
			t.Errorf("%s is drawn, which is no colour of a server", m[1])
		}
	}
}

func TestCurves(t *testing.T) {
	for name, c := range map[string]Curves{
		"none":      {},
		"one point": {Curves: []Curve{{"a", []float64{1}, []float64{1}}}},
		"log":       {LogX: true, LogY: true, Curves: []Curve{{"a", []float64{1, 100}, []float64{0.5, 2000}}}},
		"gap":       {Curves: []Curve{{"a", []float64{1, 2, 3}, []float64{1, math.NaN(), 3}}}},
	} {
		t.Run(name, func(t *testing.T) {
			var b strings.Builder
			if err := c.Draw(&b); err != nil {
				t.Fatal(err)
			}
			if got := elements(t, b.String())["path"]; got != len(c.Curves) {
				t.Errorf("got %d paths, want %d", got, len(c.Curves))
			}
			if strings.Contains(b.String(), "NaN") || strings.Contains(b.String(), "Inf") {
				t.Errorf("coordinates are no numbers:\n%s", b.String())
			}
		})
	}
}

func TestAxis(t *testing.T) {
	up := axis{lo: 0, hi: 10, from: 100, to: 0}
	log := axis{lo: 1, hi: 100, from: 0, to: 100, log: true}
	tests := []struct {
		a       axis
		v, want float64
	}{
		{up, 0, 100}, {up, 10, 0}, {up, 5, 50},
		{log, 1, 0}, {log, 10, 50}, {log, 100, 100}, {log, 0, 0},
	}
	for _, tt := range tests {
		if got := tt.a.at(tt.v); math.Abs(got-tt.want) > 1e-9 {
			t.Errorf("%+v at %v: got %v, want %v", tt.a, tt.v, got, tt.want)
		}
	}
}

func TestTicksAreRound(t *testing.T) {
	tests := []struct {
		a    axis
		want []float64
	}{
		{axis{lo: 0, hi: 10}, []float64{0, 2, 4, 6, 8, 10}},
		{axis{lo: -500, hi: 1000}, []float64{-400, -200, 0, 200, 400, 600, 800, 1000}},
		{axis{lo: 1, hi: 1000, log: true}, []float64{1, 10, 100, 1000}},
	}
	for _, tt := range tests {
		if got := tt.a.ticks(); !slices.Equal(got, tt.want) {
			t.Errorf("%+v: got %v, want %v", tt.a, got, tt.want)
		}
	}
}

func TestShort(t *testing.T) {
	for v, want := range map[float64]string{0: "0", 0.12345: "0.123", 7: "7", 12.34: "12.3", 1000: "1000", 5016: "5016", 12345: "12.3k", 2.5e6: "2.5M", -200: "-200"} {
		if got := short(v); got != want {
			t.Errorf("%v: got %q, want %q", v, got, want)
		}
	}
}
