package quectel

import (
	"testing"

	"fotabench/devices"
	"fotabench/devices/sim/atmodem"
)

// TestFamilies: a whole upgrade of each simulated module, by each method that the
// driver offers it.
func TestFamilies(t *testing.T) {
	t.Parallel()
	for _, f := range atmodem.Families() {
		for _, method := range []devices.Method{devices.Local, devices.HTTP} {
			t.Run(f.Name+"/"+string(method), func(t *testing.T) {
				t.Parallel()
				d := quick(t)
				m := newModule(t, atmodem.Options{Family: f.Name, Network: -1})
				s, err := d.Open(t.Context(), m.Address(), devices.Access{})
				if err != nil {
					t.Fatal(err)
				}
				id, err := s.Identify(t.Context())
				_ = s.Close()
				if err != nil {
					t.Fatal(err)
				}
				t.Logf("%+v", id)
				if c := d.Capabilities(id).Methods[method]; !c.OK {
					t.Skipf("not offered: %s %v", c.Why, c.Args)
				}
				job := &devices.Job{Package: demo(t, f.Name, 30000), Method: method}
				if f.Name == "EC200A" && method == devices.Local {
					t.Skip("the simulated EC200A takes no stream")
				}
				if method == devices.HTTP {
					job.Sources = []devices.Source{(&origins{}).http(t, job)}
				}
				r := &remarks{}
				proof, err := whole(t, d, m, job, r)
				if err != nil || !proof.Installed || m.Running() != f.Next {
					t.Errorf("%+v, %v; the module runs %q, notes %v, %+v", proof, err, m.Running(), r.codes, m.State())
				}
			})
		}
	}
}
