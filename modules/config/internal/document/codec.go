package document

import "github.com/spf13/viper"

// This is the only file that knows viper, and only its codecs. The rest of it is
// not used, on purpose: WatchConfig misses eight ways of saving a
// file and may end the process, keys lose their case and their dots, and an
// overriding environment variable is seen by some of its methods and not by
// others.

// decode has a codec of viper judge a document of JSON or TOML: its error says what
// is wrong, and where. The values are not used. Those of YAML come from its nodes,
// see yamlReader.
func decode(format string, data []byte) error {
	dec, err := viper.NewCodecRegistry().Decoder(format)
	if err != nil {
		return err
	}
	return dec.Decode(data, map[string]any{})
}

// Extensions of the files that can be read.
var Extensions = []string{".yaml", ".yml", ".toml", ".json"}
