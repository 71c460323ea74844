package quectel

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"fotabench/devices"
)

// TestHalt: what a cancelled fetch comes to, by what our own host had served and what
// the module says once it gets nothing any more.
func TestHalt(t *testing.T) {
	size := int64(3000)
	p := packed(t, make([]byte, size), "EC200ACNHAR01A03M16")
	for _, c := range []struct {
		name     string
		model    string
		firmware string
		served   int64
		says     string // after the cut
		installs bool
		restarts bool
		note     devices.Code
	}{
		{"half served", "EC200A", "EC200ACNHAR01A02M16", 1500, "", false, true, NoteCancelRestart},
		{"all served, the module failed", "EC200A", "EC200ACNHAR01A02M16", size, `+QIND: "FOTA","HTTPEND",717`, false, true, NoteCancelRestart},
		{"all served, the module has it", "EC200A", "EC200ACNHAR01A02M16", size, `+QIND: "FOTA","HTTPEND",0`, true, false, NoteCancelLate},
		{"all served, no word", "EC200A", "EC200ACNHAR01A02M16", size, "", true, false, NoteCancelLate},
		{"half served, but it installs", "EC200A", "EC200ACNHAR01A02M16", 1500, `+QIND: "FOTA","UPDATING",1`, true, false, NoteCancelLate},
		{"mini FOTA", "EC800K", "EC800KCNLCR07A07M04", 10, "", true, false, NoteCancelLate},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d, a := staged(t, transcript{model: c.model, firmware: c.firmware, says: []string{`+QIND: "FOTA","HTTPSTART"`}})
				s, err := d.Open(t.Context(), "here", devices.Access{})
				if err != nil {
					t.Fatal(err)
				}
				defer s.Close()
				if _, err := s.Identify(t.Context()); err != nil {
					t.Fatal(err)
				}
				source := devices.Source{URL: "http://192.0.2.1/x", Served: func() int64 { return c.served }, Cut: func() {
					if c.says != "" {
						a.say(context.Background(), "\r\n"+c.says+"\r\n")
						synctest.Wait()
					}
				}}
				ctx, cancel := context.WithCancelCause(t.Context())
				why := errors.New("pressed cancel")
				time.AfterFunc(5*time.Second, func() { cancel(why) })
				r := &remarks{}
				delivery, err := s.Deliver(ctx, &devices.Job{Package: p, Method: devices.HTTP, Sources: []devices.Source{source}}, r)
				if delivery.Installing != c.installs || !c.installs && !errors.Is(err, why) || c.installs && err != nil {
					t.Errorf("%+v, %v", delivery, err)
				}
				synctest.Wait()
				if restarted := slices.Contains(a.heard, "AT+CFUN=1,1"); restarted != c.restarts || !slices.Contains(r.codes, c.note) {
					t.Errorf("restarted: %v, notes %v", restarted, r.codes)
				}
			})
		})
	}
}
