package quecpython

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"fotabench/devices"
	"fotabench/devices/devicetest"
	"fotabench/packages"
)

// benchDevice is a bench as the conformance suite sees it.
type benchDevice struct{ *bench }

func (d benchDevice) Address() devices.Address { return d.address() }

func (d benchDevice) Running() string {
	if version, ok := d.state()["version"].(string); ok {
		return version
	}
	return sourceVersion
}

// Close takes the device away: its folder no longer says that it is one.
func (d benchDevice) Close() error {
	err := os.Remove(filepath.Join(d.folder, "orders.json"))
	if os.IsNotExist(err) {
		return nil
	}
	return err
}

// TestPromises runs the conformance suite on the scripts' stand-in device; orders
// are the JSON of its orders.
func TestPromises(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		method devices.Method
		base   orders
		faults []devicetest.Fault
	}{
		{"local", devices.Local, orders{"firmware": sourceVersion}, []devicetest.Fault{
			{Name: "D8 write says no", Order: `{"write_fails_at": 9000}`, Fails: devicetest.StepDeliver, Kinds: []devices.Kind{devices.Refused}},
			{Name: "D8 flush says no", Order: `{"flush": -1}`, Fails: devicetest.StepVerify, Kinds: []devices.Kind{devices.Refused}},
			{Name: "D8 verify says no", Order: `{"verify": -1}`, Fails: devicetest.StepVerify, Kinds: []devices.Kind{devices.Refused}},
			{Name: "D12 boots the old version", Order: `{"boots_old": true}`, Fails: devicetest.StepInstalled},
		}},
		{"http", devices.HTTP, orders{"firmware": sourceVersion, "async": true, "pace": 0.1, "fetch": false}, []devicetest.Fault{
			{Name: "D9 code in the progress field", Order: `{"reports": [[1, 1004]], "ret": -1}`, Fails: devicetest.StepDeliver, Kinds: []devices.Kind{devices.Refused}},
			{Name: "D9 out of order", Order: `{"reports": [[1, 80], [1, 20], [1, 300], [1, 99], [2, 0]]}`, Fails: devicetest.StepNever},
			{Name: "D10 says 0, then fails", Order: `{"reports": [[1, 50], [3, 1009]], "ret": -1}`, Fails: devicetest.StepDeliver, Kinds: []devices.Kind{devices.Integrity}},
			{Name: "D11 power cut while it fetches", Order: `{"reports": [[1, 10], [1, 20], "restart"], "pace": 0.5}`, Fails: devicetest.StepInstalled},
			{Name: "D12 boots the old version", Order: `{"boots_old": true}`, Fails: devicetest.StepInstalled},
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			pkg := pack(t, 30000, "delta.bin")
			suite := devicetest.Suite{
				Driver: newBench(t, nil).driver,
				New: func(t testing.TB, more ...string) devicetest.Device {
					all := with(c.base, nil)
					for _, text := range more {
						if err := json.Unmarshal([]byte(text), &all); err != nil {
							t.Fatal(err)
						}
					}
					return benchDevice{newBench(t, all)}
				},
				Package: func(testing.TB) *packages.Package { return pkg },
				Method:  c.method,
				Prepare: func(_ testing.TB, job *devices.Job) {
					if c.method != devices.Local {
						job.Sources = []devices.Source{{URL: "http://127.0.0.1/delta.bin"}}
					}
				},
				Faults: c.faults,
				Return: 4 * time.Second,
				Engine: devicetest.Engine{Off: true}, // the module's suite has these rows
			}
			suite.Run(t)
		})
	}
}
