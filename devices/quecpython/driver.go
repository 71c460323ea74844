// Package quecpython drives Quectel modules that run QuecPython: firmware
// through the fota module and user files through app_fota, over the raw REPL.
// Protocol and sources: docs/protocols/quecpython.md. It knows no other way to
// a module (AT commands, the vendor's flasher).
package quecpython

import (
	"context"
	"time"

	"fotabench/assets"
	"fotabench/devices"
	"fotabench/devices/link"
)

// Family is the name of this family.
const Family = "quecpython"

// Config is what the driver needs.
type Config struct {
	// Models is the table of models.
	Models assets.Models
	// Open opens a link; nil means link.Open with its usual settings.
	Open func(ctx context.Context, address devices.Address) (link.Link, error)
}

type driver struct {
	models  assets.Models
	budgets budgets
	connect func(ctx context.Context, address devices.Address, access devices.Access) (interpreter, error)
}

// budgets are how long to wait for what.
type budgets struct {
	poll    time.Duration // between two questions how far a download is
	silence time.Duration // of a download that we can watch
	blind   time.Duration // of a download that we cannot watch
	restart time.Duration // of a module until it restarts by itself
	command time.Duration // for the answer to a restart
	grace   time.Duration // for an answer on its way when a cancel comes
	cleanUp time.Duration // after a cancel, and in Close
}

// usual budgets. The vendor's own server example (aliIot.py) gives up when 600 s
// passed without a final callback; a call that blocks without a word gets three
// times that. The others are ours: a restart announced by a callback follows
// within seconds.
var usual = budgets{
	poll:    time.Second,
	silence: 600 * time.Second,
	blind:   1800 * time.Second,
	restart: 30 * time.Second,
	command: 15 * time.Second,
	grace:   3 * time.Second,
	cleanUp: 8 * time.Second,
}

// New returns the driver.
func New(config Config) devices.Driver {
	open := config.Open
	if open == nil {
		open = func(ctx context.Context, address devices.Address) (link.Link, error) {
			return link.Open(ctx, address, link.Settings{})
		}
	}
	return &driver{models: config.Models, budgets: usual, connect: wire(open)}
}

func (d *driver) Family() string { return Family }

func (d *driver) Open(ctx context.Context, address devices.Address, access devices.Access) (devices.Session, error) {
	conn, err := d.connect(ctx, address, access)
	if err != nil {
		return nil, err
	}
	s := newSession(d, conn)
	if err := s.prove(ctx); err != nil {
		_ = s.Close()
		return nil, err
	}
	return s, nil
}
