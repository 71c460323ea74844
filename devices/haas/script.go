package haas

import (
	"embed"
	"fmt"
	"sort"
	"strconv"
	"strings"

	"fotabench/devices/repl"
)

//go:embed scripts/*.py
var scripts embed.FS

// arguments are handed to a script as the dictionary _fb_a. A value is a
// string, an int64, a []string or nested arguments.
type arguments map[string]any

// source is a script as it is sent: how to answer, its arguments, itself.
func source(name string, args arguments) (string, error) {
	var b strings.Builder
	if args != nil {
		b.WriteString("_fb_a = ")
		if err := literal(&b, args); err != nil {
			return "", err
		}
		b.WriteString("\n")
	}
	for _, file := range []string{"answer.py", name} {
		text, err := scripts.ReadFile("scripts/" + file)
		if err != nil {
			return "", fmt.Errorf("haas: script %s: %w", file, err)
		}
		b.Write(text)
	}
	return b.String(), nil
}

// literal writes a value as Python. Every text passes through repl.Quote, so that
// none can end its literal.
func literal(b *strings.Builder, value any) error {
	switch v := value.(type) {
	case int64:
		b.WriteString(strconv.FormatInt(v, 10))
	case string:
		b.WriteString(repl.Quote(v))
	case []string:
		list(b, v)
	case arguments:
		return dictionary(b, v)
	default:
		return fmt.Errorf("haas: no Python literal for %T", value)
	}
	return nil
}

func list(b *strings.Builder, texts []string) {
	b.WriteString("[")
	for _, text := range texts {
		b.WriteString(repl.Quote(text) + ", ")
	}
	b.WriteString("]")
}

func dictionary(b *strings.Builder, args arguments) error {
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
