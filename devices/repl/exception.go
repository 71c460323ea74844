package repl

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"

	"fotabench/devices"
)

// Exception is a Python exception that ended a call on the device.
type Exception struct {
	// Type is its class, such as "OSError".
	Type string
	// Message is its text, bounded and valid UTF-8.
	Message string
	// Errno is the number of an OSError, 0 if it has none: both "OSError: 28"
	// and "OSError: [Errno 28] ENOSPC" occur.
	Errno int
}

// Error is the line that Python would print.
func (e *Exception) Error() string {
	if e.Message == "" {
		return e.Type
	}
	return e.Type + ": " + e.Message
}

// Unwrap gives the kind: Space for a full file system or memory, else Refused.
func (e *Exception) Unwrap() error {
	if e.Errno == enospc || e.Type == "MemoryError" {
		return devices.Space
	}
	return devices.Refused
}

// enospc is ENOSPC as MicroPython numbers it on every port that has it.
const enospc = 28

// messageLimit bounds texts that came from the device, in bytes.
const messageLimit = 500

var (
	exceptionLine = regexp.MustCompile(`^([A-Za-z_][A-Za-z0-9_.]{0,80})(?:: ?(.*))?$`)
	errnoText     = regexp.MustCompile(`^(?:\[Errno (-?\d{1,9})\]|(-?\d{1,9})$|\((-?\d{1,9}),)`)
)

// parseException understands the text between the last two Ctrl-D of a reply.
func parseException(text []byte) *Exception {
	lines := strings.Split(strings.ReplaceAll(bounded(text, 64<<10), "\r", "\n"), "\n")
	for i := len(lines) - 1; i >= 0; i-- {
		if strings.HasPrefix(lines[i], "  File ") || strings.HasPrefix(lines[i], "Traceback ") {
			lines = lines[i+1:]
			break
		}
	}
	for i, line := range lines {
		if m := exceptionLine.FindStringSubmatch(line); m != nil {
			rest := strings.Join(lines[i+1:], "\n")
			return newException(m[1], strings.TrimSpace(m[2]+"\n"+rest))
		}
	}
	return &Exception{Type: "Exception", Message: bounded([]byte(strings.TrimSpace(strings.Join(lines, "\n"))), messageLimit)}
}

// lastException is the exception that the reply in buf ends with, nil without.
func lastException(buf []byte) *Exception {
	last := bytes.LastIndexByte(buf, endMark)
	if last < 0 {
		return nil
	}
	text := buf[bytes.LastIndexByte(buf[:last], endMark)+1 : last]
	if !isTraceback(text) {
		return nil
	}
	return parseException(text)
}

func newException(class, message string) *Exception {
	e := &Exception{Type: class, Message: bounded([]byte(message), messageLimit)}
	if m := errnoText.FindStringSubmatch(message); m != nil && class == "OSError" {
		// The pattern allows nothing that does not fit.
		e.Errno, _ = strconv.Atoi(m[1] + m[2] + m[3])
	}
	return e
}

// bounded is at most limit bytes of text as valid UTF-8, without control
// characters other than line ends and tabs.
func bounded(text []byte, limit int) string {
	s := strings.ToValidUTF8(string(text[:min(len(text), limit)]), "\uFFFD")
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' && r != '\r' || r == 0x7f {
			return -1
		}
		return r
	}, s)
}
