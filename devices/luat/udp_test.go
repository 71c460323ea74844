package luat

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"fotabench/devices"
	"fotabench/devices/checkin"
)

// talker speaks to a service with datagrams that it is given word by word.
type talker struct {
	t    *testing.T
	conn *net.UDPConn
	to   net.Addr
}

func talk(t *testing.T, s *UDPService, from string) *talker {
	t.Helper()
	local, err := net.ResolveUDPAddr("udp4", from)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.ListenUDP("udp4", local)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return &talker{t, conn, s.Addr()}
}

func (k *talker) say(text string) {
	k.t.Helper()
	if _, err := k.conn.WriteTo([]byte(text), k.to); err != nil {
		k.t.Fatal(err)
	}
}

// hear is the next answer.
func (k *talker) hear() []byte {
	k.t.Helper()
	_ = k.conn.SetReadDeadline(time.Now().Add(time.Minute))
	b := make([]byte, 2000)
	n, _, err := k.conn.ReadFrom(b)
	if err != nil {
		k.t.Fatal(err)
	}
	return b[:n]
}

func (k *talker) ask(text string) []byte {
	k.t.Helper()
	k.say(text)
	return k.hear()
}

const asking = imei1 + ",DEMO_Luat_V0033,1.0.0"

// TestUDPExchange: the exchange of the document, in both forms, byte by byte.
func TestUDPExchange(t *testing.T) {
	t.Parallel()
	p := newPackage(t, 1022*2+7, "1.0.1")
	body := bytes.Repeat([]byte("0123456789abcdef"), 200)[:1022*2+7]
	for _, prefix := range []string{"", "0,KEY," + imei1 + ",SN1,DEMO_Luat_V0033,1.0.0,"} {
		desk := newDesk(t, everybody(p))
		s := overUDP(t, desk)
		k := talk(t, s, "127.0.0.1:0")
		text := asking
		if prefix != "" {
			text = strings.TrimSuffix(prefix, ",")
		}
		offered := strings.Split(string(k.ask(text)), ",")
		if len(offered) != 4 || offered[0] != "LUAUPDATE" || offered[2] != "3" || offered[3] != "7" {
			t.Fatalf("offered %q", offered)
		}
		var got []byte
		for n := 1; n <= 3; n++ {
			b := k.ask(fmt.Sprintf("%sGet%d,%s", prefix, n, offered[1]))
			if n == 2 { // an answer that was lost is asked for again
				b = k.ask(fmt.Sprintf("%sGet%d,%s", prefix, n, offered[1]))
			}
			if int(b[0])<<8|int(b[1]) != n {
				t.Fatalf("packet %d begins with %v", n, b[:2])
			}
			got = append(got, b[2:]...)
		}
		if !bytes.Equal(got, body) {
			t.Errorf("%d bytes of %d", len(got), len(body))
		}
		if g, _ := desk.Guest(devices.Address("luat:imei:" + imei1)); g.Phase != checkin.Waiting || g.Done != int64(len(body)) {
			t.Errorf("%+v", g)
		}
	}
}

// TestUDPRefusals: nothing, no version, no IMEI; a transfer of somebody else or of an
// earlier server; packets that are not there; and garbage, which is not answered.
func TestUDPRefusals(t *testing.T) {
	t.Parallel()
	desk := newDesk(t, &checkin.Rules{})
	s := overUDP(t, desk)
	k := talk(t, s, "127.0.0.1:0")
	for text, want := range map[string]string{
		asking:                                 "no upgrade",
		imei1 + ",DEMO_Luat,1.0.x":             "version error",
		imei1 + ",DEMO_Luat,-1":                "version error",
		"123,DEMO_Luat,1.0.0":                  "imei range error",
		"Get1,12345":                           "ERR",
		"0,K," + imei1 + ",S,DEMO_Luat,1.10.0": "version error",
	} {
		if got := string(k.ask(text)); got != want {
			t.Errorf("%q is answered %q", text, got)
		}
	}
	desk.SetRules(everybody(newPackage(t, 3000, "1.0.1")))
	id := strings.Split(string(k.ask(asking)), ",")[1]
	if got := string(talk(t, s, "127.0.0.2:0").ask("Get1," + id)); got != "ERR" {
		t.Errorf("another device's transfer: %q", got)
	}
	for _, text := range []string{"Get0," + id, "Get4," + id, "Get65536," + id, "Get,", "", "\xff\xfe", strings.Repeat("x", 1400), "GET / HTTP/1.1"} {
		k.say(text)
	}
	if b := k.ask("Get3," + id); len(b) != 2+3000-2*1022 { // the first answer that comes
		t.Errorf("after garbage: %d bytes, %.20q", len(b), b)
	}
	desk.Forget(devices.Address("luat:imei:" + imei1))
	if got := string(k.ask("Get1," + id)); got != "ERR" {
		t.Errorf("taken away: %.20q", got)
	}
}

// TestUDPBegins: a packet that the package does not have begins nothing that is recorded.
func TestUDPBegins(t *testing.T) {
	t.Parallel()
	var begun atomic.Int64
	desk := checkin.New(checkin.Config{Reboot: time.Hour, Gift: func(g checkin.Gift) {
		if g.Step == checkin.StepBegun {
			begun.Add(1)
			g.Kept()
		}
	}})
	desk.SetRules(everybody(newPackage(t, 3000, "1.0.1")))
	k := talk(t, overUDP(t, desk), "127.0.0.1:0")
	id := strings.Split(string(k.ask(asking)), ",")[1]
	for _, n := range []string{"4", "64", "4194304"} {
		k.say("Get" + n + "," + id)
	}
	if got := string(k.ask("Get1,12345")); got != "ERR" { // what was said before that is read by then
		t.Errorf("a transfer that is not there: %q", got)
	}
	if n := begun.Load(); n != 0 {
		t.Errorf("%d began", n)
	}
	if b := k.ask("Get3," + id); len(b) != 2+3000-2*1022 || begun.Load() != 1 {
		t.Errorf("%d bytes, %d began", len(b), begun.Load())
	}
}

// TestUDPFlood: a flood of garbage and of invented devices costs no memory and keeps
// nobody from being served. It runs alone, since it measures the memory of all.
func TestUDPFlood(t *testing.T) {
	desk := newDesk(t, everybody(newPackage(t, 200_000, "1.0.1")))
	s := overUDP(t, desk)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	flood := talk(t, s, "127.0.0.2:0")
	go func() {
		defer close(done)
		for i := 0; ctx.Err() == nil; i++ {
			for _, text := range []string{"garbage", fmt.Sprintf("Get1,%d", i), "\x00\x01\x02", fmt.Sprintf("0,%d", i)} {
				_, _ = flood.conn.WriteTo([]byte(text), flood.to) // lost is as good
			}
		}
	}()
	defer func() { stop(); <-done }()
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	k := talk(t, s, "127.0.0.1:0")
	again := func(text string) []byte { // as a device does: once more when nothing comes
		for range 1000 {
			k.say(text)
			_ = k.conn.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
			b := make([]byte, 2000)
			if n, _, err := k.conn.ReadFrom(b); err == nil {
				return b[:n]
			}
		}
		t.Fatalf("%q is not answered", text)
		return nil
	}
	id := strings.Split(string(again(asking)), ",")[1]
	for n := 1; n <= 196; n++ {
		again(fmt.Sprintf("Get%d,%s", n, id))
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 8<<20 {
		t.Errorf("the heap grew by %d bytes", grown)
	}
	if c := s.Counts(); c.Garbage == 0 || c.Open != 1 {
		t.Errorf("%+v", c)
	}
	if n := len(desk.Guests(0)); n != 1 {
		t.Errorf("%d devices are known", n)
	}
}

// TestUDPTooLong: what the protocol cannot count is refused before a byte.
func TestUDPTooLong(t *testing.T) {
	t.Parallel()
	desk := newDesk(t, nil)
	s := overUDP(t, desk)
	k := talk(t, s, "127.0.0.1:0")
	k.ask(asking)
	session, err := New(desk).Open(t.Context(), devices.Address("luat:imei:"+imei1), devices.Access{})
	if err != nil {
		t.Fatal(err)
	}
	p := newPackage(t, maxUDP+1, "1.0.1")
	_, err = session.Deliver(t.Context(), &devices.Job{Package: p, Method: devices.Answer}, nil)
	var e *devices.Error
	if e, _ = err.(*devices.Error); e == nil || e.Note != NoteTooLong {
		t.Errorf("%v", err)
	}
	if _, err = session.Deliver(t.Context(), &devices.Job{Package: p, Method: devices.HTTP}, nil); err == nil {
		t.Error("a device on UDP was sent elsewhere")
	}
}
