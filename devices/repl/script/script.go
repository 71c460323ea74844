// Package script is how a driver runs small programs of its own on a MicroPython
// and reads what they say: each is a file, sent unchanged behind its arguments and
// behind answer.py, which frames the answer so that other output cannot be mistaken
// for it. It knows no vendor.
package script

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"sort"
	"strconv"
	"strings"

	"fotabench/devices/repl"
)

//go:embed answer.py
var answering []byte

// shared are scripts that are the same for all drivers.
//
//go:embed scripts/*.py
var shared embed.FS

// Arguments are handed to a script as the dictionary _fb_a. A value is a
// string, an int, a bool, nil, a []string, nested Arguments or a list of them.
type Arguments map[string]any

// Compose is scripts/NAME of files, or else one that all drivers share, as it is sent: its
// arguments (nil for none), how to answer, itself.
func Compose(files fs.FS, name string, args Arguments) (string, error) {
	var b strings.Builder
	if args != nil {
		b.WriteString("_fb_a = ")
		if err := literal(&b, args); err != nil {
			return "", err
		}
		b.WriteString("\n")
	}
	text, err := fs.ReadFile(files, "scripts/"+name)
	if errors.Is(err, fs.ErrNotExist) {
		text, err = shared.ReadFile("scripts/" + name)
	}
	if err != nil {
		return "", fmt.Errorf("script %s: %w", name, err)
	}
	b.Write(answering)
	b.Write(text)
	return b.String(), nil
}

// literal writes a value as Python. Every text passes through repl.Quote, so that
// none can end its literal.
func literal(b *strings.Builder, value any) error {
	switch v := value.(type) {
	case nil:
		b.WriteString("None")
	case bool:
		if v {
			b.WriteString("True")
		} else {
			b.WriteString("False")
		}
	case int:
		b.WriteString(strconv.Itoa(v))
	case int64:
		b.WriteString(strconv.FormatInt(v, 10))
	case string:
		b.WriteString(repl.Quote(v))
	case []string:
		return list(b, v)
	case []Arguments:
		return list(b, v)
	case Arguments:
		return dictionary(b, v)
	default:
		return fmt.Errorf("script: no Python literal for %T", value)
	}
	return nil
}

func list[T any](b *strings.Builder, values []T) error {
	b.WriteString("[")
	for _, v := range values {
		if err := literal(b, v); err != nil {
			return err
		}
		b.WriteString(", ")
	}
	b.WriteString("]")
	return nil
}

func dictionary(b *strings.Builder, args Arguments) error {
	names := make([]string, 0, len(args))
	for name := range args {
		names = append(names, name)
	}
	sort.Strings(names)
	b.WriteString("{")
	for _, name := range names {
		b.WriteString(repl.Quote(name) + ": ")
		if err := literal(b, args[name]); err != nil {
			return err
		}
		b.WriteString(", ")
	}
	b.WriteString("}")
	return nil
}
