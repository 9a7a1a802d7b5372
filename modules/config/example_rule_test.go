package config_test

import (
	"fmt"
	"reflect"

	"github.com/gracefulfx/graceful/modules/config"
)

// A rule over several settings. What it refuses is reported where it is written.
func ExampleCheck() {
	file, remove := written("shop.yaml", "pool:\n  least: 9\n  most: 4\n")
	defer remove()
	type pool struct {
		Least int `config:"least"`
		Most  int `config:"most"`
	}

	set := config.NewSet()
	config.Add[pool](set, "pool", config.Check(func(p *pool) error {
		if p.Least > p.Most {
			return config.Invalid("least", "must not be more than most (%d)", p.Most)
		}
		return nil
	}))
	_, err := config.Load(set, config.Source{Name: "shop", Files: []string{file}})
	if invalid, ok := err.(*config.InvalidError); ok {
		for _, p := range invalid.Problems {
			fmt.Printf("line %d: %s: %s\n", p.Line, p.Key, p.Reason)
		}
	}
	// Output: line 2: pool.least: must not be more than most (4)
}

// Rules in the tags of a library, here one of two lines. Without ReadsTags a tag
// that no declaration knows is an error.
func ExampleReadsTags() {
	file, remove := written("shop.yaml", "pool:\n  size: 0\n")
	defer remove()
	type pool struct {
		Size int `config:"size" validate:"positive"`
	}
	positive := func(p *pool) error {
		if f := reflect.TypeFor[pool]().Field(0); f.Tag.Get("validate") == "positive" && p.Size <= 0 {
			return config.Invalid(f.Tag.Get("config"), "does not satisfy positive")
		}
		return nil
	}

	set := config.NewSet()
	config.Add[pool](set, "pool", config.ReadsTags("validate"), config.Check(positive))
	_, err := config.Load(set, config.Source{Name: "shop", Files: []string{file}})
	if invalid, ok := err.(*config.InvalidError); ok {
		for _, p := range invalid.Problems {
			fmt.Printf("line %d: %s: %s\n", p.Line, p.Key, p.Reason)
		}
	}
	// Output: line 2: pool.size: does not satisfy positive
}

// A secret is shown nowhere: only Reveal returns its text.
func ExampleSecret() {
	token := config.NewSecret("s3cr3t")
	fmt.Println(token, token.Equal("s3cr3t"), len(token.Reveal()))
	fmt.Printf("%+v\n", struct{ Token config.Secret }{token})
	// Output:
	// *** true 6
	// {Token:***}
}
