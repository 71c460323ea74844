// Package quectel drives Quectel modules with stock firmware through AT commands:
// AT+QFOTADL with a package from the module's file store, sent as a stream, or fetched
// over HTTP, HTTPS and FTP. Protocol and sources: docs/protocols/quectel.md. What
// differs from family to family stands in families.json. It knows no other way to a
// module (QuecPython, the vendor's flasher).
package quectel

import (
	"context"
	"errors"
	"strings"
	"time"

	"fotabench/devices"
	"fotabench/devices/at"
	"fotabench/devices/link"
)

// Family is the name of this family.
const Family = "quectel"

// Config is what the driver needs.
type Config struct {
	// Open opens a link; nil means link.Open with its usual settings.
	Open func(ctx context.Context, address devices.Address) (link.Link, error)
}

type driver struct {
	open     func(ctx context.Context, address devices.Address) (link.Link, error)
	families families
	budgets  budgets
}

// budgets are how long to wait for what.
type budgets struct {
	poll    time.Duration // between two looks at what our own host has served
	gap     time.Duration // pause that ends an upload
	order   time.Duration // for the OK to AT+QFOTADL
	grace   time.Duration // for that OK once somebody cancelled
	fetch   time.Duration // of silence while the module fetches
	recant  time.Duration // of a module that said no, until that counts
	linger  time.Duration // of a module that accepted, until it restarts or refuses
	install time.Duration // of silence while the module installs
	ask     time.Duration // between two questions whether it answers again
	hear    time.Duration // for the first word of a module that installs
	cleanUp time.Duration // after a cancel, and in Close
}

// usual budgets. The vendor's own test scripts wait up to 300 s for HTTPEND and 300 s
// from START to END, and 5 s is QFUPL's default pause. The others are ours.
var usual = budgets{
	poll:    time.Second,
	gap:     5 * time.Second,
	order:   15 * time.Second,
	grace:   3 * time.Second,
	fetch:   300 * time.Second,
	recant:  3 * time.Second,
	linger:  30 * time.Second,
	install: 300 * time.Second,
	ask:     2 * time.Second,
	hear:    10 * time.Second,
	cleanUp: 12 * time.Second,
}

// New returns the driver. It panics if families.json, which is part of the program,
// is not what its reader understands.
func New(config Config) devices.Driver {
	open := config.Open
	if open == nil {
		open = func(ctx context.Context, address devices.Address) (link.Link, error) {
			return link.Open(ctx, address, link.Settings{})
		}
	}
	table, err := loadFamilies(embedded)
	if err != nil {
		panic(err)
	}
	return &driver{open: open, families: table, budgets: usual}
}

func (d *driver) Family() string { return Family }

// unsolicited begins lines that these modules print by themselves, beside those with
// a plus sign.
var unsolicited = []string{"Last upgrade was not finished"}

// Open implements devices.Driver. Beside AT it sends +++ where nothing answers, which
// ends a data mode that was left open, and asks for the maker.
func (d *driver) Open(ctx context.Context, address devices.Address, access devices.Access) (devices.Session, error) {
	l, err := d.open(ctx, address)
	if err != nil {
		return nil, err
	}
	client := at.New(l, at.Options{Unsolicited: unsolicited})
	s := newSession(d, client)
	if err := s.prepare(ctx, access); err != nil {
		s.abort()
		return nil, located(err, address)
	}
	return s, nil
}

// prepare brings the module to where it answers, however long it still installs.
func (s *session) prepare(ctx context.Context, access devices.Access) error {
	if err := s.answers(ctx, access); err != nil {
		return err
	}
	return s.prove(ctx)
}

// prove makes sure that a Quectel module answers.
func (s *session) prove(ctx context.Context) error {
	r, err := s.client.Do(ctx, at.Command{Text: "ATI", Plain: true, Query: true})
	if err == nil && !quectel(r.Lines) {
		r, err = s.client.Do(ctx, at.Command{Text: "AT+CGMI", Plain: true, Query: true})
	}
	if err != nil && !errors.Is(err, devices.Refused) {
		return err
	}
	if !quectel(r.Lines) {
		return fail("open", devices.Unsupported, NoteNotQuectel, printable(strings.Join(r.Lines, " ")))
	}
	return nil
}

func quectel(lines []string) bool {
	return strings.Contains(strings.ToLower(strings.Join(lines, "\n")), "quectel")
}

// located adds to an error where it happened, if it does not say so.
func located(err error, address devices.Address) error {
	var e *devices.Error
	if errors.As(err, &e) && e.At == "" {
		e.At = string(address)
	}
	return err
}
