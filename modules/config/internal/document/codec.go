package document

import (
	"fmt"
	"strings"

	"github.com/spf13/viper"
)

// This is the only file that knows viper. Its codecs turn bytes into maps. The
// rest of it is not used, on purpose: WatchConfig misses eight ways of saving a
// file and may end the process, keys lose their case and their dots, and an
// overriding environment variable is seen by some of its methods and not by
// others.

// decode decodes the bytes of one file, as the format says: a fresh map, in
// which every key is as it was written. With an error it holds what could be
// decoded all the same, if anything.
func decode(format string, data []byte) (map[string]any, error) {
	dec, err := viper.NewCodecRegistry().Decoder(format)
	if err != nil {
		return nil, fmt.Errorf("format %q is none of %s", format, strings.Join(Extensions, ", "))
	}
	m := map[string]any{}
	if err = dec.Decode(data, m); err == nil && tooDeep(m, maxDepth) {
		return nil, errTooDeep
	}
	return m, err
}

// Extensions of the files that can be read.
var Extensions = []string{".yaml", ".yml", ".toml", ".json"}
