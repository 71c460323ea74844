// Package quecthing drives modules that speak to Quectel's developer centre: the
// platform has a plan for the device, the device is asked for it, a person or a rule
// accepts or refuses, and the device gets the bytes from the platform. Module
// firmware (FOTA) and firmware of parts beside the module (SOTA) go this way; over
// the module Qth of QuecPython on a REPL, or over AT commands where the module has
// them. Protocol and sources: docs/protocols/quecthing.md. It does not speak to the
// platform itself, and knows none of its accounts.
package quecthing

import (
	"bytes"
	"context"
	"errors"
	"time"

	"fotabench/devices"
	"fotabench/devices/link"
	"fotabench/devices/repl"
)

// Family is the name of this family.
const Family = "quecthing"

// Config is what the driver needs.
type Config struct {
	// Open opens a link; nil means link.Open with its usual settings.
	Open func(ctx context.Context, address devices.Address) (link.Link, error)
	// MCU passes firmware on that came over AT commands; nil refuses such plans.
	MCU MCU
}

// MCU is a part beside a module that is reached from this computer.
type MCU interface {
	// Install brings firmware to the component and returns when it runs.
	Install(ctx context.Context, component string, firmware []byte) error
	// Version asks the component what it runs.
	Version(ctx context.Context, component string) (string, error)
}

// Driver is a devices.Driver and a devices.Offerer.
type Driver struct {
	config  Config
	budgets budgets
}

var (
	_ devices.Driver  = (*Driver)(nil)
	_ devices.Offerer = (*Driver)(nil)
)

// budgets are how long to wait for what.
type budgets struct {
	poll    time.Duration // between two questions what the device has heard
	connect time.Duration // for the platform
	plan    time.Duration // for a plan after it was asked for
	more    time.Duration // for further plans after the first
	info    time.Duration // for the address after a plan was accepted
	update  time.Duration // for a module that fetches and restarts
	silence time.Duration // of a fetch that does not grow
	result  time.Duration // for the platform's result of an update
	script  time.Duration // for the answer to a script
	hand    time.Duration // for the customer's function
	grace   time.Duration // for an answer on its way when a cancel comes
	cleanUp time.Duration // after a cancel, and in Close
}

// usual budgets. The SDK waits 30 s for an address, gives a download up after five
// tries and an update after 20 minutes (quecsdk, ql_iotCmdOTA.h); a module dials
// first, which takes up to a minute on a weak network. Asking must end within the
// engine's bound for one question, so that result is short. The others are ours.
var usual = budgets{
	poll:    500 * time.Millisecond,
	connect: 90 * time.Second,
	plan:    15 * time.Second,
	more:    time.Second,
	info:    45 * time.Second,
	update:  40 * time.Minute,
	silence: 120 * time.Second,
	result:  20 * time.Second,
	script:  60 * time.Second,
	hand:    20 * time.Minute,
	grace:   3 * time.Second,
	cleanUp: 8 * time.Second,
}

// New returns the driver.
func New(config Config) *Driver {
	if config.Open == nil {
		config.Open = func(ctx context.Context, address devices.Address) (link.Link, error) {
			return link.Open(ctx, address, link.Settings{})
		}
	}
	return &Driver{config: config, budgets: usual}
}

// Family implements devices.Driver.
func (d *Driver) Family() string { return Family }

// Open implements devices.Driver.
func (d *Driver) Open(ctx context.Context, address devices.Address, access devices.Access) (devices.Session, error) {
	return d.open(ctx, address, access)
}

func (d *Driver) open(ctx context.Context, address devices.Address, access devices.Access) (*session, error) {
	l, err := d.config.Open(ctx, address)
	if err != nil {
		return nil, err
	}
	prompt, err := prompted(ctx, l)
	if err != nil {
		return nil, errors.Join(located(err, address), l.Close())
	}
	if !prompt {
		q, err := d.openAT(ctx, l, access)
		if err == nil {
			return newSession(d, q, q, access), nil
		}
		if ctx.Err() != nil || errors.Is(err, devices.Lost) {
			return nil, located(err, address)
		}
		// No AT commands: perhaps a REPL on which a program runs.
		if l, err = d.config.Open(ctx, address); err != nil {
			return nil, err
		}
	}
	c, err := repl.Open(ctx, l, repl.Options{Interrupt: access.StopProgram, Password: access.Password})
	if err != nil {
		return nil, errors.Join(located(err, address), l.Close())
	}
	q := newQth(d, c, l, access.Platform)
	if err := q.prove(ctx); err != nil {
		return nil, errors.Join(located(err, address), q.close(ctx, false))
	}
	return newSession(d, q, q, access), nil
}

// prompted tells whether a carriage return shows the prompt of a REPL. To AT commands
// it is an empty line, and a program does not hear it.
func prompted(ctx context.Context, l link.Link) (bool, error) {
	if _, err := l.Write(ctx, []byte("\r")); err != nil {
		return false, err
	}
	inner, cancel := context.WithTimeout(ctx, promptTime)
	defer cancel()
	var got []byte
	for p := make([]byte, 256); ; {
		n, err := l.Read(inner, p)
		got = append(got, p[:n]...)
		switch {
		case bytes.HasSuffix(bytes.TrimRight(got, " "), []byte(">>>")), bytes.Contains(got, []byte("REPL refuse")), bytes.Contains(got, []byte("assword")):
			return true, nil
		case err == nil:
		case inner.Err() != nil && ctx.Err() == nil:
			return false, nil
		default:
			return false, err
		}
	}
}

// promptTime is how long an idle prompt takes to answer.
const promptTime = 400 * time.Millisecond

// located adds to an error where it happened, if it does not say so.
func located(err error, address devices.Address) error {
	var e *devices.Error
	if errors.As(err, &e) && e.At == "" {
		e.At = string(address)
	}
	return err
}
