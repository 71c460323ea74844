// Package haas drives boards that run HaaS Python (AliOS Things) on a cable:
// light apps through the firmware's module ota, over the raw REPL. The board
// fetches the archive itself, checks its digest, unpacks it and is restarted; the
// version that its app then states, and the digests of its files, are the proof.
// Protocol and sources: docs/protocols/haas.md. It knows neither Aliyun's cloud
// nor system images, which the board takes from there alone.
package haas

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"fotabench/devices"
	"fotabench/devices/link"
	"fotabench/devices/repl"
)

// Family is the name of this family.
const Family = "haas"

// Where a light app lives (docs/protocols/haas.md, files). The firmware joins
// installFolder and the names in the archive as they are.
const (
	storePath     = "/data/pyamp/app.zip"
	installFolder = "/data/pyamp/"
	manifestName  = "manifest.json"
)

// rates are the speeds of the REPL's serial port in bits per second: the ESP32
// edition's, and that of boards with the HaaS1000 chip (amp_machine_config.h).
var rates = [...]int{115200, 1500000}

// Config is what the driver needs.
type Config struct {
	// Open opens a link; nil means link.Open.
	Open func(ctx context.Context, address devices.Address, settings link.Settings) (link.Link, error)
}

type driver struct {
	open    func(ctx context.Context, address devices.Address, settings link.Settings) (link.Link, error)
	budgets budgets
	// bundles are those that were read, by SHA-256: a device whose case is open may
	// come back when their archive is no longer at hand.
	bundles sync.Map
}

// budgets are how long to wait for what.
type budgets struct {
	poll    time.Duration // between two questions how far the board is
	silence time.Duration // of a download that does not grow
	verify  time.Duration // for the verdict
	unpack  time.Duration // for the end of the unpacking
	script  time.Duration // for the answer to a script: they hash, but do not wait
	stays   time.Duration // for the word of a board that ignores a restart
	grace   time.Duration // for an answer on its way when a cancel comes
	cleanUp time.Duration // after a cancel, and in Close
}

// usual budgets. The firmware gives a download up after five tries, 6 s apart and
// each silent for at most 20 s (ota_download_file2fs_http.c); connecting comes on
// top. It hashes 128 bytes in 5 ms, so that the largest app that fits into these
// file systems takes minutes. The others are ours.
var usual = budgets{
	poll:    500 * time.Millisecond,
	silence: 300 * time.Second,
	verify:  600 * time.Second,
	unpack:  300 * time.Second,
	script:  60 * time.Second,
	stays:   5 * time.Second,
	grace:   3 * time.Second,
	cleanUp: 8 * time.Second,
}

// New returns the driver.
func New(config Config) devices.Driver {
	if config.Open == nil {
		config.Open = link.Open
	}
	return &driver{open: config.Open, budgets: usual}
}

func (d *driver) Family() string { return Family }

// Open tries the port at each of the speeds that these boards have, until an
// interpreter answers at one.
func (d *driver) Open(ctx context.Context, address devices.Address, access devices.Access) (devices.Session, error) {
	var first error
	for _, rate := range rates {
		s, err := d.openAt(ctx, address, access, rate)
		if err == nil {
			return s, nil
		}
		if first == nil {
			first = err
		}
		misheard := errors.Is(err, devices.Timeout) || errors.Is(err, devices.Occupied)
		if !misheard || ctx.Err() != nil || strings.Contains(string(address), "://") {
			break
		}
	}
	return nil, first
}

func (d *driver) openAt(ctx context.Context, address devices.Address, access devices.Access, rate int) (devices.Session, error) {
	l, err := d.open(ctx, address, link.Settings{Baud: rate})
	if err != nil {
		return nil, err
	}
	c, err := repl.Open(ctx, l, repl.Options{Interrupt: access.StopProgram, Password: access.Password})
	if err != nil {
		return nil, errors.Join(located(err, address), l.Close())
	}
	s := newSession(d, c, l)
	if err := s.prove(ctx); err != nil {
		_ = s.Close() // the reason is told already
		return nil, err
	}
	return s, nil
}

// located adds to an error where it happened, if it does not say so.
func located(err error, address devices.Address) error {
	var e *devices.Error
	if errors.As(err, &e) && e.At == "" {
		e.At = string(address)
	}
	return err
}
