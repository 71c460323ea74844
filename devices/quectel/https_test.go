package quectel

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"fotabench/devices"
	"fotabench/devices/sim/atmodem"
)

// TestHTTPS: a module that checks no certificate, as delivered, fetches over TLS; and a
// server that speaks none is told with the module's own number.
func TestHTTPS(t *testing.T) {
	t.Parallel()
	job := &devices.Job{Package: demo(t, "EC25", 30000), Method: devices.HTTP}
	file := job.Package.Files[0]
	serve := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, file.Path) })
	secure := httptest.NewTLSServer(serve)
	t.Cleanup(secure.Close)
	plain := httptest.NewServer(serve)
	t.Cleanup(plain.Close)

	d := quick(t)
	m := newModule(t, atmodem.Options{Family: "EC25", Network: -1})
	before := m.Running()
	job.Sources = []devices.Source{{URL: strings.Replace(plain.URL, "http:", "https:", 1) + "/" + file.Name}}
	if _, err := whole(t, d, m, job, &remarks{}); err == nil || m.Running() != before {
		t.Fatalf("a server without TLS: %v, the module runs %q", err, m.Running())
	}
	job.Sources = []devices.Source{{URL: secure.URL + "/" + file.Name}}
	proof, err := whole(t, d, m, job, &remarks{})
	f, _ := atmodem.FamilyOf("EC25")
	if err != nil || !proof.Installed || m.Running() != f.Next {
		t.Errorf("%+v, %v; the module runs %q", proof, err, m.Running())
	}
}
