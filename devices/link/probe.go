package link

import (
	"bytes"
	"context"
	"regexp"
	"slices"
	"sync"
	"time"

	"fotabench/devices"
)

// How long a port may take to say what it is. An AT port that sleeps answers the
// second time; a REPL answers at once or not at all.
const (
	answerTime = 700 * time.Millisecond
	listenTime = 150 * time.Millisecond
)

// Probe asks the ports of a device what they are and gives the sighting with
// what they answered: Proved ports in their true roles, first in their row. It
// sends nothing that changes a device: a carriage return to where a REPL is
// expected, "AT" to where commands are, both to what is unknown and alone. It
// opens no port that is, or may be, for diagnostics, NMEA or download. Ports
// that are busy or silent stay as they were; the error is the end of ctx only.
func Probe(ctx context.Context, s devices.Sighting, open Opener) (devices.Sighting, error) {
	s.Ports = slices.Clone(s.Ports)
	if s.DownloadMode {
		return s, context.Cause(ctx)
	}
	var asked sync.WaitGroup
	for i := range s.Ports {
		p := &s.Ports[i]
		if len(questions(s, *p)) == 0 {
			continue
		}
		asked.Go(func() {
			if role := ask(ctx, *p, questions(s, *p), open); role != devices.RoleUnknown {
				p.Role, p.Proved = role, true
			}
		})
	}
	asked.Wait()
	sortPorts(s.Ports)
	return s, context.Cause(ctx)
}

// ProbeHere is Probe with Open at the usual speed.
func ProbeHere(ctx context.Context, s devices.Sighting) (devices.Sighting, error) {
	return Probe(ctx, s, Open)
}

// questions are what may be sent to a port. An unnamed interface of a module
// gets none: it may be a diagnostics port that the table does not know.
func questions(s devices.Sighting, p devices.Port) []string {
	switch {
	case p.Role == devices.RoleREPL:
		return []string{"\r"}
	case p.Role == devices.RoleAT, p.Role == devices.RoleModem:
		return []string{"AT\r", "AT\r"}
	case p.Role == devices.RoleUnknown && len(s.Ports) == 1:
		return []string{"\r", "AT\r", "AT\r"}
	}
	return nil
}

func ask(ctx context.Context, p devices.Port, questions []string, open Opener) devices.Role {
	l, err := open(ctx, p.Address, Settings{})
	if err != nil {
		return devices.RoleUnknown
	}
	defer l.Close()
	// What comes unasked is no answer.
	if _, err := hear(ctx, l, listenTime, nil); err != nil {
		return devices.RoleUnknown
	}
	for _, question := range questions {
		limit, cancel := context.WithTimeout(ctx, answerTime)
		_, err := l.Write(limit, []byte(question))
		cancel()
		if err != nil {
			return devices.RoleUnknown
		}
		if role, err := hear(ctx, l, answerTime, recognise); role != devices.RoleUnknown || err != nil {
			return role
		}
	}
	return devices.RoleUnknown
}

// hear reads for a while, or until what came is recognised. Its error means that
// the link or ctx is at its end.
func hear(ctx context.Context, l Link, during time.Duration, know func([]byte) devices.Role) (devices.Role, error) {
	limit, cancel := context.WithTimeout(ctx, during)
	defer cancel()
	var heard []byte
	buf := make([]byte, 1024)
	for {
		n, err := l.Read(limit, buf)
		// A port that never stops talking is bounded, too.
		heard = append(heard, buf[:n]...)
		heard = heard[max(0, len(heard)-4096):]
		if know != nil {
			if role := know(heard); role != devices.RoleUnknown {
				return role, nil
			}
		}
		if err != nil && limit.Err() == nil {
			return devices.RoleUnknown, err
		}
		if err != nil {
			return devices.RoleUnknown, context.Cause(ctx)
		}
	}
}

var (
	// final is a final result on a line of its own, after the echo if any.
	final = regexp.MustCompile(`(?:^|\r?\n|\r)(?:OK|ERROR|\+CM[ES] ERROR: [^\r\n]*)\r?\n$`)
	// locked are what a REPL says that is off or wants a password.
	locked = [][]byte{[]byte("REPL refuse"), []byte("Please enter password:"), []byte("Incorrect password")}
)

// prompt ends an interpreter's answer: its own line, the continuation of an
// unfinished statement, or of paste mode.
var prompt = regexp.MustCompile(`(?:^|\n)(?:>>>|\.\.\.|===) $`)

// recognise tells a role by an answer. The prompt must be the end, on its own
// line; a program that prints it in the middle of things is no prompt.
func recognise(heard []byte) devices.Role {
	if prompt.Match(heard) {
		return devices.RoleREPL
	}
	for _, text := range locked {
		if bytes.Contains(heard, text) {
			return devices.RoleREPL
		}
	}
	if final.Match(heard) {
		return devices.RoleAT
	}
	return devices.RoleUnknown
}
