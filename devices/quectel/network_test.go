package quectel

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"fotabench/devices"
)

// TestNetwork: what a module is asked and told before it fetches.
func TestNetwork(t *testing.T) {
	p := packed(t, make([]byte, 100), "EC200ACNHAR01A03M16")
	for _, c := range []struct {
		name    string
		answers map[string]string
		apn     *devices.APN
		note    devices.Code
		sent    []string
	}{
		{"active already", nil, nil, "", []string{"AT+CPIN?", `AT+QCFG="fota/cid",1`, "AT+QIACT?"}},
		{"activated", map[string]string{"AT+QIACT?": "+QIACT: 2,1,1,\"10.0.0.1\""}, nil, "", []string{"AT+QIACT?", "AT+QIACT=1"}},
		{
			"access point", nil,
			&devices.APN{Name: "iot.example", IPType: 1, User: "me", Password: "s3cret"}, "",
			[]string{"AT+QIDEACT=1", `AT+QICSGP=1,2,"iot.example","me","s3cret",1`, `AT+QCFG="fota/cid",1`},
		},
		{"access point that is no word", nil, &devices.APN{Name: "a\",\"b"}, NoteAPNText, nil},
		{"PIN", map[string]string{"AT+CPIN?": "+CPIN: SIM PIN"}, nil, NoteSIM, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d, a := staged(t, transcript{model: "EC200A", firmware: "EC200ACNHAR01A02M16", says: []string{`+QIND: "FOTA","END",505`}})
				for command, answer := range c.answers {
					a.answer[command] = answer
				}
				s, err := d.Open(t.Context(), "here", devices.Access{})
				if err != nil {
					t.Fatal(err)
				}
				defer s.Close()
				job := &devices.Job{Package: p, Method: devices.HTTP, Sources: []devices.Source{{URL: "http://192.0.2.1/x"}}}
				job.Options.APN = c.apn
				_, err = s.Deliver(t.Context(), job, &remarks{})
				synctest.Wait()
				var e *devices.Error
				if c.note != "" && (!errors.As(err, &e) || e.Note != c.note) {
					t.Errorf("%v, want %s", err, c.note)
				}
				told := slices.ContainsFunc(a.heard, func(line string) bool { return strings.HasPrefix(line, "AT+QFOTADL=\"") })
				if told != (c.note == "") {
					t.Errorf("told to fetch: %v", told)
				}
				at := 0
				for _, want := range c.sent {
					i := slices.Index(a.heard[at:], want)
					if i < 0 {
						t.Fatalf("%q was not sent after %q: %q", want, a.heard[:at], a.heard)
					}
					at += i + 1
				}
			})
		})
	}
}

// TestOptions: what this family cannot do is refused before a byte moves.
func TestOptions(t *testing.T) {
	p := packed(t, make([]byte, 100), "EC25EFAR06A02M4G")
	for name, change := range map[string]func(*devices.Job){
		"tls":          func(j *devices.Job) { j.Options.TLS = &devices.TLS{} },
		"hold restart": func(j *devices.Job) { j.Options.HoldRestart = true },
		"two files":    func(j *devices.Job) { two := *p; two.Files = append(two.Files, two.Files[0]); j.Package = &two },
		"no source":    func(j *devices.Job) { j.Sources = nil },
		"a plan":       func(j *devices.Job) { j.Method = devices.Plan },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d, a := staged(t, transcript{model: "EC25", firmware: "EC25EFAR06A01M4G", says: []string{"RDY"}})
				s, err := d.Open(t.Context(), "here", devices.Access{})
				if err != nil {
					t.Fatal(err)
				}
				defer s.Close()
				job := &devices.Job{Package: p, Method: devices.HTTP, Sources: []devices.Source{{URL: "http://192.0.2.1/x"}}}
				change(job)
				if _, err := s.Deliver(t.Context(), job, &remarks{}); !errors.Is(err, devices.Unsupported) {
					t.Errorf("%v", err)
				}
				synctest.Wait()
				if slices.ContainsFunc(a.heard, func(line string) bool { return strings.HasPrefix(line, "AT+QFOTADL=\"") }) {
					t.Errorf("the module was told: %q", a.heard)
				}
			})
		})
	}
}
