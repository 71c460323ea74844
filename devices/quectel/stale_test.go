package quectel

import (
	"context"
	"testing"
	"testing/synctest"

	"fotabench/devices"
)

// TestOldWords: what a module said about an earlier upgrade, before it was given an
// order, is no answer to that order.
func TestOldWords(t *testing.T) {
	p := packed(t, make([]byte, 3000), "EP06ELAR03A09M4G")
	for _, c := range []struct{ name, before, after, expect string }{
		{"still updating", `+QIND: "FOTA","UPDATING",99`, `+QIND: "FOTA","HTTPEND",714`, "quectel.http.714"},
		{"had failed", `+QIND: "FOTA","END",505`, `+QIND: "FOTA","START"`, "installing"},
		{"had not been fetched", `+QIND: "FOTA","HTTPEND",714`, `+QIND: "FOTA","START"`, "installing"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d, a := staged(t, transcript{model: "EP06", firmware: "EP06ELAR02A08M4G", says: []string{`+QIND: "FOTA","HTTPSTART"`, c.after}})
				s := known(t, d)
				defer s.Close()
				a.say(context.Background(), "\r\n"+c.before+"\r\n")
				synctest.Wait()
				job := &devices.Job{Package: p, Method: devices.HTTP, Sources: []devices.Source{{URL: "http://192.0.2.1/x.pack"}}}
				delivery, err := s.Deliver(t.Context(), job, &remarks{})
				if got := outcome("installing", err); got != c.expect || delivery.Installing != (err == nil) {
					t.Errorf("%s, %+v, %v", got, delivery, err)
				}
			})
		})
	}
}

// TestOldWordsInstall: the same for a package in the file store.
func TestOldWordsInstall(t *testing.T) {
	for _, c := range []struct{ name, before, after, expect string }{
		{"had failed", `+QIND: "FOTA","END",505`, `+QIND: "FOTA","START"`, "installs"},
		{"had started", "RDY", `+QIND: "FOTA","END",505`, "quectel.end.package"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d, a := staged(t, transcript{model: "EP06", firmware: "EP06ELAR02A08M4G", says: []string{c.after}})
				a.order = `AT+QFOTADL="/`
				s := known(t, d)
				defer s.Close()
				s.(*session).held = &held{name: "fbupd.zip", size: 3000}
				a.say(context.Background(), "\r\n"+c.before+"\r\n")
				synctest.Wait()
				if got := outcome("installs", s.Install(t.Context(), nil, &remarks{})); got != c.expect {
					t.Errorf("%s", got)
				}
			})
		})
	}
}

// known is a session whose module has said who it is.
func known(t *testing.T, d *driver) devices.Session {
	t.Helper()
	s, err := d.Open(t.Context(), "here", devices.Access{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Identify(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}
