package document

import "github.com/spf13/viper"

// This is the only file that imports viper, and it uses only the codecs. The rest
// of viper is avoided on purpose: WatchConfig misses eight ways of saving a file
// and may end the process, keys lose their case and their dots, and some of its
// methods see an overriding environment variable while others do not.

// decode checks a document of JSON or TOML with a codec of viper: its error says
// what is wrong, and where. The values are not used. YAML is read from its nodes,
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
