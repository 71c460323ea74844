package quecpython

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"fotabench/devices"
)

// The models of the reference that differ in how they answer.
var (
	asyncModel = map[string]any{"model": "EC600N", "async": true}
	asyncOther = map[string]any{"model": "EC800M", "firmware": "EC800MCNLAR01", "async": true}
	syncModel  = map[string]any{"model": "EC600U", "firmware": "EC600UCNLBR01A01M16_OCPU_V01"}
)

func with(base map[string]any, more map[string]any) map[string]any {
	all := map[string]any{}
	for _, m := range []map[string]any{base, more} {
		for k, v := range m {
			all[k] = v
		}
	}
	return all
}

type orders = map[string]any

// TestFetchVerdicts holds every model's way to answer against the reference.
func TestFetchVerdicts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name       string
		orders     orders
		installing bool
		kind       devices.Kind
		code       int
	}{
		{"async, accepted and restarts", asyncModel, true, "", 0},
		{"async, restarts before its last word", with(asyncModel, orders{"reports": []any{[]int{1, 50}, []int{1, 60}, "restart"}, "pace": 0.5}), true, "", 0},
		{"async, start refused", with(asyncModel, orders{"started": -1, "reports": []any{}, "fetch": false, "ret": -1}), false, devices.Refused, -1},
		{"async, says 0 then fails, code in value", with(asyncModel, orders{"reports": []any{[]int{1, 50}, []int{3, 1009}}, "ret": -1}), false, devices.Integrity, 1009},
		{"async, code in the progress field", with(asyncModel, orders{"reports": []any{[]int{1, 1004}}, "ret": -1}), false, devices.Refused, 1004},
		{"async, code as status", with(asyncOther, orders{"reports": []any{[]int{1, 10}, []int{1005, 0}}, "ret": -1}), false, devices.Denied, 1005},
		{"async, unknown status", with(asyncOther, orders{"reports": []any{[]int{-1, 10}}, "ret": -1}), false, devices.Refused, -1},
		{"out of order, beyond 100, stuck at 99", with(asyncModel, orders{"reports": []any{[]int{1, 80}, []int{1, 20}, []int{1, 250}, []int{0, 99}, []int{2, 0}}}), true, "", 0},
		{"sync, returns 0", syncModel, true, "", 0},
		{"sync, returns -1", with(syncModel, orders{"reports": []any{[]int{1, 50}}, "ret": -1}), false, devices.Refused, -1},
		{"sync, returns -1 with a code", with(syncModel, orders{"reports": []any{[]int{1013, 0}}, "ret": -1}), false, devices.Space, 1013},
		{"sync, returns 0 after a failure", with(syncModel, orders{"reports": []any{[]int{1009, 0}}, "restarts": false}), false, devices.Integrity, 1009},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, c.orders)
			p := pack(t, 3000, "delta.bin")
			job := &devices.Job{Package: p, Method: devices.HTTP, Sources: serve(t, p, false)}
			delivery, _, err := upgrade(t, b, job, &log{t: t})
			if delivery.Installing != c.installing {
				t.Errorf("installing %v, err %v", delivery.Installing, err)
			}
			if c.kind == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			var e *devices.Error
			if !errors.Is(err, c.kind) || !errors.As(err, &e) || e.Code != c.code || !e.HasCode {
				t.Errorf("%v (note %s)", err, noteOf(err))
			}
			if b.state()["restarts"] != nil {
				t.Error("the device was restarted")
			}
		})
	}
}

func TestFetchProgressInPercent(t *testing.T) {
	t.Parallel()
	b := newBench(t, with(asyncModel, orders{"pace": 0.1, "reports": []any{[]int{1, 10}, []int{1, 40}, []int{1, 70}, []int{1, 100}, []int{2, 0}}}))
	p := pack(t, 3000, "delta.bin")
	report := &log{t: t}
	_, _, err := upgrade(t, b, &devices.Job{Package: p, Method: devices.HTTP, Sources: serve(t, p, false)}, report)
	if err != nil {
		t.Fatal(err)
	}
	if report.total != 100 || report.steps < 2 {
		t.Errorf("%d of %d in %d steps", report.done, report.total, report.steps)
	}
}

func TestFetchProgressInBytesWhenHosted(t *testing.T) {
	t.Parallel()
	b := newBench(t, with(asyncModel, orders{"pace": 0.05}))
	p := pack(t, 70000, "delta.bin")
	report := &log{t: t}
	job := &devices.Job{Package: p, Method: devices.HTTP, Sources: serve(t, p, true)}
	_, _, err := upgrade(t, b, job, report)
	if err != nil {
		t.Fatal(err)
	}
	if report.total != 70000 || report.done != 70000 {
		t.Errorf("%d of %d", report.done, report.total)
	}
	if proof := confirm(t, b, job); !proof.Installed {
		t.Errorf("%+v", proof)
	}
}

func TestMiniFOTA(t *testing.T) {
	t.Parallel()
	b := newBench(t, with(asyncModel, orders{"pace": 0.01, "linger": 0}))
	p := pack(t, 3000, "dfota_1.bin", "dfota_2.bin")
	job := &devices.Job{Package: p, Method: devices.HTTP, Sources: serve(t, p, true)}
	report := &log{t: t}
	delivery, _, err := upgrade(t, b, job, report)
	if err != nil || !delivery.Installing {
		t.Fatalf("%+v %v", delivery, err)
	}
	if asked := fmt.Sprint(b.state()["asked"]); !strings.Contains(asked, "dfota_1.bin") || !strings.Contains(asked, "dfota_2.bin") {
		t.Errorf("asked for %s", asked)
	}
}

func TestHoldRestart(t *testing.T) {
	t.Parallel()
	b := newBench(t, syncModel)
	p := pack(t, 3000, "delta.pack")
	job := &devices.Job{
		Package: p, Method: devices.HTTP, Sources: serve(t, p, true),
		Options: devices.Options{HoldRestart: true},
	}
	delivery, verdict, err := upgrade(t, b, job, &log{t: t})
	// The last callback may come before the call has returned.
	answers := []string{"status 2, returned 0", "status 2, returned none"}
	if err != nil || delivery.Installing || !slices.Contains(answers, verdict.Answer) {
		t.Fatalf("%+v %+v %v", delivery, verdict, err)
	}
	if proof := confirm(t, b, job); !proof.Installed {
		t.Errorf("%+v", proof)
	}
}

// TestModuleThatStays: the reference says it restarts, this one does not.
func TestModuleThatStays(t *testing.T) {
	t.Parallel()
	b := newBench(t, with(syncModel, orders{"restarts": false}))
	b.driver.budgets.restart = 1
	p := pack(t, 3000, "delta.pack")
	report := &log{t: t}
	job := &devices.Job{Package: p, Method: devices.HTTP, Sources: serve(t, p, false)}
	delivery, _, err := upgrade(t, b, job, report)
	if err != nil || delivery.Installing || !report.has(NoteStays) {
		t.Fatalf("%+v %v %v", delivery, err, report.notes)
	}
	if proof := confirm(t, b, job); !proof.Installed {
		t.Errorf("%+v", proof)
	}
}

func TestBootsOldVersion(t *testing.T) {
	t.Parallel()
	b := newBench(t, with(syncModel, orders{"boots_old": true}))
	p := pack(t, 3000, "delta.pack")
	job := &devices.Job{Package: p, Method: devices.HTTP, Sources: serve(t, p, false)}
	if _, _, err := upgrade(t, b, job, &log{t: t}); err != nil {
		t.Fatal(err)
	}
	if proof := confirm(t, b, job); proof.Installed || proof.Version == targetVersion {
		t.Errorf("%+v", proof)
	}
}

func TestOptionsReachTheDevice(t *testing.T) {
	t.Parallel()
	p := pack(t, 3000, "delta.bin")
	t.Run("tls", func(t *testing.T) {
		b := newBench(t, orders{"model": "EC200A", "firmware": "EC200AAUHAR01"})
		pem := "-----BEGIN CERTIFICATE-----\nqu'ote\"\\\n-----END CERTIFICATE-----\n"
		job := &devices.Job{Package: p, Method: devices.HTTP, Sources: serve(t, p, false), Options: devices.Options{
			TLS: &devices.TLS{CA: pem, Version: 3, Level: 1},
		}}
		if _, _, err := upgrade(t, b, job, &log{t: t}); err != nil {
			t.Fatal(err)
		}
		got, _ := b.state()["ssl_params"].(map[string]any)
		if got["ca_cert"] != pem || got["ssl_version"] != 3.0 || got["sec_level"] != 1.0 || got["client_key"] != nil {
			t.Errorf("ssl_params %v", got)
		}
	})
	t.Run("apn", func(t *testing.T) {
		b := newBench(t, orders{"model": "BG95", "firmware": "BG95M3LAR02"})
		job := &devices.Job{Package: p, Method: devices.HTTP, Sources: serve(t, p, false), Options: devices.Options{
			APN: &devices.APN{Name: "iot.example", IPType: 1, User: "u", Password: "p"},
		}}
		if _, _, err := upgrade(t, b, job, &log{t: t}); err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(b.state()["apn"]); got != "[iot.example 1 u p]" {
			t.Errorf("apn %s", got)
		}
	})
	t.Run("apn refused", func(t *testing.T) {
		b := newBench(t, orders{"model": "BG95", "firmware": "BG95M3LAR02", "apn_set": -1})
		job := &devices.Job{Package: p, Method: devices.HTTP, Sources: serve(t, p, false), Options: devices.Options{
			APN: &devices.APN{Name: "iot.example"},
		}}
		if _, _, err := upgrade(t, b, job, &log{t: t}); noteOf(err) != NoteAPN {
			t.Errorf("%v", err)
		}
		if b.state()["asked"] != nil {
			t.Error("it fetched all the same")
		}
	})
}

func TestFTP(t *testing.T) {
	t.Parallel()
	p := pack(t, 3000, "delta.pack")
	source := []devices.Source{{URL: "ftp://files.example:2121/delta.pack", User: "desk", Password: "s3cret"}}
	t.Run("own call", func(t *testing.T) {
		b := newBench(t, syncModel)
		delivery, _, err := upgrade(t, b, &devices.Job{Package: p, Method: devices.FTP, Sources: source}, &log{t: t})
		if err != nil || !delivery.Installing || delivery.How != "ftpDownload" {
			t.Errorf("%+v %v", delivery, err)
		}
		if got := b.state()["ftp_url"]; got != "ftp://desk:s3cret@files.example:2121/delta.pack" {
			t.Errorf("url %v", got)
		}
	})
	t.Run("by URL", func(t *testing.T) {
		b := newBench(t, orders{"model": "EC200A", "firmware": "EC200AAUHAR01", "lacks": []string{"ftpDownload"}, "fetch": false})
		delivery, _, err := upgrade(t, b, &devices.Job{Package: p, Method: devices.FTP, Sources: source}, &log{t: t})
		if err != nil || delivery.How != "httpDownload" {
			t.Errorf("%+v %v", delivery, err)
		}
	})
	t.Run("no secret in the error", func(t *testing.T) {
		b := newBench(t, with(syncModel, orders{"raises": "cannot reach"}))
		_, _, err := upgrade(t, b, &devices.Job{Package: p, Method: devices.FTP, Sources: source}, &log{t: t})
		if err == nil || strings.Contains(fmt.Sprintf("%v %+v", err, err), "s3cret") || !strings.Contains(err.Error(), "***") {
			t.Errorf("%v", err)
		}
	})
}

func TestCancelFetch(t *testing.T) {
	t.Parallel()
	slow := orders{"pace": 0.2, "reports": []any{
		[]int{1, 5},
		[]int{1, 6},
		[]int{1, 7},
		[]int{1, 8},
		[]int{1, 9},
		[]int{1, 10},
		[]int{1, 11},
		[]int{1, 12},
		[]int{1, 13},
		[]int{1, 14},
		[]int{1, 15},
		[]int{1, 16},
		[]int{1, 17},
		[]int{1, 18},
		[]int{2, 0},
	}}
	for _, c := range []struct {
		name     string
		orders   orders
		note     devices.Code
		restarts bool
	}{
		{"asks the device", with(slow, orders{"model": "BG95", "firmware": "BG95M3LAR02"}), NoteCancelAsked, false},
		{"asks in vain, so restarts it", with(slow, orders{"model": "BG95", "firmware": "BG95M3LAR02", "download_cancel": -1}), NoteCancelRestart, true},
		{"restarts it", with(slow, orders{"model": "EC600U", "firmware": "EC600UCNLB", "lacks": []string{"download_cancel"}}), NoteCancelRestart, true},
		{"restarts an async one", with(slow, with(asyncModel, orders{"lacks": []string{"download_cancel"}})), NoteCancelRestart, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, c.orders)
			p := pack(t, 3000, "delta.bin")
			ctx, cancel := context.WithCancelCause(t.Context())
			why := errors.New("a person cancelled")
			report := &log{t: t, see: func(int64) { cancel(why) }}
			job := &devices.Job{Package: p, Method: devices.HTTP, Sources: serve(t, p, false)}
			_, err := b.open().Deliver(ctx, job, report)
			if !errors.Is(err, why) || !report.has(c.note) {
				t.Errorf("%v, notes %v", err, report.notes)
			}
			if restarted := b.state()["restarts"] != nil; restarted != c.restarts {
				t.Errorf("restarted: %v", restarted)
			}
			if proof := confirm(t, b, job); proof.Installed {
				t.Error("the cancelled package was installed")
			}
		})
	}
}

func TestCancelTooLate(t *testing.T) {
	t.Parallel()
	b := newBench(t, with(asyncModel, orders{"linger": 60, "reports": []any{[]int{1, 50}, []int{2, 0}}}))
	p := pack(t, 3000, "delta.bin")
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("a person cancelled")
	report := &onNote{log: &log{t: t}, code: NoteAccepted, act: func() { cancel(why) }}
	delivery, err := b.open().Deliver(ctx, &devices.Job{Package: p, Method: devices.HTTP, Sources: serve(t, p, false)}, report)
	if err != nil || !delivery.Installing || !report.has(NoteCancelLate) {
		t.Errorf("%+v %v", delivery, err)
	}
}

// onNote acts when a remark comes.
type onNote struct {
	*log
	code devices.Code
	act  func()
}

func (n *onNote) Note(code devices.Code, args ...any) {
	n.log.Note(code, args...)
	if code == n.code {
		n.act()
	}
}

func TestSilentFetchEnds(t *testing.T) {
	t.Parallel()
	b := newBench(t, with(asyncModel, orders{"reports": []any{[]int{1, 99}}, "ret": 0, "restarts": false}))
	b.driver.budgets.silence = 1
	p := pack(t, 3000, "delta.bin")
	_, _, err := upgrade(t, b, &devices.Job{Package: p, Method: devices.HTTP, Sources: serve(t, p, false)}, &log{t: t})
	if !errors.Is(err, devices.Timeout) || noteOf(err) != NoteSilent {
		t.Errorf("%v", err)
	}
}

func TestPortGoneBeforeTheAnswer(t *testing.T) {
	t.Parallel()
	b := newBench(t, with(asyncModel, orders{"no_thread": true, "dies": true}))
	p := pack(t, 3000, "delta.bin")
	_, _, err := upgrade(t, b, &devices.Job{Package: p, Method: devices.HTTP, Sources: serve(t, p, false)}, &log{t: t})
	if !errors.Is(err, devices.Lost) || noteOf(err) != NoteLostEarly {
		t.Errorf("%v", err)
	}
}
