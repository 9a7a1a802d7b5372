package config

import (
	"fmt"
	"math/big"
	"strings"
	"testing"
)

// numbers holds one number in the types in which it may be wanted.
type numbers struct {
	Any   any         `config:"any"`
	S     string      `config:"s"`
	F     float64     `config:"f"`
	N     int         `config:"n"`
	Keys  map[int]int `config:"keys"`
	Big   *big.Float  `config:"big"`
	Whole *big.Int    `config:"whole"`
}

// A number that is ambiguous is refused, and none ever becomes another number.
func TestNumbersAreWhatIsWrittenOrRefused(t *testing.T) {
	for _, tt := range []struct{ format, text, want string }{
		{"yaml", "t: {any: 010}", `:1:5: t.any: 010 could be octal or decimal (write 10, or 0o10 if octal is meant; in quotes it is text)`},
		{"yaml", "t: {any: {mode: [0644]}}", `:1:18: t.any.mode[0]: 0644 could be octal or decimal`},
		{"yaml", "x-m: &m 010\nt: {any: *m}", `t.any: 010 could be octal or decimal`},
		{"yaml", "t: {f: 010}", `t.f: 010 could be octal or decimal (write 10, or 0o10 if octal is meant)`},
		{"yaml", "t: {n: 00}", `t.n: 00 could be octal or decimal (write 0, or 0o0 if octal is meant)`},
		{"yaml", "t: {keys: {010: 1}}", `t.keys.010: the key is not a whole number: 010 could be octal or decimal`},
		{"yaml", "t: {any: [10, 0o10, 0x10, '010', 1.5, .inf]}", "[10 8 16 010 1.5 +Inf]"},
		{"yaml", "t: {any: 1E400}", `t.any: 1E400 is a number beyond 1.8e308 (put it in quotes if it is text)`},
		{"yaml", "t: {s: 1e400}", `t.s: expected text, found 1e400 (put it in quotes: "1e400")`},
		{"yaml", "t: {f: -1E400}", `t.f: -1E400 overflows float64`},
		{"yaml", "t: {n: 1E400}", `t.n: 1E400 overflows int`},
		{"yaml", "t: {big: 1E400}", "1e+400"},
		{"yaml", "t: {any: '1E400'}", "1E400"},
		{"yaml", "t: {any: !!str 1E400}", "1E400"},
		{"yaml", "t: {any: {a: ['${HOME}']}}", `t.any.a[0]: is a placeholder`},
		{"yaml", "t: {any: 12345678901234567890123}", `t.any: 12345678901234567890123 has more digits than a number can hold (put it in quotes if it is text)`},
		{"yaml", "t: {whole: 12345678901234567890123}", "12345678901234567890123"},
		{"json", `{"t": {"any": 1E400}}`, `t.any: 1E400 is a number beyond 1.8e308`},
		{"json", `{"t": {"s": 1E400}}`, `t.s: expected text, found 1E400`},
		{"json", `{"t": {"f": 1E400}}`, `t.f: 1E400 overflows float64`},
		{"json", `{"t": {"big": 1E400}}`, "1e+400"},
		{"json", `{"t": {"any": [12345678901234567890123]}}`, `t.any[0]: 12345678901234567890123 has more digits`},
		{"toml", "[t]\nf = 1E400", `t.f: 1E400 is out of range`}, // of the format itself
		{"toml", "[t]\nany = 99999999999999999999", `t.any: 99999999999999999999 is out of range`},
	} {
		got, err := load[numbers](t, "t", "c."+tt.format, tt.text)
		text := ""
		switch {
		case err != nil:
			text = err.Error()
		case got.Big != nil:
			text = got.Big.Text('g', 4)
		case got.Whole != nil:
			text = got.Whole.String()
		default:
			text = fmt.Sprint(got.Any)
		}
		if err != nil && !strings.Contains(text, tt.want) || err == nil && text != tt.want {
			t.Errorf("%s %q: got %s, want %s", tt.format, tt.text, text, tt.want)
		}
	}
}
