package haas

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"fotabench/devices"
	"fotabench/devices/link"
	"fotabench/devices/sim/micropython"
	"fotabench/packages"
)

// opened is a session with a board.
func opened(t *testing.T, d *driver, b board) devices.Session {
	t.Helper()
	s, err := d.Open(t.Context(), b.address, devices.Access{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// whole brings a job to a board and restarts it.
func whole(t *testing.T, d *driver, b board, job *devices.Job) error {
	t.Helper()
	s := opened(t, d, b)
	defer s.Close()
	if _, err := s.Deliver(t.Context(), job, &journal{}); err != nil {
		return fmt.Errorf("deliver: %w", err)
	}
	if _, err := s.Verify(t.Context(), job, &journal{}); err != nil {
		return fmt.Errorf("verify: %w", err)
	}
	if err := s.Install(t.Context(), job, &journal{}); err != nil {
		return fmt.Errorf("install: %w", err)
	}
	return nil
}

// proof asks a board that came back.
func proof(t *testing.T, d *driver, b board, job *devices.Job) devices.Proof {
	t.Helper()
	var s devices.Session
	wait(t, func() bool {
		var err error
		s, err = d.Open(t.Context(), b.address, devices.Access{})
		return err == nil
	})
	defer s.Close()
	p, err := s.Installed(t.Context(), job)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// noted finds the sentence of an error.
func noted(err error) devices.Code {
	var e *devices.Error
	if errors.As(err, &e) {
		return e.Note
	}
	return ""
}

func TestIdentity(t *testing.T) {
	t.Parallel()
	b := newBoard(t, micropython.Options{Serial: "HAAS00000001", Firmware: "2.0.7"})
	id, err := opened(t, quick(), b).Identify(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if id.Model != "HaaS EDU K1" || id.Firmware != "2.0.7" || id.ID() != "sn:HAAS00000001" || id.IMEI != "" {
		t.Errorf("%+v", id)
	}
	if id.FreeBytes == nil || *id.FreeBytes <= 0 || *id.FreeBytes > 1<<20 {
		t.Errorf("free: %v", id.FreeBytes)
	}
	if id.Extra["app.appid"] != "8800100099991000" || id.Extra["ota.upgrade"] != "yes" || !strings.HasPrefix(id.Runtime, "1.17.0") {
		t.Errorf("%q %v", id.Runtime, id.Extra)
	}
	chip := newBoard(t, micropython.Options{Model: "HaaS ESP32", Serial: "7c9ebd00001a"})
	if id, err = opened(t, quick(), chip).Identify(t.Context()); err != nil || id.Serial != "303030303161" {
		t.Errorf("%+v, %v", id, err)
	}
	silent := newBoard(t, micropython.Options{Files: map[string][]byte{"/data/pyamp/manifest.json": []byte(`{"version": 3`)}})
	if id, err = opened(t, quick(), silent).Identify(t.Context()); err != nil || id.Firmware != "" {
		t.Errorf("a manifest that cannot be read is told as %q, %v", id.Firmware, err)
	}
}

// TestOtherBoards: a module with fota and no ota is not of this family.
func TestOtherBoards(t *testing.T) {
	t.Parallel()
	b := newBoard(t, micropython.Options{Model: "EC600UCNLB"})
	_, err := quick().Open(t.Context(), b.address, devices.Access{})
	if !errors.Is(err, devices.Unsupported) || noted(err) != NoteNotHaaS {
		t.Errorf("%v", err)
	}
	lacks := devices.Identity{Extra: map[string]string{"ota.upgrade": "no"}}
	if c := quick().Capabilities(lacks); c.Methods[devices.HTTP].OK || c.Options["app"].Why != NoteLacks {
		t.Errorf("%+v", c)
	}
}

// TestHashTypes: the board is told a digest in its own words, and judges it.
func TestHashTypes(t *testing.T) {
	t.Parallel()
	whole := pack(t, app(newVersion)...)
	with := func(digests packages.Digests) *packages.Package {
		p := *whole
		p.Files = []packages.File{whole.Files[0]}
		p.Files[0].Digests = digests
		return &p
	}
	all := whole.Files[0].Digests
	b := newBoard(t, micropython.Options{Network: -1})
	s := opened(t, quick(), b)
	for name, c := range map[string]struct {
		digests packages.Digests
		code    int
	}{
		"sha256":       {all, 0},
		"md5":          {packages.Digests{packages.MD5: all[packages.MD5]}, 0},
		"wrong sha256": {packages.Digests{packages.SHA256: strings.Repeat("0", 64)}, -11},
		"wrong md5":    {packages.Digests{packages.MD5: strings.Repeat("0", 32)}, -10},
	} {
		job := &devices.Job{Package: with(c.digests), Method: devices.HTTP, Sources: host(t, whole)}
		if _, err := s.Deliver(t.Context(), job, &journal{}); err != nil {
			t.Fatal(err)
		}
		verdict, err := s.Verify(t.Context(), job, &journal{})
		var e *devices.Error
		if c.code == 0 && err != nil || c.code != 0 && (!errors.As(err, &e) || e.Code != c.code || e.Kind != devices.Integrity) {
			t.Fatalf("%s: %+v, %v", name, verdict, err)
		}
		if !strings.Contains(verdict.Answer, fmt.Sprint(c.code)) {
			t.Errorf("%s: answer %q", name, verdict.Answer)
		}
		if err := s.Install(t.Context(), job, &journal{}); c.code != 0 && noted(err) != NoteUnproved {
			t.Errorf("%s: installed without a verdict: %v", name, err)
		} else if c.code == 0 {
			wait(t, func() bool { return b.State().Present && b.State().Restarts > 0 })
			s = reopened(t, b)
		}
	}
}

func reopened(t *testing.T, b board) devices.Session {
	t.Helper()
	var s devices.Session
	wait(t, func() bool {
		var err error
		s, err = quick().Open(t.Context(), b.address, devices.Access{})
		return err == nil
	})
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// TestUpgradeSaysZero: the callback says 0 whatever came of it; the files tell.
func TestUpgradeSaysZero(t *testing.T) {
	t.Parallel()
	p := pack(t, app(newVersion)...)
	for fault, why := range map[string]devices.Code{"unzip-fails": "", "unzip-fails=1": NoteDiffers, "old-version": ""} {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			b := newBoard(t, micropython.Options{Network: -1}, fault)
			job := &devices.Job{Package: p, Method: devices.HTTP, Sources: host(t, p)}
			if err := whole(t, quick(), b, job); err != nil {
				t.Fatal(err)
			}
			wait(t, func() bool { return b.State().Restarts == 1 && b.State().Present })
			if got := proof(t, quick(), b, job); got.Installed || got.Why != why {
				t.Errorf("%+v", got)
			}
		})
	}
}

// TestIgnoredRestart: a board that goes on without a restart stores the new app
// and runs the old one.
func TestIgnoredRestart(t *testing.T) {
	t.Parallel()
	p := pack(t, app(newVersion)...)
	b := newBoard(t, micropython.Options{Network: -1}, "reset-ignored")
	job := &devices.Job{Package: p, Method: devices.HTTP, Sources: host(t, p)}
	err := whole(t, quick(), b, job)
	if !errors.Is(err, devices.Refused) || noted(err) != NoteStays {
		t.Fatalf("%v", err)
	}
	if got := proof(t, quick(), b, job); got.Installed || got.Version != newVersion || got.Why != NoteNotStarted {
		t.Errorf("%+v, it runs %s", got, b.Running())
	}
}

// TestSilentApp: an app that states no version is known by its files, however
// many there are.
func TestSilentApp(t *testing.T) {
	t.Parallel()
	var files []entry
	for i := range 2*atOnce + 3 {
		files = append(files, entry{fmt.Sprintf("f%d.py", i), fmt.Sprintf("n = %d\n", i)})
	}
	p := pack(t, append(files, entry{"data.txt", "data"})...)
	b := newBoard(t, micropython.Options{Network: -1})
	job := &devices.Job{Package: p, Method: devices.HTTP, Sources: host(t, p)}
	s := opened(t, quick(), b)
	before, err := s.Installed(t.Context(), job)
	if err != nil || before.Installed || before.Why != NoteDiffers {
		t.Errorf("before: %+v, %v", before, err)
	}
	_ = s.Close()
	if err := whole(t, quick(), b, job); err != nil {
		t.Fatal(err)
	}
	wait(t, func() bool { return b.State().Restarts == 1 && b.State().Present })
	if got := proof(t, quick(), b, job); !got.Installed || !strings.HasPrefix(got.Version, "f0.py ") {
		t.Errorf("%+v", got)
	}
}

// TestErrorPage: the firmware stores whatever an origin answers.
func TestErrorPage(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(server.Close)
	p := pack(t, app(newVersion)...)
	b := newBoard(t, micropython.Options{Network: -1})
	s := opened(t, quick(), b)
	_, err := s.Deliver(t.Context(),
		&devices.Job{Package: p, Method: devices.HTTP, Sources: []devices.Source{{URL: server.URL + "/a.zip"}}}, &journal{})
	if !errors.Is(err, devices.Integrity) || noted(err) != NoteSize {
		t.Errorf("%v", err)
	}
	if names, err := s.(*session).conn.Exec(t.Context(), "print(__import__('os').listdir('/data/pyamp'))"); err != nil || strings.Contains(string(names), ".zip") {
		t.Errorf("it is left there: %s, %v", names, err)
	}
}

// TestStall: a download that no longer grows ends, without an answer of the board.
func TestStall(t *testing.T) {
	t.Parallel()
	p := pack(t, app(newVersion)...)
	b := newBoard(t, micropython.Options{Network: -1}, "download-stalls=4000")
	d := quick()
	d.budgets.silence = 10 * time.Second
	report := &journal{}
	_, err := opened(t, d, b).Deliver(t.Context(), &devices.Job{Package: p, Method: devices.HTTP, Sources: host(t, p)}, report)
	if !errors.Is(err, devices.Timeout) || noted(err) != NoteSilent || report.done == 0 {
		t.Errorf("%v after %d bytes", err, report.done)
	}
}

// TestCancel: nothing but a restart stops a download.
func TestCancel(t *testing.T) {
	t.Parallel()
	p := pack(t, app(newVersion)...)
	for fault, note := range map[string]devices.Code{"download-stalls=4000": NoteCancelRestart, "download-stalls=4000,reset-ignored": NoteCancelDeaf} {
		t.Run(string(note), func(t *testing.T) {
			t.Parallel()
			b := newBoard(t, micropython.Options{Network: -1}, fault)
			why := errors.New("a person cancelled")
			ctx, cancel := context.WithCancelCause(t.Context())
			report := &journal{see: func(int64) { cancel(why) }}
			sources, cut := host(t, p), false
			sources[0].Served, sources[0].Cut = func() int64 { return 4000 }, func() { cut = true }
			_, err := opened(t, quick(), b).Deliver(ctx, &devices.Job{Package: p, Method: devices.HTTP, Sources: sources}, report)
			if !errors.Is(err, why) || !report.has(note) || cut != (note == NoteCancelDeaf) {
				t.Errorf("%v, notes %v, cut %v", err, report.notes, cut)
			}
			if note == NoteCancelRestart {
				wait(t, func() bool { return b.State().Restarts == 1 })
			}
		})
	}
}

// TestRates: a serial port is tried at both speeds, a network address once.
func TestRates(t *testing.T) {
	t.Parallel()
	for address, want := range map[devices.Address]string{"/dev/ttyUSB9": "[115200 1500000]", "tcp://x:1": "[115200]"} {
		var asked []int
		d := New(Config{Open: func(_ context.Context, _ devices.Address, s link.Settings) (link.Link, error) {
			asked = append(asked, s.Baud)
			return nil, &devices.Error{Op: "test", Kind: devices.Timeout}
		}})
		if _, err := d.Open(t.Context(), address, devices.Access{}); !errors.Is(err, devices.Timeout) || fmt.Sprint(asked) != want {
			t.Errorf("%s: %v at %v", address, err, asked)
		}
	}
}
