package config

import (
	"errors"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

type shop struct {
	Banner   string        `config:"banner"`
	MaxItems int           `config:"max_items"`
	MinItems int           `config:"min_items"`
	Currency string        `config:"currency"`
	Closes   time.Duration `config:"closes"`
	Opens    time.Duration `config:"opens"`
	Tags     []string      `config:"tags"`
	Card     struct {
		Key  string `config:"key"`
		Cert string `config:"cert"`
	} `config:"card"`
}

func shopDefaults() shop {
	return shop{Banner: "hello", MaxItems: 10, Closes: 20 * time.Hour, Opens: 8 * time.Hour}
}

func (s *shop) Validate() error {
	var errs []error
	if s.MaxItems < 1 {
		errs = append(errs, Invalid("max_items", "%d is not positive", s.MaxItems))
	}
	if s.MinItems > s.MaxItems {
		errs = append(errs, Invalid("min_items", "%d is more than max_items", s.MinItems))
	}
	if s.Currency == "" {
		errs = append(errs, errors.New("needs a currency"))
	}
	if s.Opens > s.Closes {
		errs = append(errs, errors.New("opens after it closes"))
	}
	if (s.Card.Key == "") != (s.Card.Cert == "") {
		errs = append(errs, Invalid("card", "key and cert belong together"))
	}
	return errors.Join(errs...)
}

// Whatever is wrong, the rest is checked, too; and the complaint of a rule that
// follows only from a setting that could not be read is left out.
func TestNoProblemHidesAnother(t *testing.T) {
	const rest = "currency: EUR, "
	tests := []struct {
		name  string
		files []string
		env   []string
		want  []string
	}{
		{"unknown key and a broken rule", []string{"shop:\n  currency: EUR\n  max_items: 0\n  bannr: x"}, nil, []string{
			`a.yaml:3:3: shop.max_items: 0 is not positive`,
			`a.yaml:4:3: shop.bannr: unknown key (did you mean "banner"?)`,
		}},
		{"unreadable value and a broken rule", []string{"shop: {" + rest + "max_items: 0,\n  closes: 5}"}, nil, []string{
			`a.yaml:1:23: shop.max_items: 0 is not positive`,
			`a.yaml:2:3: shop.closes: duration 5 has no unit (write "5s", or "5ms")`,
		}},
		{"rules of the section as a whole, too", []string{"shop: {max_items: 0, opens: 21h, banner: 7}"}, nil, []string{
			`a.yaml:1:1: shop: needs a currency`,
			`a.yaml:1:1: shop: opens after it closes`,
			`a.yaml:1:8: shop.max_items: 0 is not positive`,
			`a.yaml:1:34: shop.banner: expected text, found 7 (put it in quotes: "7")`,
		}},
		{"what is required was misspelt", []string{"shop: {curency: EUR}"}, nil, []string{
			`a.yaml:1:8: shop.curency: unknown key (did you mean "currency"?)`,
		}},
		{"the bound was misspelt", []string{"shop: {" + rest + "min_items: 50, max_itms: 100}"}, nil, []string{
			`a.yaml:1:38: shop.max_itms: unknown key (did you mean "max_items"?)`,
		}},
		{"the bound cannot be read", []string{"shop: {" + rest + "min_items: 50, max_items: 1OO}"}, nil, []string{
			`a.yaml:1:38: shop.max_items: "1OO" is not a whole number`,
		}},
		{"a misspelt key that is there, too", []string{"shop: {" + rest + "min_items: 50, max_itms: 100, max_items: 20}"}, nil, []string{
			`a.yaml:1:23: shop.min_items: 50 is more than max_items`,
			`a.yaml:1:38: shop.max_itms: unknown key (did you mean "max_items"?)`,
		}},
		{"half of a pair is a word", []string{"shop: {" + rest + "card: yes, tags: [a, 1]}"}, nil, []string{
			`a.yaml:1:23: shop.card: expected settings below it (key, cert), found "yes"`,
			`a.yaml:1:44: shop.tags[1]: expected text, found 1 (put it in quotes: "1")`,
		}},
		{"half of a pair was misspelt", []string{"shop: {" + rest + "card: {key: a, crt: b}, max_items: 0}"}, nil, []string{
			`a.yaml:1:38: shop.card.crt: unknown key (did you mean "cert"?)`,
			`a.yaml:1:47: shop.max_items: 0 is not positive`,
		}},
		{"a section was misspelt", []string{"shpo: {" + rest + "min_items: 1}\ndb: {max_open: 5000}"}, nil, []string{
			`a.yaml:1:1: shpo: unknown section (did you mean "shop"?)`,
			`a.yaml:2:6: db.max_open: 5000 is more than 1000`,
		}},
		{"what is required stands in another section", []string{"shop: {max_items: 0}\ndb: {currency: EUR}"}, nil, []string{
			`a.yaml:1:8: shop.max_items: 0 is not positive`,
			`a.yaml:2:6: db.currency: unknown key (did you mean "shop.currency"?)`,
		}},
		{"another file makes no sense", []string{"shop: {max_items: 0, min_items: -1}\ndb: {max_open: 5000}", "shop: ["}, nil, []string{
			`a.yaml:1:8: shop.max_items: 0 is not positive`,
			`a.yaml:2:6: db.max_open: 5000 is more than 1000`,
			`b.yaml:1: did not find expected node content`,
		}},
		{"a file that may set the bound makes no sense", []string{"shop: {" + rest + "min_items: 50}", "shop: ["}, nil, []string{
			`b.yaml:1: did not find expected node content`,
		}},
		{"the bound is set after a file that makes no sense", []string{"shop: [", "shop: {" + rest + "min_items: 50, max_items: 20}"}, nil, []string{
			`a.yaml:1: did not find expected node content`,
			`b.yaml:1:23: shop.min_items: 50 is more than max_items`,
		}},
		{"a broken rule in the environment", []string{"shop: {" + rest + "bannr: x}"}, []string{"APP_SHOP_MAX_ITEMS=0"}, []string{
			`env APP_SHOP_MAX_ITEMS: shop.max_items: 0 is not positive`,
			`a.yaml:1:23: shop.bannr: unknown key (did you mean "banner"?)`,
		}},
		{"keys that stand twice", []string{"db: {max_open: 5000}\nshop:\n  currency: EUR\n  currency: USD\n  banner: a\n  banner: b\n  max_items: 0\n"}, nil, []string{
			`a.yaml:1:6: db.max_open: 5000 is more than 1000`,
			`a.yaml:4:3: shop.currency: is written twice (it is at line 3, too)`,
			`a.yaml:6:3: shop.banner: is written twice (it is at line 5, too)`,
			`a.yaml:7:3: shop.max_items: 0 is not positive`,
		}},
		{"two files that are not there", []string{"", ""}, nil, []string{
			`a.yaml: does not exist`,
			`b.yaml: does not exist`,
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			set, dir := NewSet(), t.TempDir()
			Add[shop](set, "shop", Default(shopDefaults))
			Add[database](set, "db")
			src := Source{Environ: append(tt.env, "PATH=/bin")}
			for i, text := range tt.files {
				path := filepath.Join(dir, string(rune('a'+i))+".yaml")
				if src.Files = append(src.Files, path); text != "" {
					write(t, path, text)
				}
			}
			_, err := Load(set, src)
			var invalid *InvalidError
			if !errors.As(err, &invalid) {
				t.Fatalf("got %v, want an InvalidError", err)
			}
			var got []string
			for _, p := range invalid.Problems {
				got = append(got, strings.ReplaceAll(p.String(), dir+"/", ""))
			}
			if !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(tt.want, "\n"))
			}
		})
	}
}

func TestChangeThatNeedsARestartIsNotHiddenByAnotherProblem(t *testing.T) {
	r := newRig(t, "http: {addr: old, port: 1}", func(s *Source) { s.Pending = Reject })
	for _, tt := range []struct {
		text string
		want []string
	}{
		{"http: {addr: new, prot: 2}", []string{
			`:1:8: http.addr: changes only on restart (it is "old" now and would be "new")`,
			`:1:19: http.prot: unknown key (did you mean "port"?)`,
		}},
		{"http: {adr: old, port: x}", []string{ // addr was not removed on purpose
			`:1:8: http.adr: unknown key (did you mean "addr"?)`,
			`:1:18: http.port: "x" is not a whole number`,
		}},
	} {
		var got []string
		for _, p := range r.edit(t, tt.text).Problems {
			got = append(got, strings.TrimPrefix(p.String(), r.path))
		}
		if !reflect.DeepEqual(got, tt.want) || r.web.Get().Port != 1 {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
}
