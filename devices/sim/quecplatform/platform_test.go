package quecplatform

import (
	"crypto/md5"
	"encoding/hex"
	"io"
	"net/http"
	"strings"
	"testing"
)

const imei = "869339000000018"

func bench(t *testing.T, plans ...Plan) *Platform {
	t.Helper()
	p, err := New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	p.AddProduct("pk", "secret")
	for _, one := range plans {
		if _, err := p.Add(one); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

func order(change func(*Plan)) Plan {
	one := Plan{Product: "pk", Component: Component{Module, "app", "V2"}, Data: []byte("firmware")}
	if change != nil {
		change(&one)
	}
	return one
}

func login() Login {
	return Login{Product: "pk", Secret: "secret", IMEI: imei, Firmware: "V1", MCUs: map[string]string{"MCU1": "1.0"}}
}

// TestLogin: who may come in, and the code that the others get.
func TestLogin(t *testing.T) {
	t.Parallel()
	p := bench(t)
	for want, change := range map[int]func(*Login){
		0: func(*Login) {}, CodeNoProduct: func(l *Login) { l.Product = "other" }, CodeSecret: func(l *Login) { l.Secret = "guess" },
	} {
		l := login()
		change(&l)
		if d, code := p.Connect(l); code != want || (d == nil) != (want != 0) {
			t.Errorf("%d, not %d", code, want)
		}
	}
	p.SetAway(CodeOffline)
	if _, code := p.Connect(login()); code != CodeOffline {
		t.Errorf("%d", code)
	}
}

// TestWhom: a plan goes to those devices that it is for.
func TestWhom(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*Plan)
		want   int
	}{
		"everybody":            {nil, 1},
		"allowed":              {func(p *Plan) { p.Allow = []string{imei} }, 1},
		"others are allowed":   {func(p *Plan) { p.Allow = []string{"1"} }, 0},
		"denied beats allowed": {func(p *Plan) { p.Allow, p.Deny = []string{imei}, []string{imei} }, 0},
		"one device tries it":  {func(p *Plan) { p.Verify = imei }, 1},
		"another device tries": {func(p *Plan) { p.Verify = "1" }, 0},
		"its source":           {func(p *Plan) { p.Source = "V1" }, 1},
		"another source":       {func(p *Plan) { p.Source = "V0" }, 0},
		"has it already":       {func(p *Plan) { p.Component.Version = "V1" }, 0},
		"a part that it has":   {func(p *Plan) { p.Component = Component{MCU, "MCU1", "1.1"} }, 1},
		"a part it knows not":  {func(p *Plan) { p.Component = Component{MCU, "MCU2", "1.1"} }, 0},
		"the part is the same": {func(p *Plan) { p.Component = Component{MCU, "MCU1", "1.0"} }, 0},
	} {
		d, _ := bench(t, order(c.change)).Connect(login())
		if got := len(d.Request()); got != c.want {
			t.Errorf("%s: %d plans", name, got)
		}
	}
	for _, bad := range []func(*Plan){
		func(p *Plan) { p.Product = "other" }, func(p *Plan) { p.Component.Name = "" },
		func(p *Plan) { p.Component.Name = strings.Repeat("x", 33) }, func(p *Plan) { p.Component.Version = "V 2" },
		func(p *Plan) { p.Source = strings.Repeat("1", 65) }, func(p *Plan) { p.Data = nil },
	} {
		if _, err := bench(t).Add(order(bad)); err == nil {
			t.Error("a plan was taken that the platform refuses")
		}
	}
}

// TestCourse: a plan from the offer to the result, which only the version decides.
func TestCourse(t *testing.T) {
	t.Parallel()
	for version, want := range map[string]Stage{"V2": Succeeded, "V1": Failed} {
		p := bench(t, order(nil))
		d, _ := p.Connect(login())
		if _, _, ok := d.Accept(); ok {
			t.Fatal("accepted what was not offered")
		}
		d.Request()
		target, file, ok := d.Accept()
		if !ok || target.Version != "V2" || p.Status("pk", imei).Stage != Confirmed {
			t.Fatalf("%+v, %v", target, ok)
		}
		reply, err := http.Get(file.URL)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(reply.Body)
		_ = reply.Body.Close()
		if sum := md5.Sum(body); err != nil || hex.EncodeToString(sum[:]) != file.MD5 || Checksum(body) != file.CRC {
			t.Errorf("%q, %v", body, err)
		}
		d.Tell(Updating)
		l := login()
		l.Firmware = version
		if d, _ = p.Connect(l); p.Status("pk", imei).Stage != Updating {
			t.Error("a login alone settles nothing")
		}
		if success, done := d.Report(Component{Module, "app", version}); !done || success != (want == Succeeded) {
			t.Errorf("%s: %v, %v", version, success, done)
		}
		if s := p.Status("pk", imei); s.Stage != want || s.Firmware != version || !s.Online {
			t.Errorf("%+v", s)
		}
	}
}

// TestRefuse: what was refused is not offered again, what was withdrawn not accepted.
func TestRefuse(t *testing.T) {
	t.Parallel()
	p := bench(t, order(nil))
	d, _ := p.Connect(login())
	d.Request()
	if !d.Refuse() || len(d.Request()) != 0 || d.Refuse() {
		t.Error("a refused plan is offered again")
	}
	n, err := p.Add(order(func(p *Plan) { p.Component.Version = "V3" }))
	if err != nil || len(d.Request()) != 1 {
		t.Fatalf("%v", err)
	}
	p.Withdraw(n)
	if _, _, ok := d.Accept(); ok {
		t.Error("accepted what was withdrawn")
	}
}

// TestChecksum holds the published vector.
func TestChecksum(t *testing.T) {
	t.Parallel()
	if got := Checksum([]byte("123456789")); got != 0x0376e6e7 {
		t.Errorf("%08x", got)
	}
}
