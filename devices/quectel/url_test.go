package quectel

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"fotabench/devices"
)

// TestURLs: what a module could misread, or hand to a shell, is refused before a byte
// of it moves; what is fine reaches the module as it is.
func TestURLs(t *testing.T) {
	p := packed(t, make([]byte, 100), "EC25EFAR06A02M4G")
	long := "http://host/" + strings.Repeat("x", 255-len("http://host/"))
	for _, c := range []struct {
		url, user, password string
		method              devices.Method
		note                devices.Code
		sent                string
	}{
		{url: "http://192.0.2.1:8080/a.zip", sent: `AT+QFOTADL="http://192.0.2.1:8080/a.zip"`},
		{url: "https://host/a.zip?x=1&y=%20", sent: `AT+QFOTADL="https://host/a.zip?x=1&y=%20"`},
		{url: long, sent: `AT+QFOTADL="` + long + `"`},
		{url: "ftp://host:21/a.zip", user: "me", password: "s3cret", method: devices.FTP, sent: `AT+QFOTADL="ftp://me:s3cret@host:21/a.zip"`},
		{url: long + "x", note: NoteURLLong},
		{url: `http://host/a"b`, note: NoteURLBad},
		{url: "http://host/`reboot`", note: NoteURLBad},
		{url: "http://host/a\r\nAT+CFUN=0", note: NoteURLBad},
		{url: "http://host/固件.zip", note: NoteURLBad},
		{url: "http://host/a\x00", note: NoteURLBad},
		{url: "http://me:s3cret@host/a", note: NoteURLLogin},
		{url: "http://host/a", user: "me", password: "s3cret", note: NoteHTTPLogin},
		{url: "ftp://host/a", note: NoteURLScheme},
		{url: "http://host/a", method: devices.FTP, note: NoteURLScheme},
		{url: "file:///etc/passwd", note: NoteURLBad},
		{url: "ftp://host/a", user: "me", password: `s3cret"`, method: devices.FTP, note: NoteURLLogin},
		{url: "ftp://host/a", user: "me", password: "s3cret@x", method: devices.FTP, note: NoteURLLogin},
	} {
		t.Run(fmt.Sprintf("%.40q", c.url), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d, a := staged(t, transcript{model: "EC25", firmware: "EC25EFAR06A01M4G", says: []string{`+QIND: "FOTA","HTTPEND",701`}})
				s, err := d.Open(t.Context(), "here", devices.Access{})
				if err != nil {
					t.Fatal(err)
				}
				defer s.Close()
				job := &devices.Job{Package: p, Method: devices.HTTP, Sources: []devices.Source{{URL: c.url, User: c.user, Password: c.password}}}
				if c.method != "" {
					job.Method = c.method
				}
				if c.method == devices.FTP && c.note == "" {
					a.answer[c.sent] = "x" // this family's word for a refusal is not of interest here
				}
				_, err = s.Deliver(t.Context(), job, &remarks{})
				var e *devices.Error
				if c.note != "" && (!errors.As(err, &e) || e.Note != c.note || !errors.Is(err, devices.Unsupported)) {
					t.Errorf("%v, want %s", err, c.note)
				}
				if e != nil && strings.Contains(fmt.Sprint(err, e.Args), "s3cret") {
					t.Errorf("the error tells the password: %v %v", err, e.Args)
				}
				synctest.Wait()
				sent := ""
				for _, line := range a.heard {
					if strings.HasPrefix(line, "AT+QFOTADL=\"") {
						sent = line
					}
				}
				if sent != c.sent {
					t.Errorf("the module was sent %q, want %q", sent, c.sent)
				}
			})
		})
	}
}

// TestMiniNames: a mini system looks for the second file beside the first; a job whose
// files are elsewhere would leave it waiting for ever.
func TestMiniNames(t *testing.T) {
	mini := &family{Mini: true, MaxURL: 128, Schemes: []string{"http"}}
	for _, c := range []struct {
		urls []string
		ok   bool
	}{
		{[]string{"http://h/a.mini_1", "http://h/a.mini_2"}, true},
		{[]string{"http://h/a.bin"}, true},
		{[]string{"http://h/a.mini_1"}, false},
		{[]string{"http://h/a.mini_2", "http://h/a.mini_1"}, false},
		{[]string{"http://h/1/a.mini_1", "http://h/2/a.mini_2"}, false},
		{[]string{"http://h/a.bin", "http://h/b.bin"}, false},
		{[]string{"http://h/" + strings.Repeat("x", 120)}, false},
	} {
		job := &devices.Job{Method: devices.HTTP}
		for _, u := range c.urls {
			job.Sources = append(job.Sources, devices.Source{URL: u})
		}
		if got, err := address(job, mini); (err == nil) != c.ok || c.ok && got != c.urls[0] {
			t.Errorf("%v gives %q, %v", c.urls, got, err)
		}
	}
}
