package quecpython

import (
	"context"
	"fmt"
	"strings"

	"fotabench/devices"
	"fotabench/devices/link"
)

func wire(open func(context.Context, devices.Address) (link.Link, error)) func(context.Context, devices.Address, devices.Access) (interpreter, error) {
	return func(ctx context.Context, a devices.Address, _ devices.Access) (interpreter, error) {
		_, err := open(ctx, a)
		return nil, err
	}
}

func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range []rune(s) {
		switch {
		case r == '"' || r == '\\':
			b.WriteString("\\" + string(r))
		case r < 32 || r == 127:
			fmt.Fprintf(&b, "\\x%02x", r)
		case r > 126:
			fmt.Fprintf(&b, "\\U%08x", r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
