package main

import (
	"errors"
	"fmt"
	"time"

	"fotabench/devices"
	"fotabench/packages"
	"fotabench/updater"
)

// many is how many upgrades a busy desk has in its history.
const many = 10_000

// stock makes a data folder with n upgrades in its journal, all of them ended.
func stock(folder string, n int) error {
	journal, _, err := updater.OpenJournal(folder)
	if err != nil {
		return err
	}
	began := time.Date(2026, 1, 1, 8, 0, 0, 0, time.UTC)
	for i := range n {
		if err = journal.Begin(past(i, began.Add(time.Duration(i)*20*time.Minute))); err != nil {
			break
		}
	}
	return errors.Join(err, journal.Close())
}

// past is an upgrade that ended; those of one day had the same package.
func past(i int, began time.Time) updater.Record {
	sum := func(digits int) string { return fmt.Sprintf("%0*x", digits, 1+i/72) }
	file := packages.File{
		Name: "maintenance.bin", Size: 319532,
		Digests: packages.Digests{packages.MD5: sum(32), packages.SHA1: sum(40), packages.SHA256: sum(64), packages.CRC32: sum(8)},
	}
	r := updater.Record{
		Job: fmt.Sprintf("%s-%08x", began.Format("20060102T150405.000"), i), Started: began, Ended: began.Add(3 * time.Minute),
		Device: &devices.Identity{Family: "quecpython", Vendor: "Quectel", Model: "EC600N", IMEI: fmt.Sprintf("86%013d", i%500), Firmware: "EC600NCNLCR01A01M02_OCPU_QPY", At: began},
		Plan: updater.PlanRecord{
			Family: "quecpython", Address: "/dev/ttyUSB3", Place: "usb-1.2", Package: "maintenance.bin", Method: devices.Local,
			Files: []packages.File{file}, Target: "EC600NCNLCR01A02M01_OCPU_QPY",
		},
		Stage: updater.Confirm, Outcome: updater.Verified, Ending: &updater.Note{Level: updater.Info, Code: updater.NoteVerified}, Seq: 60,
	}
	if i%5 == 4 {
		r.Outcome, r.Ending = updater.FailedOld, nil
		r.Failure = &updater.Failure{Kind: devices.Refused, Note: updater.Note{Level: updater.Fault, Code: updater.NoteOld}, Text: "the device reports its old version"}
	}
	return r
}
