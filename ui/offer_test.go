package ui

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fotabench/devices"
	"fotabench/packages"
	"fotabench/ui/cli"
	"fotabench/ui/widgets"
	"fotabench/ui/words"
	"fotabench/updater"
)

// composite is one device with a REPL and a port for commands.
func composite() devices.Sighting {
	s := module()
	s.Ports = append(s.Ports, devices.Port{Address: "/dev/ttyUSB2", Role: devices.RoleAT, Interface: 2, Proved: true})
	return s
}

// several is an engine beside which that device answers in three ways.
func several() *fakeEngine {
	e := newFakeEngine()
	e.sightings = []devices.Sighting{composite()}
	at, plan := e.identity, e.identity
	at.Family, plan.Family = "quectel", "quecthing"
	free, percent := int64(512<<10), 80
	plan.FreeBytes, plan.BatteryPercent, plan.At = &free, &percent, time.Unix(1, 0)
	e.answers = map[string]devices.Identity{"quectel": at, "quecthing": plan}
	e.caps.Methods[devices.Plan] = devices.Capability{OK: true}
	return e
}

func plannedOffer() devices.Offer {
	return devices.Offer{
		Raw: `(0, 'EC600UCNLB', 'V01', 'V02', 40, 698000, -101)`,
		Package: &packages.Package{
			Name:     "EC600UCNLB",
			Manifest: packages.Manifest{Source: "platform", Component: packages.FOTA, Kind: packages.Delta, SourceVersion: "EC600UCNLBR01A01M16_OCPU_QPY_V01", TargetVersion: "EC600UCNLBR01A02M16_OCPU_QPY_V01", MinBattery: 40, MinSignal: 6},
			Offer:    &packages.Offer{Component: "EC600UCNLB", Space: 698000, SignalDBm: -101},
		},
	}
}

// lookAtDevice chooses the device and opens its sheet.
func (b *desk) lookAtDevice() {
	b.t.Helper()
	b.until("the device", func() bool { return len(b.state.sightings) == 1 })
	b.pick(b.state.sightings[0])
	b.until("its answer", func() bool { return b.state.device.identity != nil })
	b.chooseDevice()
}

// way takes the way in whose text begins so.
func (b *desk) way(family string, at string) {
	b.t.Helper()
	text := b.book.Say(devices.Code("ui.family."+family), at)
	for _, g := range find[*widget.RadioGroup](b) {
		if slices.Contains(g.Options, text) {
			g.SetSelected(text)
			return
		}
	}
	b.t.Fatalf("there is no way %q; there is:\n%s", text, b.text())
}

// TestOneDeviceTwoWaysIn: a device with a REPL and a port for commands is one device;
// the person chooses how it is spoken to.
func TestOneDeviceTwoWaysIn(t *testing.T) {
	e := several()
	b := newBench(t, e, words.English, cli.Window{})
	b.lookAtDevice()
	assert.Len(t, find[*widgets.List](b), 1)
	assert.Len(t, b.state.sightings, 1)
	var groups []*widget.RadioGroup
	groups = append(groups, find[*widget.RadioGroup](b)...)
	require.Len(t, groups, 1)
	assert.Equal(t, []string{
		b.book.Say("ui.family.quecpython", "/dev/ttyUSB5"), b.book.Say("ui.family.quectel", "/dev/ttyUSB2"), b.book.Say("ui.family.quecthing", "/dev/ttyUSB5"),
	}, groups[0].Options, "another family at the port that answered is no way in")
	assert.Equal(t, groups[0].Options[0], groups[0].Selected)

	b.way("quectel", "/dev/ttyUSB2")
	b.until("the other answer", func() bool { return b.state.device.identity != nil && b.state.device.identity.Family == "quectel" })
	last := e.asked[len(e.asked)-1]
	assert.Equal(t, "quectel", last.Family)
	assert.Equal(t, devices.RoleAT, last.Role)
	assert.Equal(t, devices.Address("/dev/ttyUSB2"), b.state.device.address())
	assert.Equal(t, devices.RoleAT, b.state.plan().Role)
}

// TestPlatformPlan: asked, compared, taken, upgraded.
func TestPlatformPlan(t *testing.T) {
	for _, lang := range []string{words.English, words.Chinese} {
		t.Run(lang, func(t *testing.T) {
			e := several()
			e.offers = []devices.Offer{plannedOffer()}
			b := newBench(t, e, lang, cli.Window{})
			b.lookAtDevice()
			b.way("quecthing", "/dev/ttyUSB5")
			b.until("its answer", func() bool { return b.state.device.identity != nil && b.state.device.identity.Family == "quecthing" })
			b.close()
			assert.Contains(t, b.text(), b.book.Say(noteAskPlatform))
			b.choosePackage()
			b.tap(actOffers)
			assert.Empty(t, e.offered, "asked without key and secret")
			assert.Contains(t, b.text(), b.book.Say(noteNeeded))
			entries := find[*widgets.Entry](b)
			require.Len(t, entries, 6)
			entries[0].SetText("p11t2f")
			entries[1].SetText("aGVsbG8=")
			require.True(t, entries[1].Password, "the secret can be read on the screen")
			b.tap(actOffers)
			b.until("the plan", func() bool { return b.state.offer.asked })
			at := e.offered[0].Access.Platform
			assert.Equal(t, devices.Platform{ProductKey: "p11t2f", ProductSecret: "aGVsbG8="}, *at)
			shown := b.text()
			for _, want := range []string{
				"EC600UCNLBR01A02M16_OCPU_QPY_V01", b.book.Say(notePercent, 40), b.book.Say(noteDBm, -101), b.book.Say(noteBytes, int64(698000)),
				b.book.Say(noteBytes, int64(512<<10)), "-101)",
			} {
				assert.Contains(t, shown, want)
			}
			// Once: in the field that hides it.
			assert.Equal(t, 1, strings.Count(shown, "aGVsbG8="))
			b.tap(actTakeOffer)
			b.until("the checks", func() bool { return b.state.checks != nil })
			assert.Contains(t, b.text(), b.book.Say(noteWithPlatform))
			b.start()
			require.Len(t, e.started, 1)
			p := e.started[0]
			assert.Equal(t, devices.Plan, p.Method)
			assert.Equal(t, "quecthing", p.Family)
			assert.Same(t, e.offers[0].Package, p.Package)
			assert.Equal(t, "aGVsbG8=", p.Access.Platform.ProductSecret)
			assert.Nil(t, p.Origin)
		})
	}
}

// TestPlatformPlanRefused: the platform is told, and what was taken is gone.
func TestPlatformPlanRefused(t *testing.T) {
	e := several()
	e.offers = []devices.Offer{plannedOffer(), plannedOffer()}
	e.offers[1].Package.Name = "MCU1"
	b := newBench(t, e, words.English, cli.Window{})
	b.lookAtDevice()
	b.way("quecthing", "/dev/ttyUSB5")
	b.until("its answer", func() bool { return b.state.device.identity != nil && b.state.device.identity.Family == "quecthing" })
	b.close()
	b.askOffers(devices.Access{Platform: &devices.Platform{ProductKey: "k", ProductSecret: "s"}})
	b.until("the plans", func() bool { return b.state.offer.asked })
	b.takeOffer(e.offers[1])
	b.choosePackage()
	groups := find[*widget.RadioGroup](b)
	require.Len(t, groups, 1)
	groups[0].SetSelected(groups[0].Options[1])
	b.tap(actRefuseOffer)
	b.until("the refusal", func() bool { return b.state.offer.refused })
	require.Len(t, e.refused, 1)
	assert.Equal(t, "MCU1", e.refused[0].Package.Name)
	assert.Nil(t, b.state.pkg.pkg)
	assert.Contains(t, b.text(), b.book.Say(noteOfferRefused))
}

// TestPlatformDoesNotAnswer: the reason and the remedy are on the sheet, and the other
// way in brings back what there was.
func TestPlatformDoesNotAnswer(t *testing.T) {
	e := several()
	e.offerErr = &devices.Error{Op: "quecthing: connect", Kind: devices.Timeout, Note: "kind.timeout", Args: []any{"/dev/ttyUSB5", ""}, Err: errors.New("x")}
	b := newBench(t, e, words.English, cli.Window{})
	b.lookAtDevice()
	b.way("quecthing", "/dev/ttyUSB5")
	b.until("its answer", func() bool { return b.state.device.identity != nil && b.state.device.identity.Family == "quecthing" })
	b.close()
	b.choosePackage()
	b.askOffers(devices.Access{Platform: &devices.Platform{ProductKey: "k", ProductSecret: "s"}})
	b.until("the answer", func() bool { return b.state.offer.asked })
	what, remedy := b.book.Trouble(*b.state.offer.trouble)
	assert.Contains(t, b.text(), what)
	assert.Contains(t, b.text(), remedy)
	test.Tap(b.button(actTakeOffer)) // there is nothing to take
	assert.Nil(t, b.state.pkg.pkg)
	assert.Empty(t, e.started)
	b.close()
	b.speakBy(devices.Way{Family: "quectel", Role: devices.RoleAT})
	b.until("the other way", func() bool { return b.state.device.identity != nil })
	assert.False(t, b.state.offer.asked)
	b.choosePackage()
	assert.Contains(t, b.text(), b.book.Say(actBrowse))
}

// TestATypedPortHasOneRole: a port that takes AT commands is no way in for Python.
func TestATypedPortHasOneRole(t *testing.T) {
	for family, want := range map[string][]string{"quectel": {"quectel", "quecthing"}, "quecpython": {"quecpython", "quecthing"}, "haas": {"haas", "quecthing"}} {
		s := newState(waysHere, []string{"quecthing"})
		s.choose(devices.Sighting{}, "tcp://127.0.0.1:1")
		s.device.identity = &devices.Identity{Family: family}
		var families []string
		for _, w := range s.waysIn() {
			families = append(families, w.Family)
		}
		assert.Equal(t, want, families, family)
	}
}

// deaf is an engine whose platform never answers.
type deaf struct {
	*fakeEngine
	asked chan struct{}
}

func (e *deaf) Offers(ctx context.Context, _ updater.Plan) (devices.Identity, []devices.Offer, error) {
	e.asked <- struct{}{}
	<-ctx.Done()
	return devices.Identity{}, nil, context.Cause(ctx)
}

// TestPlatformAskedAgain: where another question to the device came first, such as after a
// plug, the platform can be asked again.
func TestPlatformAskedAgain(t *testing.T) {
	e := &deaf{several(), make(chan struct{}, 2)}
	b := newBench(t, e, words.English, cli.Window{})
	b.lookAtDevice()
	b.way("quecthing", "/dev/ttyUSB5")
	b.until("its answer", func() bool { return b.state.device.identity != nil && b.state.device.identity.Family == "quecthing" })
	b.close()
	b.choosePackage()
	access := devices.Access{Platform: &devices.Platform{ProductKey: "k", ProductSecret: "s"}}
	b.askOffers(access)
	<-e.asked
	assert.Contains(t, b.text(), b.book.Say(noteOfferAsking))
	b.seen(nil)
	b.seen(e.sightings)
	b.until("its answer", func() bool { return !b.state.device.asking })
	assert.NotContains(t, b.text(), b.book.Say(noteOfferAsking))
	b.askOffers(access)
	<-e.asked
	assert.Contains(t, b.text(), b.book.Say(noteOfferAsking))
}
