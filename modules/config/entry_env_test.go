package config

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

type tenant struct {
	ID           string `config:"id"`
	Secret       Secret
	ClientSecret Secret
	Hosts        []string
}

type tenants struct {
	Tenants map[string]*tenant
	Tokens  map[string]Secret
	Rates   map[int]string
	Labels  map[string]map[string]string
	Headers map[string]string
	Timeout string `config:"headers_timeout"`
}

// The secret of a tenant is deployed without a document for it.
func TestVariableMakesTheEntryThatTheDocumentsLack(t *testing.T) {
	dir := t.TempDir()
	secret := write(t, filepath.Join(dir, "secret"), "from a file\n")
	for _, tt := range []struct {
		text string
		env  []string
		want func(*tenants) string
		is   string
	}{
		{"", []string{"APP_TENANTS_GOOGLE_SECRET=s", "APP_TENANTS_GOOGLE_ID=7"},
			func(s *tenants) string { return s.Tenants["google"].ID + s.Tenants["google"].Secret.Reveal() }, "7s"},
		{"tenants: {acme: {id: a}}", []string{"APP_TENANTS_GOOGLE_SECRET_FILE=" + secret},
			func(s *tenants) string { return s.Tenants["google"].Secret.Reveal() + s.Tenants["acme"].ID }, "from a filea"},
		{"", []string{"APP_TENANTS_BIG_CO_CLIENT_SECRET=s"},
			func(s *tenants) string { return s.Tenants["big_co"].ClientSecret.Reveal() }, "s"},
		{"", []string{"APP_TENANTS_Google_ID=a", "APP_TENANTS_Google_SECRET=b"},
			func(s *tenants) string { return s.Tenants["Google"].ID + s.Tenants["Google"].Secret.Reveal() }, "ab"},
		{"", []string{`APP_TENANTS_GOOGLE={"id": "a"}`, "APP_TENANTS_GOOGLE_SECRET=b"},
			func(s *tenants) string { return s.Tenants["google"].ID + s.Tenants["google"].Secret.Reveal() }, "ab"},
		{"", []string{`APP_TENANTS={"google": {"id": "a"}}`, "APP_TENANTS_GOOGLE_SECRET=b"},
			func(s *tenants) string { return s.Tenants["google"].ID + s.Tenants["google"].Secret.Reveal() }, "ab"},
		{"", []string{"APP_TENANTS_GOOGLE_HOSTS=a,b"},
			func(s *tenants) string { return strings.Join(s.Tenants["google"].Hosts, "+") }, "a+b"},
		{"", []string{"APP_TOKENS_A_B=x", "APP_TOKENS_C_FILE=" + secret},
			func(s *tenants) string { return s.Tokens["a_b"].Reveal() + s.Tokens["c"].Reveal() }, "xfrom a file"},
		{"", []string{"APP_RATES_404=x"}, func(s *tenants) string { return s.Rates[404] }, "x"},
		{"", []string{"APP_LABELS_A_B_C=x"}, func(s *tenants) string { return s.Labels["a"]["b_c"] }, "x"},
		{"headers: {X-Foo: a}", []string{"APP_HEADERS_X_FOO=b", "APP_HEADERS_X_BAR=c", "APP_HEADERS_TIMEOUT=d"},
			func(s *tenants) string { return fmt.Sprint(s.Headers, " ", s.Timeout) }, "map[X-Foo:b x_bar:c] d"},
	} {
		got, err := load[tenants](t, "", "c.yaml", tt.text+"\nx-none: 1", tt.env...)
		if err != nil {
			t.Errorf("%q: %v", tt.env, err)
		} else if is := tt.want(got); is != tt.is {
			t.Errorf("%q: got %s, want %s", tt.env, is, tt.is)
		}
	}
}

// A variable that fits nothing creates nothing: it may belong to another program.
func TestVariableThatFitsNoEntryMakesNone(t *testing.T) {
	path := file(t, "c.yaml", "tenants: {google: {id: a}, t1: {id: a}}")
	c, _ := tenantCatalog(t, Source{Files: []string{path}, Environ: []string{
		"APP_TENANTS_GOOGLE_SECRT=x", "APP_TENANTS_SERVICE_HOST=10.0.0.1", "APP_TENANTS_PORT_80_TCP_ADDR=10.0.0.1",
		"APP_RATES_MANY=x", "APP_TENANTS_GOGLE_SECRET=x", "APP_TENANTS_T2_SECRET=x", "APP_HEADERS_TIMOUT=1",
	}})
	if _, problems := c.Check(t.Context()); len(problems) > 0 {
		t.Errorf("got %v", problems)
	}
	got := ""
	for _, p := range c.UnusedEnv() {
		got += p.String() + "\n"
	}
	const want = `env APP_HEADERS_TIMOUT: headers.timout: makes an entry that nothing else has (did you mean "APP_HEADERS_TIMEOUT"?)
env APP_RATES_MANY: sets nothing (did you mean "APP_RATES"?)
env APP_TENANTS_GOGLE_SECRET: tenants.gogle: makes an entry that nothing else has (did you mean "google"?)
env APP_TENANTS_GOOGLE_SECRT: sets nothing
`
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

// A directory of secrets is enough, too.
func TestFileOfASecretMakesTheEntryThatTheDocumentsLack(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "tenants.google.secret"), "a\n")
	write(t, filepath.Join(dir, "tenants.example.com.client_secret"), "b\n")
	write(t, filepath.Join(dir, "tokens.x"), "c\n")
	write(t, filepath.Join(dir, "tenants.google.note"), "no setting\n")
	if err := os.Mkdir(filepath.Join(dir, "..data"), 0o755); err != nil {
		t.Fatal(err)
	}
	got, err := load[tenants](t, "", "c.yaml", "x-none: 1", "APP_SECRETS_DIRECTORY="+dir)
	if err != nil {
		t.Fatal(err)
	}
	if g, e := got.Tenants["google"], got.Tenants["example.com"]; g == nil || e == nil || len(got.Tenants) != 2 || g.Secret.Reveal() != "a" ||
		e.ClientSecret.Reveal() != "b" || got.Tokens["x"].Reveal() != "c" {
		t.Errorf("got %v %v", got.Tenants, got.Tokens)
	}
}

func tenantCatalog(t *testing.T, src Source) (*Catalog, *Value[tenants]) {
	t.Helper()
	set := NewSet()
	v := Add[tenants](set, "")
	c, err := NewCatalog(set, src)
	if err != nil {
		t.Fatal(err)
	}
	return c, v
}
