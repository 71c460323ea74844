package quectel

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"fotabench/devices"
	"fotabench/devices/link"
	"fotabench/devices/sim/atmodem"
)

var errPressed = errors.New("pressed cancel")

// inMemory is the driver with its usual budgets over a port in memory: time is the
// bubble's. It is for tests in testing/synctest.
func inMemory(t *testing.T, o atmodem.Options, orders link.Orders) (devices.Driver, *atmodem.Module) {
	t.Helper()
	m, err := atmodem.New(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	port, err := m.ListenMemory(devices.RoleAT, "at")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.Close() })
	time.Sleep(10 * time.Second) // it starts
	return New(Config{Open: func(context.Context, devices.Address) (link.Link, error) {
		conn, err := port.Dial()
		if err != nil {
			return nil, err
		}
		return link.Faulty(link.FromConn(conn), orders), nil
	}}), m
}

// pressed is a report with which a person cancels so long after a byte was sent.
type pressed struct {
	remarks
	at     int64
	after  time.Duration
	cancel context.CancelCauseFunc
	when   time.Time
}

func (p *pressed) Progress(done, total int64) {
	p.remarks.Progress(done, total)
	if done < p.at || !p.when.IsZero() {
		return
	}
	p.when = time.Now().Add(p.after)
	time.AfterFunc(p.after, func() { p.cancel(errPressed) })
}

// TestCancelAfterStream: the module has every byte, or all but one that was lost. A cancel
// is answered soon and truthfully: it holds if the module drops the package by itself,
// else the module's version is to be asked.
func TestCancelAfterStream(t *testing.T) {
	for name, c := range map[string]struct {
		orders link.Orders
		after  time.Duration // from the last byte to the cancel
		late   bool
	}{
		"while it waits for a byte":        {link.Orders{ToDevice: link.Noise{DropAt: []int64{9000}}}, time.Second, true},
		"just before it gives the byte up": {link.Orders{ToDevice: link.Noise{DropAt: []int64{9000}}}, 25 * time.Second, false},
		"while it restarts to install":     {link.Orders{}, time.Millisecond, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d, m := inMemory(t, atmodem.Options{Family: "EC600N", Storage: 1 << 20}, c.orders)
				pkg := demo(t, "EC600N", 20000)
				s, err := d.Open(t.Context(), "here", devices.Access{})
				if err != nil {
					t.Fatal(err)
				}
				defer s.Close()
				ctx, cancel := context.WithCancelCause(t.Context())
				r := &pressed{at: pkg.Size(), after: c.after, cancel: cancel}
				delivery, err := s.Deliver(ctx, &devices.Job{Package: pkg, Method: devices.Local}, r)
				if took := time.Since(r.when); took > 15*time.Second {
					t.Errorf("the cancel was answered after %s", took)
				}
				if c.late != (err == nil && delivery.Installing) || !c.late && !errors.Is(err, errPressed) {
					t.Errorf("%+v, %v, %v", delivery, err, r.codes)
				}
				if !c.late && m.State().Accepted {
					t.Error("cancelled, and accepted by the module")
				}
			})
		})
	}
}

// TestStreamWithoutAWord: a module that has every byte and says nothing may install; only
// its version tells.
func TestStreamWithoutAWord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lost := link.Orders{ToDevice: link.Noise{DropAt: []int64{9000}}}
		d, _ := inMemory(t, atmodem.Options{Family: "EC600N", Storage: 1 << 20}, lost)
		d.(*driver).budgets.fetch = 20 * time.Second // less than the module waits for a byte
		pkg := demo(t, "EC600N", 20000)
		s, err := d.Open(t.Context(), "here", devices.Access{})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		r := &remarks{}
		delivery, err := s.Deliver(t.Context(), &devices.Job{Package: pkg, Method: devices.Local}, r)
		if err != nil || !delivery.Installing || !slices.Contains(r.codes, NoteStreamSilent) {
			t.Errorf("%+v, %v, %v", delivery, err, r.codes)
		}
	})
}

// TestCancelUnconfirmed: the module took the order to fetch, but its OK was lost. A cancel
// then stops it as it stops any fetch: by a restart.
func TestCancelUnconfirmed(t *testing.T) {
	t.Parallel()
	for name, after := range map[string]time.Duration{"while the OK is waited for": 200 * time.Millisecond, "later": 3 * time.Second} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newModule(t, atmodem.Options{Network: -1}, "lost-ok")
			p := demo(t, "EC25", 20000)
			job := &devices.Job{Package: p, Method: devices.HTTP}
			slow := &origins{pause: time.Second}
			job.Sources = []devices.Source{slow.http(t, job)}
			s := opened(t, quick(t), m)
			if _, err := s.Identify(t.Context()); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancelCause(t.Context())
			before := m.State().Restarts
			var person sync.WaitGroup
			defer person.Wait()
			person.Go(func() {
				for m.State().Fetched == 0 && t.Context().Err() == nil {
					time.Sleep(10 * time.Millisecond)
				}
				time.Sleep(after)
				cancel(errPressed)
			})
			r := &remarks{}
			if _, err := s.Deliver(ctx, job, r); !errors.Is(err, errPressed) || !slices.Contains(r.codes, NoteCancelRestart) {
				t.Errorf("%v, %v", err, r.codes)
			}
			until(t, "it restarts", func() bool { return m.State().Restarts == before+1 })
			if st := m.State(); st.Accepted || !strings.HasPrefix(st.Version(), st.Firmware) {
				t.Errorf("%+v", st)
			}
		})
	}
}
