package quecpython

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fotabench/devices"
	"fotabench/packages"
)

func TestAppFiles(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		method devices.Method
		orders orders
		files  []string
	}{
		{"one over HTTP", devices.HTTP, nil, []string{"main.py"}},
		{"three over HTTP", devices.HTTP, nil, []string{"main.py", "a.py", "b.py"}},
		{"an old app_fota that returns nothing", devices.HTTP, orders{"old_app_fota": true}, []string{"main.py"}},
		{"two over the REPL", devices.Local, nil, []string{"main.py", "a.py"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, c.orders)
			p := pack(t, 9000, c.files...)
			job := &devices.Job{Package: p, Method: c.method}
			if c.method == devices.HTTP {
				job.Sources = serve(t, p, true)
			}
			report := &log{t: t}
			_, verdict, err := upgrade(t, b, job, report)
			if err != nil {
				t.Fatal(err)
			}
			if report.done != p.Size() || report.total != p.Size() {
				t.Errorf("progress %d of %d", report.done, report.total)
			}
			if !strings.Contains(verdict.Answer, p.Files[0].Digests[packages.SHA256]) {
				t.Errorf("verdict %+v", verdict)
			}
			if proof := confirm(t, b, job); !proof.Installed {
				t.Errorf("%+v", proof)
			}
		})
	}
}

func TestAppFaults(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		orders orders
		job    devices.Job
		files  []string
		kind   devices.Kind
		note   devices.Code
	}{
		{"no app_fota", orders{"missing": []string{"app_fota"}}, devices.Job{Method: devices.Local}, []string{"a.py"}, devices.Unsupported, NoteLacks},
		{"no room", orders{"free_blocks": 1}, devices.Job{Method: devices.Local}, []string{"a.py"}, devices.Space, NoteRoom},
		{"by FTP", nil, devices.Job{Method: devices.FTP}, []string{"a.py"}, devices.Unsupported, NoteAppMethod},
		{"a name that leaves the folder", nil, devices.Job{Method: devices.Local}, []string{"quo'te.py"}, devices.Unsupported, NoteAppName},
		{"not found", nil, devices.Job{Method: devices.HTTP, Sources: []devices.Source{{URL: "http://127.0.0.1:9/a.py"}}}, []string{"a.py"}, devices.Refused, NoteRefused},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, c.orders)
			job := c.job
			job.Package = pack(t, 9000, c.files...)
			_, _, err := upgrade(t, b, &job, &log{t: t})
			if !errors.Is(err, c.kind) || noteOf(err) != c.note {
				t.Errorf("%v (note %s)", err, noteOf(err))
			}
			if b.state()["restarts"] != nil || b.file("usr/.updater/usr/a.py") != "" {
				t.Error("something is left on the device")
			}
		})
	}
}

// TestDamagedStagedFile: what the device staged is not what was sent.
func TestDamagedStagedFile(t *testing.T) {
	t.Parallel()
	b := newBench(t, orders{"damage": true})
	p := pack(t, 9000, "main.py")
	_, _, err := upgrade(t, b, &devices.Job{Package: p, Method: devices.HTTP, Sources: serve(t, p, false)}, &log{t: t})
	if !errors.Is(err, devices.Integrity) || noteOf(err) != NoteDigest {
		t.Errorf("%v", err)
	}
	if b.state()["restarts"] != nil {
		t.Error("it was restarted")
	}
}

// TestOrphansAreRemovedFirst: an old copy that is complete by its bookkeeping
// would pass for the new file.
func TestOrphansAreRemovedFirst(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	stage := filepath.Join(b.folder, "usr/.updater/usr")
	if err := os.MkdirAll(stage, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"usr/main.py": "old", "download.stat": `[{"name":"/usr/gone.py"}]`, "update.flag": ""} {
		if err := os.WriteFile(filepath.Join(b.folder, "usr/.updater", name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p := pack(t, 9000, "main.py")
	job := &devices.Job{Package: p, Method: devices.Local}
	if _, _, err := upgrade(t, b, job, &log{t: t}); err != nil {
		t.Fatal(err)
	}
	if proof := confirm(t, b, job); !proof.Installed {
		t.Errorf("%+v", proof)
	}
}
