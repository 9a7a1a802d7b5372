package compat

import (
	"errors"
	"reflect"
	"strings"

	"github.com/go-playground/validator/v10"
	"go.uber.org/fx"

	"github.com/gracefulfx/graceful/modules/config"
)

// snippet: validate
// Pool is a section whose rules stand in its tags.
type Pool struct {
	Size    int           `config:"size" validate:"min=1,max=100"`
	Mode    string        `config:"mode" validate:"oneof=read write"`
	Token   config.Secret `config:"token" validate:"required_if=Mode write"`
	Members []Member      `config:"members" validate:"dive"`
}

// A Member is an element of a list, whose rules count as well.
type Member struct {
	Host string `config:"host" validate:"required,hostname_rfc1123"`
	Port uint16 `config:"port" validate:"gt=1023"`
}

// pool declares it.
var pool = config.Section[Pool]("pool", config.Default(func() Pool { return Pool{Size: 10, Mode: "read"} }),
	config.ReadsTags("validate"), config.Check(checkTags[Pool]))

var rules = newRules()

func newRules() *validator.Validate {
	v := validator.New(validator.WithRequiredStructEnabled())
	v.RegisterTagNameFunc(func(f reflect.StructField) string { return f.Tag.Get("config") })
	v.RegisterCustomTypeFunc(func(s reflect.Value) any { return s.Interface().(config.Secret).Reveal() }, config.Secret{})
	return v
}

// checkTags reports every broken rule at the line of its setting.
func checkTags[T any](section *T) error {
	err := rules.Struct(section)
	var broken validator.ValidationErrors
	if !errors.As(err, &broken) {
		return err
	}
	var errs []error
	for _, f := range broken {
		_, key, _ := strings.Cut(f.Namespace(), ".") // behind the name of the type
		errs = append(errs, config.Invalid(key, "does not satisfy %s", strings.TrimSuffix(f.Tag()+"="+f.Param(), "=")))
	}
	return errors.Join(errs...)
}

// end

var _ fx.Option = pool
