package updater

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"fotabench/devices"
	"fotabench/devices/link"
	"fotabench/devices/link/record"
	"fotabench/packages"
	"fotabench/updater/settings"
)

// wired is the world's driver on a link, over which it says its passwords first.
type wired struct{ *world }

func (w wired) Open(ctx context.Context, at devices.Address, access devices.Access) (devices.Session, error) {
	session, err := w.world.Open(ctx, at, access)
	if err != nil {
		return nil, err
	}
	l, err := link.Open(ctx, at, link.Settings{})
	if err != nil {
		return nil, err
	}
	if _, err := l.Write(ctx, []byte("hello "+access.Password+"\r")); err != nil {
		return nil, err
	}
	return wiredSession{session, l}, nil
}

type wiredSession struct {
	devices.Session
	l link.Link
}

func (s wiredSession) Deliver(ctx context.Context, job *devices.Job, r devices.Report) (devices.Delivery, error) {
	text := "APN " + job.Options.APN.Password
	for _, source := range job.Sources {
		text += " FTP " + source.Password
	}
	if _, err := s.l.Write(ctx, []byte(text)); err != nil {
		return devices.Delivery{}, err
	}
	return s.Session.Deliver(ctx, job, r)
}

func (s wiredSession) Close() error { return errors.Join(s.Session.Close(), s.l.Close()) }

// pipes makes every port a pipe with nobody at its other end.
func pipes(ctx context.Context) context.Context {
	return link.Through(ctx, func(link.Opener) link.Opener {
		return func(context.Context, devices.Address, link.Settings) (link.Link, error) {
			host, _ := link.Pipe()
			return host, nil
		}
	})
}

// recordingEngine is an engine that keeps its files in dir.
func recordingEngine(t *testing.T, w *world, dir string) *Engine {
	t.Helper()
	cfg := w.config(newBook())
	cfg.Drivers, cfg.DataDir, cfg.Version = []devices.Driver{wired{w}}, dir, "1.2.3"
	e, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// secretPlan is a plan with a password in every place that has one.
func secretPlan(w *world) (Plan, []string) {
	secrets := []string{"repl-secret-1", "apn-secret-2", "url-secret-3", "tls-secret-4", "product-secret-5", "apn-secret-6"}
	p := w.plan()
	p.Links = pipes
	p.Access.Password = secrets[0]
	p.Options.APN = &devices.APN{Name: "internet", Password: secrets[1]}
	p.Origin = &OriginPlan{Password: secrets[2]}
	p.Options.TLS = &devices.TLS{Key: secrets[3]}
	p.Access.Platform = &devices.Platform{ProductKey: "p11", ProductSecret: secrets[4], APN: &devices.APN{Name: "iot", Password: secrets[5]}}
	return p, secrets
}

// unzip gives the files of a zip.
func unzip(t *testing.T, data []byte) map[string][]byte {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if files[f.Name], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
	}
	return files
}

// TestBundle: a bundle holds what it says, nothing else, and no secret.
func TestBundle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		e := recordingEngine(t, w, t.TempDir())
		defer close2(t, e)
		plan, secrets := secretPlan(w)
		if got := last(story(t, e, plan)); got.Outcome != Verified {
			t.Fatalf("%+v", got)
		}
		var out bytes.Buffer
		if err := e.Bundle(t.Context(), "", &out); err != nil {
			t.Fatal(err)
		}
		files := unzip(t, out.Bytes())
		var about Bundle
		if err := json.Unmarshal(files[bundleAbout], &about); err != nil {
			t.Fatal(err)
		}
		names := []string{bundleAbout}
		for _, f := range about.Files {
			names = append(names, f.Name)
			sum := sha256.Sum256(files[f.Name])
			if int64(len(files[f.Name])) != f.Size || hex.EncodeToString(sum[:]) != f.SHA256 {
				t.Errorf("%s is not what the table of contents says", f.Name)
			}
		}
		for name, text := range files {
			if !slices.Contains(names, name) {
				t.Errorf("%s is in no table of contents", name)
			}
			for _, s := range secrets {
				if bytes.Contains(text, []byte(s)) {
					t.Errorf("%s holds the secret %s", name, s)
				}
			}
		}
		if len(about.Files) != 4 || len(about.Lacks) != 0 || about.Program != "1.2.3" || about.Job != history(t, e, 1)[0].Job {
			t.Errorf("%+v", about)
		}
		rec, err := record.Read(bytes.NewReader(files[record.BundleName]))
		if err != nil {
			t.Fatal(err)
		}
		if rec.Torn || len(rec.Links) != 2 || rec.Header.Sighting == nil || rec.Header.Sighting.Key != plan.Sighting.Key {
			t.Errorf("%+v", rec)
		}
		if got := string(rec.Links[0].Turns[0].Data); got != "hello *************\r" {
			t.Errorf("%q", got)
		}
		if !bytes.Contains(files[bundleSightings], []byte(home)) || !bytes.Contains(files[bundleReport], []byte(imei[5:])) {
			t.Errorf("no sighting or identity: %s", files[bundleSightings])
		}
	})
}

// TestUnrecorded: without leave, and without a port, there is no recording; the
// bundle says so.
func TestUnrecorded(t *testing.T) {
	for _, wish := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			dir := t.TempDir()
			e := recordingEngine(t, w, dir)
			defer close2(t, e)
			plan, _ := secretPlan(w)
			plan.Unrecorded = wish
			if !wish {
				e.drivers["fake"], e.cfg.Drivers[0] = w, w
			}
			job := last(story(t, e, plan)).Job
			if _, err := os.Stat(RecordingPath(dir, job)); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("there is a recording: %v", err)
			}
			var out bytes.Buffer
			if err := e.Bundle(t.Context(), job, &out); err != nil {
				t.Fatal(err)
			}
			files := unzip(t, out.Bytes())
			if files[record.BundleName] != nil || !strings.Contains(string(files[bundleAbout]), "no recording") {
				t.Errorf("%s", files[bundleAbout])
			}
		})
	}
}

// TestRecordingsAreBounded: the newest twenty stay, within their size.
func TestRecordingsAreBounded(t *testing.T) {
	dir := t.TempDir()
	var begun []Record // the clock was put back after the first fifteen
	for i := range 30 {
		job := fmt.Sprintf("20261121T1200%02d", (i+15)%30)
		begun = append([]Record{{Job: job}}, begun...)
		name := filepath.Join(dir, job+recordingSuffix)
		if err := os.WriteFile(name, make([]byte, 10), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	strange := filepath.Join(dir, "notes.txt")
	if err := os.WriteFile(strange, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	left := func() []string {
		names, err := filepath.Glob(filepath.Join(dir, "*"+recordingSuffix))
		if err != nil {
			t.Fatal(err)
		}
		return names
	}
	for _, c := range []struct {
		most int
		size int64
		want int
		busy string // the job that is under way
	}{{settings.UsualRecordings, 1 << 20, 20, ""}, {settings.UsualRecordings, 55, 5, ""}, {0, 55, 1, "20261121T120014"}, {0, 55, 0, ""}} {
		if err := prune(dir, c.most, c.size, begun, func(job string) bool { return job == c.busy }); err != nil {
			t.Fatal(err)
		}
		got := left()
		if len(got) != c.want || len(got) > 0 && !slices.Contains(got, filepath.Join(dir, begun[0].Job+recordingSuffix)) {
			t.Errorf("%+v: %q", c, got)
		}
	}
	if _, err := os.Stat(strange); err != nil {
		t.Error("a file that is no recording was removed")
	}
}

// TestBundleFile: all of it or no file; an older one stays until then.
func TestBundleFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		dir := t.TempDir()
		e := recordingEngine(t, w, dir)
		defer close2(t, e)
		path := filepath.Join(dir, "b.zip")
		if _, err := e.BundleFile(t.Context(), "", path); !errors.Is(err, devices.Absent) {
			t.Errorf("of no job: %v", err)
		}
		plan, _ := secretPlan(w)
		job := last(story(t, e, plan)).Job
		if err := os.WriteFile(path, []byte("older"), 0o600); err != nil {
			t.Fatal(err)
		}
		ended, stop := context.WithCancelCause(t.Context())
		stop(errClosing)
		if _, err := e.BundleFile(ended, job, path); !errors.Is(err, errClosing) {
			t.Errorf("cancelled: %v", err)
		}
		if text, err := os.ReadFile(path); err != nil || string(text) != "older" {
			t.Errorf("%q, %v", text, err)
		}
		if got, err := e.BundleFile(t.Context(), "", path); err != nil || got != job {
			t.Errorf("%q, %v", got, err)
		}
		if _, err := e.BundleFile(t.Context(), job, filepath.Join(dir, "nowhere", "b.zip")); err == nil {
			t.Error("written to a folder that is not there")
		}
		if _, err := e.BundleFile(t.Context(), "no-such-job", path); !errors.Is(err, devices.Absent) {
			t.Errorf("%v", err)
		}
		if names, _ := filepath.Glob(filepath.Join(dir, ".b.zip.*")); len(names) != 0 {
			t.Errorf("left behind: %q", names)
		}
		if rec, err := record.Load(path); err != nil || rec.Header.Job != job {
			t.Errorf("%v", err)
		}
	})
}

// TestLateSecretsAreMasked: the password that our own host makes for a job is
// known when the recorder runs already.
func TestLateSecretsAreMasked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		dir := t.TempDir()
		e := recordingEngine(t, w, dir)
		defer close2(t, e)
		e.tools.serve = serving("http://user:made-for-this-job@192.0.2.1:80/demo.bin")
		plan, _ := secretPlan(w)
		plan.Method, plan.Origin = devices.HTTP, &OriginPlan{Listen: "192.0.2.1:0"}
		plan.Accept = map[string]string{"reach": "a test"}
		end := last(story(t, e, plan))
		text, err := os.ReadFile(RecordingPath(dir, end.Job))
		if err != nil {
			t.Fatalf("%v: %+v", err, end.Failure)
		}
		if !strings.Contains(string(text), " FTP ****") || strings.Contains(string(text), "made-for-this-job") {
			t.Errorf("%s", text)
		}
	})
}

// oneURL is a host that serves at one URL.
type oneURL string

func (u oneURL) URLs() []string { return []string{string(u)} }
func (oneURL) Served(int) int64 { return 0 }

func (oneURL) Received(int) bool { return false }
func (oneURL) Err() error        { return nil }
func (oneURL) Close() error      { return nil }

func serving(url string) func(context.Context, devices.Method, string, []packages.File) (host, error) {
	return func(context.Context, devices.Method, string, []packages.File) (host, error) { return oneURL(url), nil }
}
