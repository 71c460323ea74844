package updater

import (
	"archive/zip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"runtime"
	"slices"
	"time"

	"fotabench/devices"
	"fotabench/devices/link/record"
	"fotabench/packages/durable"
)

// NoteNoUpgrade says that a bundle was asked for where nothing was ever upgraded.
const NoteNoUpgrade devices.Code = "engine.bundle.none"

// bundleVersion is Bundle.Version; it grows when the meaning of a field changes.
const bundleVersion = 1

// The files of a bundle beside record.BundleName.
const (
	bundleAbout     = "bundle.json"
	bundleReport    = "report.json"
	bundleEvents    = "events.jsonl"
	bundleSightings = "sightings.json"
)

// lookAround bounds the look at what is plugged in while a bundle is made.
const lookAround = 3 * time.Second

// errLooked ends that look.
var errLooked = errors.New("the list was seen")

// Bundle is the table of contents of a support bundle, its file bundle.json.
type Bundle struct {
	Version int       `json:"version"`
	Job     string    `json:"job"`
	Made    time.Time `json:"made"`
	// Program is this program's version, System the operating system.
	Program string `json:"program"`
	System  System `json:"system"`
	// Families are those that the program drives, Budgets its times in nanoseconds.
	Families []string     `json:"families"`
	Budgets  Budgets      `json:"budgets"`
	Files    []BundleFile `json:"files"`
	// Lacks says what could not be put in, and why, in English.
	Lacks []string `json:"lacks,omitempty"`
}

// System is what a program runs on.
type System struct {
	OS      string `json:"os"`
	Arch    string `json:"arch"`
	Release string `json:"release"`
	Go      string `json:"go"`
}

// BundleFile is one file of a bundle. Size is in bytes, SHA256 in lower-case hex.
type BundleFile struct {
	Name   string `json:"name"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// Bundle writes all that support needs to know of a job as a zip file: its report
// and events, what is plugged in, the recording of its bytes, and what they were
// made with. job "" is the newest. Secrets are in none of them; the bytes of a
// package that was sent over the cable are in the recording. Absent if there is no
// such job.
func (e *Engine) Bundle(ctx context.Context, job string, w io.Writer) error {
	report, err := e.bundled(job)
	if err != nil {
		return err
	}
	events, _, err := e.journal.Events(report.Job)
	if err != nil {
		return err
	}
	z := &bundler{zip: zip.NewWriter(w), about: Bundle{
		Version: bundleVersion, Job: report.Job, Made: time.Now(), Program: e.cfg.Version,
		System:  System{runtime.GOOS, runtime.GOARCH, systemRelease(), runtime.Version()},
		Budgets: e.cfg.Budgets, Families: e.families(),
	}}
	z.add(bundleReport, report.Write)
	z.add(bundleEvents, func(w io.Writer) error { return lines(w, events) })
	z.add(bundleSightings, func(w io.Writer) error { return indented(w, e.present(ctx)) })
	z.record(RecordingPath(e.cfg.DataDir, report.Job))
	if err := context.Cause(ctx); err != nil {
		return err
	}
	return z.close()
}

// BundleFile writes the bundle of a job to a file: all of it, or no file. It gives
// the job.
func (e *Engine) BundleFile(ctx context.Context, job, path string) (string, error) {
	report, err := e.bundled(job)
	if err != nil {
		return "", err
	}
	err = durable.Export(path, func(out io.Writer) error { return e.Bundle(ctx, report.Job, out) })
	if err != nil {
		return "", fmt.Errorf("bundle: %w", err)
	}
	return report.Job, nil
}

// bundled is the report of a job, "" for the newest.
func (e *Engine) bundled(job string) (Report, error) {
	if job == "" {
		newest, err := e.Records(1)
		if err != nil {
			return Report{}, err
		}
		if len(newest) == 0 {
			return Report{}, refusal("bundle", devices.Absent, NoteNoUpgrade)
		}
		job = newest[0].Job
	}
	return e.Report(job)
}

func (e *Engine) families() []string {
	var list []string
	for _, d := range e.cfg.Drivers {
		list = append(list, d.Family())
	}
	return list
}

// present is what is plugged in now; nil if that cannot be known.
func (e *Engine) present(ctx context.Context) (now []devices.Sighting) {
	ctx, enough := context.WithCancelCause(ctx)
	defer enough(nil)
	ctx, stop := context.WithTimeout(ctx, lookAround)
	defer stop()
	// It ends with one of the two contexts.
	_ = e.Sightings(ctx, func(list []devices.Sighting) {
		now = slices.Clone(list)
		enough(errLooked)
	})
	return now
}

// bundler writes the files of a bundle.
type bundler struct {
	zip   *zip.Writer
	about Bundle
	err   error
}

// add writes one file.
func (z *bundler) add(name string, write func(io.Writer) error) {
	if z.err != nil {
		return
	}
	w, err := z.zip.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: z.about.Made})
	if err != nil {
		z.err = err
		return
	}
	sum := &summed{w: w, sum: sha256.New()}
	if z.err = write(sum); z.err == nil {
		z.about.Files = append(z.about.Files, BundleFile{name, sum.n, hex.EncodeToString(sum.sum.Sum(nil))})
	}
}

// record adds the recording, if there is one.
func (z *bundler) record(path string) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		z.about.Lacks = append(z.about.Lacks, "no recording: no port was opened, or it was not kept")
		return
	}
	if err != nil {
		z.about.Lacks = append(z.about.Lacks, "no recording: it could not be opened")
		return
	}
	defer f.Close()
	z.add(record.BundleName, func(w io.Writer) error {
		_, err := io.Copy(w, f)
		return err
	})
}

// close adds the table of contents and ends the file.
func (z *bundler) close() error {
	about := z.about
	z.add(bundleAbout, func(w io.Writer) error { return indented(w, about) })
	if err := errors.Join(z.err, z.zip.Close()); err != nil {
		return fmt.Errorf("bundle: %w", err)
	}
	return nil
}

// summed counts and hashes what is written.
type summed struct {
	w   io.Writer
	sum hash.Hash
	n   int64
}

func (s *summed) Write(p []byte) (int, error) {
	n, err := s.w.Write(p)
	s.sum.Write(p[:n]) // never fails
	s.n += int64(n)
	return n, err
}

// lines writes one JSON object a line.
func lines(w io.Writer, events []Event) error {
	enc := json.NewEncoder(w)
	for _, e := range events {
		if err := enc.Encode(e); err != nil {
			return err
		}
	}
	return nil
}

func indented(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}
