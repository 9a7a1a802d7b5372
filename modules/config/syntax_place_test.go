package config

import (
	"errors"
	"strings"
	"testing"
)

// An unknown column must not be reported as 1, which would send the reader to the
// wrong place.
func TestColumnThatIsNotKnownIsLeftOut(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"bracket.yaml", "http: [\n", ":1: did not find expected node content"},
		{"quote.yaml", "http:\n  addr: \"x\n", ":2: found unexpected end of stream"},
		{"token.yaml", "http:\n  addr: @x\n", ":2: found character that cannot start any token"},
		{"tab.yaml", "http:\n  \taddr: x\n", ":2:3: found character that cannot start any token (YAML is indented"},
		{"colon.yaml", "http:\n  port 80\n  gen: 1\n", ":2:3: mapping values are not allowed in this context (a setting is a key"},
		{"odd.yaml", "http:\n  gen: 1\n  on: true\n   port: 80\n", ":4:4: mapping values are not allowed in this context (it is indented differently"},
		{"below.yaml", "http:\n  gen: 1\n    port: 80\n", ":2:3: mapping values are not allowed in this context (line 3 is indented below it"},
		{"closer.json", "{\n  \"http\": {\n    \"port\": 1\n  ,\n  \"db\": {}\n}\n", ":4:3: ends too early (a bracket is missing here"},
		{"opener.json", "{\n  \"http\": {\n    \"tls\":\n      \"cert_file\": \"x\"\n    }\n  }\n}\n", ":3:11: invalid character ':' after object key:value pair (a bracket is missing)"},
		{"last.json", "{\n  \"http\": {\n    \"ports\": [\n      80\n    \n  },\n  \"db\": {}\n}\n", ":5:5: invalid character '}' after array element (a bracket is missing here"},
		{"surplus.json", "{\n  \"http\": {\n    \"port\": 1\n  },\n  \"db\": [{\n    \"path\": \"x\"\n  }\n}\n", ":5:"},
		{"comma.toml", "[http]\nhosts = [\n  'a'\n  'b',\n]\n", ":3:6: expected ',' or ']' after array"},
		{"open.toml", "[http]\nports = [80\ngen = 1\n", ":2: "},
	} {
		path := file(t, tt.name, tt.text)
		_, _, err := loadWeb(Source{Files: []string{path}})
		var invalid *InvalidError
		if !errors.As(err, &invalid) || len(invalid.Problems) != 1 {
			t.Errorf("%s: got %v, want one problem", tt.name, err)
			continue
		}
		p := invalid.Problems[0]
		if got := strings.TrimPrefix(p.String(), path); !strings.HasPrefix(got, tt.want) || (strings.Count(strings.SplitN(tt.want, ": ", 2)[0], ":") == 1) != (p.Col == 0) {
			t.Errorf("%s: got %s (column %d), want %s", tt.name, got, p.Col, tt.want)
		}
	}
}
