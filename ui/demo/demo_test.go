package demo

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	"fotabench/devices"
	"fotabench/devices/sim/micropython"
	"fotabench/packages"
)

// TestPackage: what is written opens green and fits the model.
func TestPackage(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "demo.bin")
	if err := WritePackage(path, QuecPython, usualModel); err != nil {
		t.Fatal(err)
	}
	p, err := packages.Open(t.Context(), []string{path}, packages.OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	m := p.Manifest
	if p.Trust().Level != packages.Green || p.Size() != packageSize || m.TargetVersion != usualModel+toBuild {
		t.Errorf("%+v %+v", p.Trust(), m)
	}
	if order, ok := packages.CompareVersions(usualModel+fromBuild, m.TargetVersion); !ok || order >= 0 {
		t.Errorf("%d %v", order, ok)
	}
	if !packages.MatchModel("EC600U-CNLB", m.Models) {
		t.Errorf("%v", m.Models)
	}
}

// listens is where a module listens; that it has ended instead is told at once.
func listens(t *testing.T, at <-chan devices.Address, ended <-chan error) devices.Address {
	t.Helper()
	select {
	case address := <-at:
		return address
	case err := <-ended:
		if none := micropython.Available(); none != nil {
			t.Fatalf("assets/micropython has no interpreter, .ci/setup build brings it: %v", err)
		}
		t.Fatal(err)
	}
	return ""
}

// TestShelf: a module is seen while it runs, and gone after.
func TestShelf(t *testing.T) {
	var shelf Shelf
	stop := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	at := make(chan devices.Address, 9)
	ended := make(chan error)
	go func() {
		ended <- shelf.Run(ctx, Order{TCP: "127.0.0.1:0", Model: "EC600U-CNLB"}, func(a devices.Address) { at <- a })
	}()
	address := listens(t, at, ended)
	watching, done := context.WithCancelCause(t.Context())
	var runErr error
	err := shelf.Watch(watching, func(list []devices.Sighting) {
		if len(list) == 1 && list[0].Control() == address && list[0].Simulated && runErr == nil {
			cancel(stop)
			runErr = <-ended
			return
		}
		if runErr != nil && len(list) == 0 {
			done(stop)
		}
	})
	if !errors.Is(err, stop) || !errors.Is(runErr, stop) {
		t.Errorf("watch: %v, run: %v", err, runErr)
	}
}

func TestNoPlaceToListen(t *testing.T) {
	var shelf Shelf
	if err := shelf.Run(t.Context(), Order{TCP: "not an address"}, func(devices.Address) {}); err == nil {
		t.Error("no error")
	}
}

// TestEachModuleIsADevice: two modules have two identities, with valid IMEIs.
func TestEachModuleIsADevice(t *testing.T) {
	var shelf Shelf
	seen := map[string]bool{}
	for i := range 40 {
		imei, serial := shelf.next(AT, i%2 == 0)
		if len(imei) != 15 || seen[imei] || seen[serial] {
			t.Fatalf("%s %s", imei, serial)
		}
		seen[imei], seen[serial] = true, true
	}
	var window, line Shelf
	ours, ourSerial := window.next(AT, true)
	theirs, theirSerial := line.next(AT, false)
	if ours == theirs || ourSerial == theirSerial {
		t.Errorf("a window's module %s is one of the command line's", ours)
	}
	// The example of 3GPP TS 23.003 B.3 carries the check digit 8.
	for digits, want := range map[string]string{"49015420323751": "8", "86933900000001": "0"} {
		if got := luhn(digits); got != want {
			t.Errorf("%s: %s, not %s", digits, got, want)
		}
	}
}

// TestKindsShareNoNumbers: whatever is started first, on whichever side, is no device of
// another kind.
func TestKindsShareNoNumbers(t *testing.T) {
	const most = 1000
	imeis, serials := map[string]Kind{}, map[string]Kind{}
	take := func(kind Kind, imei string) {
		if len(imei) != 15 || luhn(imei[:14]) != imei[14:] {
			t.Fatalf("%s: %q is no IMEI", kind, imei)
		}
		if other, taken := imeis[imei]; taken {
			t.Fatalf("%s is a %s and a %s", imei, other, kind)
		}
		imeis[imei] = kind
	}
	for _, kind := range PortKinds() {
		for _, window := range []bool{false, true} {
			var shelf Shelf
			for range most {
				imei, serial := shelf.next(kind, window)
				take(kind, imei)
				if other, taken := serials[serial]; taken {
					t.Fatalf("%s is a %s and a %s", serial, other, kind)
				}
				serials[serial] = kind
			}
		}
	}
	for _, kind := range []Kind{LuatHTTP, LuatUDP} {
		for i := range most {
			take(kind, fleetIMEI(kind, i+1))
			take(kind, fleetIMEI(kind, i+2*fromHTTP+1))
		}
	}
	var unnamed, named Shelf
	first, _ := unnamed.next("", false)
	if usual, _ := named.next(QuecPython, false); first != usual {
		t.Errorf("the usual kind is %s and %s", first, usual)
	}
}

// TestEveryModemHasItsPackage: what is written opens green, fits the model and leads
// from what the module runs to something newer.
func TestEveryModemHasItsPackage(t *testing.T) {
	for _, model := range Models(AT) {
		t.Run(model, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "demo.bin")
			if err := WritePackage(path, AT, model); err != nil {
				t.Fatal(err)
			}
			p, err := packages.Open(t.Context(), []string{path}, packages.OpenOptions{})
			if err != nil {
				t.Fatal(err)
			}
			m := p.Manifest
			if p.Trust().Level != packages.Green || m.Kind != packages.Delta {
				t.Errorf("%+v %+v", p.Trust(), m)
			}
			if order, ok := packages.CompareVersions(m.SourceVersion, m.TargetVersion); ok && order >= 0 {
				t.Errorf("from %s to %s", m.SourceVersion, m.TargetVersion)
			}
		})
	}
	if err := WritePackage(filepath.Join(t.TempDir(), "x.bin"), AT, "nothing"); err == nil {
		t.Error("a package for a module that does not exist")
	}
}

// TestShelfRunsModems: an AT module is on the shelf beside the others, with its role.
func TestShelfRunsModems(t *testing.T) {
	var shelf Shelf
	ctx, cancel := context.WithCancel(t.Context())
	at := make(chan devices.Address, 9)
	ended := make(chan error)
	go func() {
		ended <- shelf.Run(ctx, Order{Kind: AT, TCP: "127.0.0.1:0"}, func(a devices.Address) { at <- a })
	}()
	address := listens(t, at, ended)
	err := shelf.Watch(ctx, func(list []devices.Sighting) {
		if len(list) == 1 && list[0].ControlAs(devices.RoleAT) == address && list[0].Simulated && list[0].ControlAs(devices.RoleREPL) == "" {
			cancel()
		}
	})
	if run := <-ended; !errors.Is(run, context.Canceled) || !errors.Is(err, context.Canceled) {
		t.Errorf("%v, %v", run, err)
	}
	if err := shelf.Run(t.Context(), Order{Kind: AT, TCP: "127.0.0.1:0", Model: "nothing"}, func(devices.Address) {}); err == nil {
		t.Error("ran a module that does not exist")
	}
}

// TestShelfRunsPlatforms: a module with its platform is on the shelf, and gone after.
func TestShelfRunsPlatforms(t *testing.T) {
	var shelf Shelf
	ctx, cancel := context.WithCancel(t.Context())
	err := shelf.Run(ctx, Order{Kind: QuecThing, TCP: "127.0.0.1:0"}, func(devices.Address) { cancel() })
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if Login(QuecThing).ProductKey != ProductKey || Login(AT) != nil {
		t.Error("logins are mixed up")
	}
	if err := shelf.Run(t.Context(), Order{Kind: "toaster", TCP: "127.0.0.1:0"}, func(devices.Address) {}); err == nil {
		t.Error("ran a kind that does not exist")
	}
}
