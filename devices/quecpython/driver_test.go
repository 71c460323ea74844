package quecpython

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"fotabench/devices"
	"fotabench/packages"
)

func TestIdentify(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	id, err := b.open().Identify(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if id.Model != "EC600N" || id.IMEI != "866340053221118" || id.Vendor != "Quectel" ||
		id.Serial != "D1Q21I9000123" || id.Firmware != sourceVersion || id.Runtime != "V0002" {
		t.Errorf("identity %+v", id)
	}
	if id.BatteryMV == nil || id.SignalCSQ == nil || id.FreeBytes == nil {
		t.Fatalf("health %v %v %v", id.BatteryMV, id.SignalCSQ, id.FreeBytes)
	}
	if *id.BatteryMV != 3874 || *id.SignalCSQ != 24 || *id.FreeBytes != 4096*128 {
		t.Errorf("health %d %d %d", *id.BatteryMV, *id.SignalCSQ, *id.FreeBytes)
	}
	for name, want := range map[string]string{
		"fota": "yes", "fota.write": "yes", "fota.apn_set": "yes", "app_fota": "yes", "_thread": "yes",
		"uname.machine": "EC600N with QUECTEL",
	} {
		if id.Extra[name] != want {
			t.Errorf("%s is %q", name, id.Extra[name])
		}
	}
}

func TestIdentifyWhatIsUnknown(t *testing.T) {
	t.Parallel()
	b := newBench(t, map[string]any{
		"imei": -1, "serial": -1, "millivolts": -1, "csq": 99, "free_blocks": "none",
		"uname": []string{"nonsense"}, "missing": []string{"app_fota"},
		"lacks": []string{"write", "flush", "verify", "apn_set"},
	})
	id, err := b.open().Identify(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if id.IMEI != "" || id.Serial != "" || id.ID() != "" || id.BatteryMV != nil || id.SignalCSQ != nil {
		t.Errorf("not unknown: %+v", id)
	}
	if id.Extra["app_fota"] != "no" || id.Extra["fota.write"] != "no" || id.Extra["fota.httpDownload"] != "yes" {
		t.Errorf("calls %v", id.Extra)
	}
}

func TestOpenRefusesOtherInterpreters(t *testing.T) {
	t.Parallel()
	b := newBench(t, map[string]any{"missing": []string{"fota", "modem"}})
	_, err := b.driver.Open(t.Context(), b.address(), devices.Access{})
	if !errors.Is(err, devices.Unsupported) || noteOf(err) != NoteNotQuecPython {
		t.Errorf("open: %v", err)
	}
}

func noteOf(err error) devices.Code {
	var e *devices.Error
	if errors.As(err, &e) {
		return e.Note
	}
	return ""
}

// upgrade runs a job to its end and returns the last error.
func upgrade(t *testing.T, b *bench, job *devices.Job, report devices.Report) (devices.Delivery, devices.Verdict, error) {
	t.Helper()
	s := b.open()
	delivery, err := s.Deliver(t.Context(), job, report)
	if err != nil || delivery.Installing {
		return delivery, devices.Verdict{}, err
	}
	verdict, err := s.Verify(t.Context(), job, report)
	if err != nil {
		return delivery, verdict, err
	}
	if err := s.Install(t.Context(), job, report); err != nil {
		return delivery, verdict, err
	}
	if _, err := s.Identify(t.Context()); !errors.Is(err, devices.Lost) {
		t.Errorf("after Install the session is not over: %v", err)
	}
	return delivery, verdict, nil
}

func confirm(t *testing.T, b *bench, job *devices.Job) devices.Proof {
	t.Helper()
	proof, err := b.open().Installed(t.Context(), job)
	if err != nil {
		t.Fatal(err)
	}
	return proof
}

func TestLocalUpgrade(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	job := &devices.Job{Package: pack(t, 30000, "delta.bin"), Method: devices.Local}
	if proof := confirm(t, b, job); proof.Installed || proof.Version != sourceVersion {
		t.Errorf("before: %+v", proof)
	}
	report := &log{t: t}
	delivery, verdict, err := upgrade(t, b, job, report)
	if err != nil {
		t.Fatal(err)
	}
	want := job.Package.Files[0].Digests[packages.SHA256]
	if len(delivery.Sent) != 1 || delivery.Sent[0] != want || verdict.Hex != want || verdict.Answer != "flush 0, verify 0" {
		t.Errorf("%+v %+v", delivery, verdict)
	}
	if b.state()["flashed"] != want {
		t.Error("the device holds other bytes")
	}
	if report.done != 30000 || report.total != 30000 || report.steps < 2 {
		t.Errorf("progress ended at %d of %d in %d steps", report.done, report.total, report.steps)
	}
	if proof := confirm(t, b, job); !proof.Installed || proof.Version != targetVersion {
		t.Errorf("after: %+v", proof)
	}
}

func TestLocalFaults(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		orders map[string]any
		note   devices.Code
		kind   devices.Kind
	}{
		{"write says no", map[string]any{"write_fails_at": 9000}, NoteWrite, devices.Refused},
		{"flush says no", map[string]any{"flush": -1}, NoteFlush, devices.Refused},
		{"verify says no", map[string]any{"verify": -1}, NoteVerify, devices.Refused},
		{"no write", map[string]any{"lacks": []string{"write"}}, NoteLacks, devices.Unsupported},
		{"not listed, not known", map[string]any{"missing": []string{"fota"}}, NoteLacks, devices.Unsupported},
		{"restart says no", map[string]any{"restart": -1}, NoteRestartRefused, devices.Refused},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, c.orders)
			job := &devices.Job{Package: pack(t, 20000, "delta.bin"), Method: devices.Local}
			_, _, err := upgrade(t, b, job, &log{t: t})
			if !errors.Is(err, c.kind) || noteOf(err) != c.note {
				t.Errorf("%v (note %s)", err, noteOf(err))
			}
			var e *devices.Error
			if c.kind == devices.Refused && (!errors.As(err, &e) || fmt.Sprint(e.Args[len(e.Args)-1]) != "-1") {
				t.Errorf("the device's answer is lost: %v %v", err, e.Args)
			}
			if b.state()["restarts"] != nil {
				t.Error("the device was restarted")
			}
		})
	}
}

func TestLocalAgainAfterCancel(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	job := &devices.Job{Package: pack(t, 30000, "delta.bin"), Method: devices.Local}
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("a person cancelled")
	report := &log{t: t, see: func(done int64) {
		if done > 8000 {
			cancel(why)
		}
	}}
	s := b.open()
	if _, err := s.Deliver(ctx, job, report); !errors.Is(err, why) {
		t.Fatalf("cancelled: %v", err)
	}
	if _, err := s.Verify(t.Context(), job, report); !errors.Is(err, devices.Refused) {
		t.Errorf("verify without a delivery: %v", err)
	}
	if err := s.Install(t.Context(), job, report); !errors.Is(err, devices.Refused) {
		t.Errorf("install without a delivery: %v", err)
	}
	again := &log{t: t}
	if _, err := s.Deliver(t.Context(), job, again); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Verify(t.Context(), job, again); err != nil {
		t.Fatal(err)
	}
}

// TestNeverVerifiesOtherBytes: a device whose digest differs is not asked for
// its verdict, and nothing is restarted.
func TestNeverVerifiesOtherBytes(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	job := &devices.Job{Package: pack(t, 5000, "delta.bin"), Method: devices.Local}
	s := b.open()
	if _, err := s.Deliver(t.Context(), job, &log{t: t}); err != nil {
		t.Fatal(err)
	}
	s.(*session).held.sent.Hex = strings.Repeat("0", 64)
	_, err := s.Verify(t.Context(), job, &log{t: t})
	if !errors.Is(err, devices.Integrity) || noteOf(err) != NoteDigest {
		t.Errorf("verify: %v", err)
	}
	if b.state()["verified"] != nil {
		t.Error("the device was asked for its verdict")
	}
}

func TestCloseAtAnyMoment(t *testing.T) {
	t.Parallel()
	b := newBench(t, map[string]any{"model": "EC800M", "firmware": "EC800MCNLA", "async": true, "pace": 5})
	p := pack(t, 3000, "delta.bin")
	s := b.open()
	ended := make(chan error, 1)
	begun := make(chan struct{})
	report := &notify{log: &log{t: t}, begun: begun}
	go func() {
		_, err := s.Deliver(t.Context(), &devices.Job{Package: p, Method: devices.HTTP, Sources: serve(t, p, false)}, report)
		ended <- err
	}()
	<-begun
	if err := s.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
	select {
	case err := <-ended:
		if !errors.Is(err, devices.Lost) {
			t.Errorf("deliver ended with %v", err)
		}
	case <-time.After(time.Minute):
		t.Fatal("deliver did not end")
	}
	if err := s.Close(); err != nil {
		t.Errorf("second close: %v", err)
	}
}

// notify tells when the fetch has begun.
type notify struct {
	*log
	begun chan struct{}
}

func (n *notify) Note(code devices.Code, args ...any) {
	n.log.Note(code, args...)
	if code == NoteFetching {
		close(n.begun)
	}
}
