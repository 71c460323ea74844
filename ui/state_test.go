package ui

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fotabench/devices"
	"fotabench/packages"
	"fotabench/updater"
)

// readyState has a device and a package of which all checks hold.
func readyState(t *testing.T) state {
	t.Helper()
	s := newState(waysHere, []string{"quecthing"})
	fake := newFakeEngine()
	s.seen([]devices.Sighting{module()})
	s.choose(module(), "")
	s.ask(devices.Access{})
	s.answered(fake.identity, fake.caps)
	p, err := packages.Open(t.Context(), []string{packageFile(t)}, packages.OpenOptions{})
	require.NoError(t, err)
	s.read([]string{p.Files[0].Path})
	s.opened(p)
	s.checks = fake.checks(s.plan())
	return s
}

func TestStateIsReadyOnlyWhenEveryChoiceIsMadeAndEveryCheckHolds(t *testing.T) {
	tests := map[string]struct {
		spoil func(*state)
		ready bool
	}{
		"all there":            {func(*state) {}, true},
		"no device":            {func(s *state) { s.choose(devices.Sighting{}, "") }, false},
		"device being asked":   {func(s *state) { s.ask(devices.Access{}) }, false},
		"device gone":          {func(s *state) { s.seen(nil) }, false},
		"device silent":        {func(s *state) { s.silent(errors.New("no answer")) }, false},
		"package being read":   {func(s *state) { s.read([]string{"x"}) }, false},
		"package unreadable":   {func(s *state) { s.unread(errors.New("gone")) }, false},
		"another way":          {func(s *state) { s.travel(s.way) }, false},
		"checks not asked yet": {func(s *state) { s.checks = nil }, false},
		"a check refuses": {func(s *state) {
			s.checks = append(s.checks, updater.CheckResult{State: updater.CheckFailed})
		}, false},
		"a warning waits for a yes": {func(s *state) {
			s.checks = append(s.checks, updater.CheckResult{State: updater.CheckWarn, Override: true})
		}, false},
		"an accepted warning": {func(s *state) {
			s.checks = append(s.checks, updater.CheckResult{State: updater.CheckWarn, Override: true, Accepted: true})
		}, true},
		"a remark": {func(s *state) {
			s.checks = append(s.checks, updater.CheckResult{State: updater.CheckWarn})
		}, true},
		"an upgrade on the page": {func(s *state) { s.run = newRun("1", s) }, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := readyState(t)
			tt.spoil(&s)
			assert.Equal(t, tt.ready, s.ready())
		})
	}
}

func TestStateForgetsWhatBelongedToAnotherPlan(t *testing.T) {
	s := readyState(t)
	s.agree("battery", "on mains")
	assert.Nil(t, s.checks)
	s.checks = []updater.CheckResult{{}}

	s.choose(devices.Sighting{Key: "other"}, "")
	assert.Nil(t, s.checks)
	assert.Empty(t, s.accept, "who accepted something for one device did not accept it for another")
	assert.Nil(t, s.device.identity)
	assert.NotNil(t, s.pkg.pkg, "the package stays")
}

func TestStateKeepsWhatWasAcceptedForTheSameDevice(t *testing.T) {
	s := readyState(t)
	id, caps := *s.device.identity, s.device.caps
	s.agree("repeat", "again")
	s.ask(s.device.access)
	s.answered(id, caps)
	assert.Equal(t, map[string]string{"repeat": "again"}, s.accept)
	id.IMEI = "1"
	s.answered(id, caps)
	assert.Empty(t, s.accept)
	s.agree("repeat", "again")
	s.disagree("repeat")
	assert.Empty(t, s.accept)
}

func TestStateAsksAgainWhenThePluggedDeviceIsBack(t *testing.T) {
	s := readyState(t)
	assert.False(t, s.seen([]devices.Sighting{module()}))
	assert.False(t, s.seen(nil))
	assert.True(t, s.device.gone)
	back := module()
	back.Ports[0].Address = "/dev/ttyUSB9"
	assert.True(t, s.seen([]devices.Sighting{back}), "it must be asked again")
	assert.Equal(t, devices.Address("/dev/ttyUSB9"), s.device.address())
}

func TestStateNeverDisturbsADeviceThatIsBeingUpgraded(t *testing.T) {
	s := readyState(t)
	s.run = newRun("1", &s)
	s.seen(nil)
	assert.False(t, s.seen([]devices.Sighting{module()}))
}

func TestStateKeepsProvedPorts(t *testing.T) {
	s := readyState(t)
	s.device.sighting.Ports = []devices.Port{{Address: "/dev/ttyUSB2", Role: devices.RoleREPL, Proved: true}}
	s.seen([]devices.Sighting{module()})
	assert.Equal(t, devices.Address("/dev/ttyUSB2"), s.device.address())
}

func TestStateTakesAMethodThatTheDeviceHas(t *testing.T) {
	s := readyState(t)
	s.way.method = devices.FTP
	fake := newFakeEngine()
	s.answered(fake.identity, fake.caps)
	assert.Equal(t, devices.Local, s.way.method)
	assert.Equal(t, devices.FTP, firstMethod(devices.Capabilities{}, devices.FTP), "nothing known: nothing changed")
}

func TestPlanIsWhatWasChosen(t *testing.T) {
	s := readyState(t)
	p := s.plan()
	assert.Equal(t, "imei:867890012345678", p.ID)
	assert.Equal(t, devices.Local, p.Method)
	assert.Nil(t, p.Origin)

	s.way.method, s.way.own = devices.HTTP, true
	s.way.apn = &devices.APN{Name: "cmnet"}
	p = s.plan()
	require.NotNil(t, p.Origin)
	assert.NotEmpty(t, p.Origin.Listen)
	assert.Empty(t, p.Origin.URLs)
	assert.Equal(t, "cmnet", p.Options.APN.Name)

	s.way.own, s.way.urls, s.way.user, s.way.password, s.way.ftpByURL = false, []string{"https://example.com/a.bin"}, "u", "p", true
	p = s.plan()
	assert.Equal(t, []string{"https://example.com/a.bin"}, p.Origin.URLs)
	assert.Equal(t, "p", p.Origin.Password)
	assert.Empty(t, p.Origin.Listen)
	assert.False(t, p.Options.FTPByURL, "that is for FTP only")

	s.way.method, s.way.own = devices.FTP, true
	p = s.plan()
	assert.NotEmpty(t, p.Origin.Listen, "we serve FTP too")
	assert.Empty(t, p.Origin.URLs)
	assert.True(t, p.Options.FTPByURL)

	s.way.expect = " V2 "
	assert.Equal(t, "V2", s.plan().TargetVersion())
}

func TestOurHostListensOnLoopbackForASimulatedDevice(t *testing.T) {
	assert.Equal(t, "127.0.0.1:0", usualListen(true))
	assert.NoError(t, listenable(usualListen(false)))
	assert.Error(t, listenable("example.com"))
}

func TestOneURLForEachFile(t *testing.T) {
	s := readyState(t)
	s.way.urls = []string{"https://a", "https://b", "https://c"}
	s.fitURLs()
	assert.Equal(t, []string{"https://a"}, s.way.urls)
}

func TestTitleTellsHowItStands(t *testing.T) {
	b := english(t)
	empty := newState(waysHere, []string{"quecthing"})
	assert.Equal(t, "Fotabench", empty.title(b))
	s := readyState(t)
	assert.Equal(t, "Ready · EC600UCNLB · Fotabench", s.title(b))
	s.checks = nil
	assert.Equal(t, "EC600UCNLB · Fotabench", s.title(b))
	s.run = newRun("1", &s)
	assert.Equal(t, "Identify · EC600UCNLB · Fotabench", s.title(b))
	s.run.stage, s.run.done, s.run.total = updater.Deliver, 58, 100
	assert.Equal(t, "58 % Deliver · EC600UCNLB · Fotabench", s.title(b))
	s.run.outcome = updater.Verified
	assert.Equal(t, "Verified · EC600UCNLB · Fotabench", s.title(b))
}

func TestTheDeviceIsFollowedToItsNewPort(t *testing.T) {
	s := readyState(t)
	s.follow("")
	s.follow(s.device.address())
	assert.Equal(t, "usb:1-1", s.device.sighting.Key)
	moved := devices.Sighting{Key: "usb:1-9", Ports: []devices.Port{{Address: "/dev/ttyUSB9", Role: devices.RoleREPL}}}
	s.seen([]devices.Sighting{moved})
	s.follow("/dev/ttyUSB9")
	assert.Equal(t, "usb:1-9", s.device.sighting.Key)
	s.follow("tcp://127.0.0.1:5")
	assert.Equal(t, devices.Address("tcp://127.0.0.1:5"), s.device.address())
}
