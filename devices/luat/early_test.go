package luat

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fotabench/devices"
	"fotabench/devices/checkin"
)

// patient is a desk where whoever asks again can have restarted, and may for an hour still be
// about to.
func patient(rules *checkin.Rules) *checkin.Desk {
	d := checkin.New(checkin.Config{Reboot: time.Nanosecond, Leave: time.Hour})
	d.SetRules(rules)
	return d
}

// TestHTTPAsksEarly: over HTTP a module asks again also when its program has yet to restart
// it: it is told to wait, which is not that there is nothing, and has not failed.
func TestHTTPAsksEarly(t *testing.T) {
	t.Parallel()
	desk := patient(everybody(newPackage(t, 100_000, "1.0.1")))
	s := overHTTP(t, desk)
	raw(t, s, get(check+"1.0.0", "Range: bytes=0-"))
	phase := func() checkin.Phase { g, _ := desk.Guest(devices.Address("luat:imei:" + imei1)); return g.Phase }
	wait(t, func() bool { return phase() == checkin.Waiting })
	for range 3 {
		head, body := raw(t, s, get(check+"1.0.0", "Range: bytes=0-"))
		assert.True(t, strings.HasPrefix(head, "HTTP/1.1 403 "), head)
		assert.JSONEq(t, `{"code":43,"msg":"wait"}`, string(body))
		assert.Equal(t, checkin.Waiting, phase())
	}
	raw(t, s, get(check+"1.0.1"))
	assert.Equal(t, checkin.Verified, phase())
}

// TestSentElsewhereAsks: a module that was sent elsewhere and asks here again is sent there
// again; that is no failure.
func TestSentElsewhereAsks(t *testing.T) {
	t.Parallel()
	const elsewhere = "http://h.example/p.bin"
	rules := everybody(newPackage(t, 1000, "1.0.1"))
	rules.Rules[0].Offer.Method, rules.Rules[0].Offer.Sources = devices.HTTP, []devices.Source{{URL: elsewhere}}
	desk := patient(rules)
	s := overHTTP(t, desk)
	for range 3 {
		head, _ := raw(t, s, get(check+"1.0.0"))
		assert.Contains(t, head, "Location: "+elsewhere+"\r\n")
		g, _ := desk.Guest(devices.Address("luat:imei:" + imei1))
		assert.Equal(t, checkin.Waiting, g.Phase)
	}
	assert.Zero(t, desk.Counts().Failed)
}

// TestUDPAsksAfterARestart: over UDP a module that has all of it asks only after a restart,
// so its old version is the verdict.
func TestUDPAsksAfterARestart(t *testing.T) {
	t.Parallel()
	desk := patient(everybody(newPackage(t, 1000, "1.0.1")))
	k := talk(t, overUDP(t, desk), "127.0.0.1:0")
	offered := strings.Split(string(k.ask(asking)), ",")
	require.Equal(t, "LUAUPDATE", offered[0])
	k.ask(fmt.Sprintf("Get1,%s", offered[1]))
	again := strings.Split(string(k.ask(asking)), ",")
	assert.Equal(t, "LUAUPDATE", again[0])
	assert.NotEqual(t, offered[1], again[1], "another gift")
	assert.EqualValues(t, 1, desk.Counts().Failed)
}

// TestRecordedFirst: no byte of what a rule gives goes out before there is a record of it,
// however often a device asks meanwhile.
func TestRecordedFirst(t *testing.T) {
	t.Parallel()
	begun := make(chan checkin.Gift, 2)
	desk := checkin.New(checkin.Config{Reboot: time.Hour, Gift: func(g checkin.Gift) {
		if g.Step == checkin.StepBegun {
			begun <- g
		}
	}})
	desk.SetRules(everybody(newPackage(t, 2000, "1.0.1")))
	k := talk(t, overUDP(t, desk), "127.0.0.1:0")
	id := strings.Split(string(k.ask(asking)), ",")[1]
	asked := time.Now()
	k.say("Get1," + id)
	k.say("Get1," + id)
	g := <-begun
	_ = k.conn.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	if n, _, err := k.conn.ReadFrom(make([]byte, 2000)); err == nil && time.Since(asked) < 900*time.Millisecond {
		t.Errorf("%d bytes before the record", n)
	}
	g.Kept()
	k.say("Get2," + id)
	for range 3 {
		assert.Equal(t, byte(0), k.hear()[0])
	}
	s := overHTTP(t, desk)
	over := make(chan time.Time, 1)
	go func() {
		raw(t, s, get(strings.Replace(check, imei1, "866714000000008", 1)+"1.0.0"))
		over <- time.Now()
	}()
	g = <-begun
	select {
	case <-over:
		if time.Since(g.At) < 900*time.Millisecond {
			t.Error("an answer before the record")
		}
		return
	case <-time.After(50 * time.Millisecond):
	}
	g.Kept()
	<-over
}
