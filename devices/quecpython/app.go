package quecpython

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"fotabench/devices"
	"fotabench/packages"
)

// Where app_fota keeps what it will install (docs/protocols/quecpython.md,
// section user files).
const (
	userFolder  = "/usr/"
	stageFolder = "/usr/.updater"
)

// maxName keeps a path within the limits of the file systems on these modules.
const maxName = 64

// isApp tells user files from firmware: by the manifest, or because every file
// is a script.
func isApp(p *packages.Package) bool {
	if p.Manifest.Component == packages.App {
		return true
	}
	if p.Manifest.Component != "" || len(p.Files) == 0 {
		return false
	}
	for _, f := range p.Files {
		if !strings.HasSuffix(strings.ToLower(f.Name), ".py") {
			return false
		}
	}
	return true
}

// target is where a file ends up on the device.
func target(f packages.File) string { return userFolder + f.Name }

// paths lists the targets, and where they are staged.
func paths(p *packages.Package) (targets, staged []string, err error) {
	for _, f := range p.Files {
		if _, bad := odd(f.Name, "/\\\"'"); bad || f.Name == "" || f.Name == "." || f.Name == ".." || len(f.Name) > maxName {
			return nil, nil, fail("deliver", devices.Unsupported, NoteAppName, printable(f.Name))
		}
		targets = append(targets, target(f))
		staged = append(staged, stageFolder+target(f))
	}
	return targets, staged, nil
}

// deliverApp stages user files. What an unfinished update left there is removed
// first: app_fota would take a complete old copy for the new file.
func (s *session) deliverApp(ctx context.Context, job *devices.Job, id devices.Identity, report devices.Report) (devices.Delivery, error) {
	if c := s.driver.Capabilities(id).Options[optionApp]; !c.OK {
		return devices.Delivery{}, refuse("deliver", c)
	}
	_, staged, err := paths(job.Package)
	if err != nil {
		return devices.Delivery{}, err
	}
	a, err := s.ask(ctx, "deliver", "appclean.py", arguments{"staged": staged})
	if err != nil {
		return devices.Delivery{}, err
	}
	// Staged and installed copies exist side by side while the files are moved;
	// here only the staged ones are sure to be needed.
	if free, ok := a.Number("free"); ok && int64(free) < job.Package.Size() {
		return devices.Delivery{}, fail("deliver", devices.Space, NoteRoom, job.Package.Size(), int64(free))
	}
	delivery, err := s.stage(ctx, job, id, report)
	if err != nil {
		s.unstage(ctx, staged)
		return devices.Delivery{}, err
	}
	s.held.kind = heldStaged
	return delivery, nil
}

func (s *session) stage(ctx context.Context, job *devices.Job, id devices.Identity, report devices.Report) (devices.Delivery, error) {
	switch job.Method {
	case devices.Local:
		return s.stageLocal(ctx, job, report)
	case devices.HTTP:
		return s.stageFetched(ctx, job, id, report)
	}
	return devices.Delivery{}, fail("deliver", devices.Unsupported, NoteAppMethod, string(job.Method))
}

// unstage removes what was staged, as far as the device still answers.
func (s *session) unstage(ctx context.Context, staged []string) {
	if s.gate.Over() || !s.settle(ctx) {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.driver.budgets.cleanUp)
	defer cancel()
	_, _ = s.ask(ctx, "clean up", "appclean.py", arguments{"staged": staged})
}

// staging adds the files up, so that progress never falls between them.
type staging struct {
	devices.Report
	before, total int64
}

// Progress implements devices.Report.
func (p *staging) Progress(done, _ int64) { p.Report.Progress(p.before+done, p.total) }

// stageLocal writes the files where app_fota would have put them, with the
// bookkeeping by which the boot code finds them.
func (s *session) stageLocal(ctx context.Context, job *devices.Job, report devices.Report) (devices.Delivery, error) {
	progress := &staging{Report: report, total: job.Package.Size()}
	var delivery devices.Delivery
	type entry struct {
		URL  string `json:"url"`
		Name string `json:"name"`
		Size int64  `json:"total_size"`
	}
	var entries []entry
	for _, file := range job.Package.Files {
		setup, err := source("appopen.py", arguments{"path": stageFolder + target(file)})
		if err != nil {
			return delivery, err
		}
		got, err := s.upload(ctx, file, setup, progress)
		if err != nil {
			return delivery, err
		}
		if _, err := s.ask(ctx, "write", "appshut.py", nil); err != nil {
			return delivery, err
		}
		progress.before += file.Size
		delivery.Sent, delivery.How = append(delivery.Sent, got.SHA256), got.Way
		entries = append(entries, entry{URL: "file:" + file.Name, Name: target(file), Size: file.Size})
	}
	text, err := json.Marshal(entries)
	if err != nil {
		return delivery, fmt.Errorf("quecpython: deliver: %w", err)
	}
	_, err = s.ask(ctx, "write", "appstat.py", arguments{"stat": string(text)})
	return delivery, err
}

// stageFetched lets app_fota fetch the files by itself. The call returns 0, or
// nothing on older versions; the digests of what is staged decide (Verify).
func (s *session) stageFetched(ctx context.Context, job *devices.Job, id devices.Identity, report devices.Report) (devices.Delivery, error) {
	if len(job.Sources) != len(job.Package.Files) {
		return devices.Delivery{}, fail("deliver", devices.Unsupported, NoteSources, len(job.Sources), len(job.Package.Files))
	}
	var files []arguments
	for i, source := range job.Sources {
		u, err := address(source, "http", "https")
		if err != nil {
			return devices.Delivery{}, err
		}
		files = append(files, arguments{"url": u, "file_name": target(job.Package.Files[i])})
	}
	r := s.driver.rules(id)
	r.async, r.codeInValue = false, false
	w := newWatch(s, job, r, report)
	w.callback, w.hold, w.files = false, true, true
	o := order{how: "app_fota", args: arguments{"files": files, "thread": r.thread}}
	return w.run(ctx, "appfetch.py", o)
}

// verifyStaged compares the device's digests of what is staged.
func (s *session) verifyStaged(ctx context.Context, job *devices.Job) (devices.Verdict, error) {
	_, staged, err := paths(job.Package)
	if err != nil {
		return devices.Verdict{}, err
	}
	d, err := s.digests(ctx, "verify", staged)
	if err != nil {
		return devices.Verdict{}, err
	}
	verdict := devices.Verdict{Algorithm: d.algorithm, Answer: d.answer(job.Package)}
	if len(staged) == 1 {
		verdict.Hex = d.values[0]
	}
	for i, f := range job.Package.Files {
		want := f.Digests[d.algorithm]
		switch got := d.values[i]; {
		case got == "":
			return verdict, fail("verify", devices.Integrity, NoteAppStaged, f.Name)
		case want == "":
			return verdict, fail("verify", devices.Unsupported, NoteAppNoHash, f.Name)
		case got != want:
			return verdict, fail("verify", devices.Integrity, NoteDigest, string(d.algorithm), want, got)
		}
	}
	return verdict, nil
}

// installedApp compares the device's digests of the files at their targets.
func (s *session) installedApp(ctx context.Context, job *devices.Job) (devices.Proof, error) {
	targets, _, err := paths(job.Package)
	if err != nil {
		return devices.Proof{}, err
	}
	d, err := s.digests(ctx, "confirm", targets)
	if err != nil {
		return devices.Proof{}, err
	}
	proof := devices.Proof{Installed: true, Version: d.answer(job.Package)}
	for i, f := range job.Package.Files {
		if got := d.values[i]; got == "" || got != f.Digests[d.algorithm] {
			proof.Installed = false
		}
	}
	return proof, nil
}

// digests are the device's own, one value per path, "" where there is no file.
type digests struct {
	algorithm packages.Algorithm
	values    []string
}

func (s *session) digests(ctx context.Context, op string, paths []string) (digests, error) {
	kind, values, err := s.scripts.Digests(ctx, op, paths)
	if err == nil && kind == "" {
		err = fail(op, devices.Unsupported, NoteMissing, "hashlib")
	}
	return digests{algorithm: packages.Algorithm(kind), values: values}, err
}

// answer is for people: each file with its digest.
func (d digests) answer(p *packages.Package) string {
	var words []string
	for i, f := range p.Files {
		words = append(words, fmt.Sprintf("%s %s %s", f.Name, d.algorithm, orNone(d.values[i])))
	}
	return strings.Join(words, ", ")
}
