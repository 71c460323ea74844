package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"fotabench/ui/words"
)

// usageError is a mistake in the call.
type usageError struct{ error }

func (u usageError) Unwrap() error { return u.error }

// worded is an error that the translations know by its format.
type worded struct {
	error
	format string
	args   []any
}

func (w *worded) Unwrap() error { return w.error }

// in says it in the language of a book.
func (w *worded) in(b *words.Book) string {
	args := slices.Clone(w.args)
	for i, arg := range args {
		if err, is := arg.(error); is {
			args[i] = errors.New(b.Raw(err.Error()))
		}
	}
	return fmt.Errorf(b.Usage(w.format), args...).Error()
}

// misuse makes a usageError. The format stands in the call as it is, in English, for the
// test that compares all of them with the translations.
func misuse(format string, args ...any) error {
	return usageError{&worded{fmt.Errorf(format, args...), format, args}}
}

// mistaken tells a mistake in the call. One that was found before the language was chosen
// is told in that which the rest of the call names, or the settings.
func (a *app) mistaken(ctx context.Context, err error, args []string) {
	if a.book == nil {
		a.heed(args)
		a.choose(ctx)
	}
	a.complain(err)
}

// heed takes up which language a call names, or which data folder, with the settings,
// although not all of the call can be understood.
func (a *app) heed(args []string) {
	for i, arg := range args {
		flag, value, whole := strings.Cut(arg, "=")
		if !whole && i+1 < len(args) {
			value = args[i+1]
		}
		switch flag {
		case "--data-dir":
			a.named = value
		case "--lang":
			if _, err := words.New(value); err == nil {
				a.lang = value
			}
		}
	}
}

// choose chooses the language for what is told where no verb runs. A mistake in the name of
// the language, or a folder that is away, is not what is to be told there.
func (a *app) choose(ctx context.Context) {
	if err := a.prepare(ctx, false); err == nil || a.book != nil {
		return
	}
	a.lang = words.Detect()
	a.book, _ = words.New(a.lang) // both languages that it detects are there
}

// asUsage makes every complaint about arguments a usage error that says what is meant to be.
func asUsage(c *cobra.Command) {
	c.SetFlagErrorFunc(wrongFlag)
	if check := c.Args; check != nil {
		c.Args = func(c *cobra.Command, args []string) error {
			switch {
			case check(c, args) == nil:
				return nil
			case c.HasSubCommands() && len(args) > 0:
				return misuse("unknown command %q; see %s --help", args[0], c.CommandPath())
			}
			return wrongCount(c, check, args)
		}
	}
	for _, sub := range c.Commands() {
		asUsage(sub)
	}
}

// wrongCount says which argument is one too many, or that one is missing.
func wrongCount(c *cobra.Command, check cobra.PositionalArgs, args []string) error {
	use := strings.TrimSuffix(c.UseLine(), " [flags]")
	for n := len(args) - 1; n >= 0; n-- {
		if check(c, args[:n]) == nil {
			return misuse("the argument %q is one too many; it is: %s", args[n], use)
		}
	}
	return misuse("an argument is missing; it is: %s", use)
}

// wrongFlag says what is wrong with a flag.
func wrongFlag(c *cobra.Command, err error) error {
	var absent *pflag.NotExistError
	var bare *pflag.ValueRequiredError
	var bad *pflag.InvalidValueError
	var form *pflag.InvalidSyntaxError
	switch {
	case errors.As(err, &absent):
		return misuse("unknown flag %s; see %s --help", dashed(absent), c.CommandPath())
	case errors.As(err, &bare):
		return misuse("%s needs a value; see %s --help", dashed(bare), c.CommandPath())
	case errors.As(err, &bad):
		return misuse("--%s cannot be %q; see %s --help", bad.GetFlag().Name, bad.GetValue(), c.CommandPath())
	case errors.As(err, &form):
		return misuse("%q is no flag; see %s --help", form.GetSpecifiedFlag(), c.CommandPath())
	}
	return usageError{err}
}

// dashed is a flag as it was typed: its name, or a letter, maybe among others.
func dashed(typed interface {
	GetSpecifiedName() string
	GetSpecifiedShortnames() string
},
) string {
	if typed.GetSpecifiedShortnames() != "" {
		return "-" + typed.GetSpecifiedName()
	}
	return "--" + typed.GetSpecifiedName()
}
