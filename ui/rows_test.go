package ui

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"fotabench/devices"
	"fotabench/devices/link"
	"fotabench/packages"
	"fotabench/ui/cli"
	"fotabench/ui/widgets"
	"fotabench/ui/words"
	"fotabench/updater"
)

func labels(r row) []devices.Code {
	var all []devices.Code
	for _, a := range r.actions {
		all = append(all, a.label)
	}
	return all
}

func TestRowsOfADeviceThatDoesNotAnswerSayWhatToDo(t *testing.T) {
	tests := map[string]struct {
		err   *devices.Error
		offer []devices.Code
	}{
		"busy":                        {&devices.Error{Op: "open", At: "COM5", Kind: devices.Busy, Note: link.NoteBusyBy, Args: []any{"COM5", "putty", 42}}, []devices.Code{actAgain}},
		"occupied":                    {&devices.Error{Op: "open", At: "COM5", Kind: devices.Occupied, Note: "repl.occupied", Args: []any{"temp=21"}}, []devices.Code{actStopProgram, actAgain}},
		"program that prints nothing": {&devices.Error{Op: "open", At: "COM5", Kind: devices.Timeout, Note: "repl.silent"}, []devices.Code{actStopProgram, actAgain}},
		"locked":                      {&devices.Error{Op: "open", At: "COM5", Kind: devices.Locked, Note: "repl.password"}, []devices.Code{actPassword, actAgain}},
		"modemmanager":                {&devices.Error{Op: "open", At: "COM5", Kind: devices.Busy, Note: link.NoteModemManager, Args: []any{"/dev/ttyUSB5", "SUBSYSTEM rule", "/etc/udev", "udevadm"}}, []devices.Code{actCopyRule, actAgain}},
		"dialout":                     {&devices.Error{Op: "open", At: "COM5", Kind: devices.Denied, Note: link.NoteDeniedGroup, Args: []any{"/dev/ttyUSB5", "dialout", "usermod"}}, []devices.Code{actCopyCommand, actAgain}},
		"silent":                      {&devices.Error{Op: "open", At: "COM5", Kind: devices.Timeout}, []devices.Code{actAgain}},
	}
	for name, tt := range tests {
		for _, lang := range []string{words.English, words.Chinese} {
			t.Run(name+" "+lang, func(t *testing.T) {
				b, err := words.New(lang)
				assert.NoError(t, err)
				s := readyState(t)
				s.silent(tt.err)
				r := s.rows(b)[0]
				assert.Equal(t, widgets.Bad, r.mood)
				assert.Equal(t, tt.offer, labels(r))
				assert.NotEmpty(t, r.fact)
				assert.NotEmpty(t, r.remedy, "every trouble has a remedy")
				assert.Contains(t, r.detail, "open COM5", "the technical text is at hand")
				assert.NotContains(t, r.fact, "{")
				assert.NotContains(t, r.remedy, "{")
			})
		}
	}
}

func TestRowsGuideThroughTheChoices(t *testing.T) {
	b := english(t)
	s := newState(waysHere, []string{"quecthing"})
	rows := s.rows(b)
	assert.Len(t, rows, 2)
	assert.Equal(t, []devices.Code{actDevice, actSimulate}, labels(rows[0]))
	assert.Equal(t, []devices.Code{actPackage}, labels(rows[1]))

	s.choose(module(), "")
	s.ask(devices.Access{})
	assert.Equal(t, widgets.Wait, s.rows(b)[0].mood)
	s.seen(nil)
	assert.Equal(t, b.Say(noteGone), s.rows(b)[0].title)

	s = readyState(t)
	s.checks = nil
	assert.Equal(t, b.Say(noteChecking), s.rows(b)[0].title)
	s.unread(&packages.Error{Op: "open", File: "a.txt", Code: packages.WrongType, Args: []any{"a.txt", ".bin"}})
	assert.Equal(t, b.Say(noteNoPackage), s.rows(b)[0].title)
	s.read([]string{"x"})
	assert.Equal(t, widgets.Wait, s.rows(b)[0].mood)
}

func TestRefusingChecksComeFirst(t *testing.T) {
	b := english(t)
	note := updater.Note{Code: "check.size.ok", Args: []any{1}}
	remedy := updater.Note{Code: "check.size.remedy"}
	s := readyState(t)
	s.checks = []updater.CheckResult{
		{Name: "model", State: updater.CheckOK, Fact: note},
		{Name: "battery", State: updater.CheckWarn, Fact: note, Remedy: &remedy},
		{Name: "url", State: updater.CheckSkipped, Fact: note},
		{Name: "version", State: updater.CheckWarn, Override: true, Fact: note, Remedy: &remedy},
		{Name: "hashes", State: updater.CheckFailed, Fact: note, Remedy: &remedy},
		{Name: "repeat", State: updater.CheckWarn, Override: true, Accepted: true, Reason: "wanted", Fact: note, Remedy: &remedy},
	}
	var titles []string
	rows := s.rows(b)
	for _, r := range rows {
		titles = append(titles, r.title)
	}
	say := func(name string) string { return b.Say(devices.Code("ui.check." + name)) }
	assert.Equal(t, []string{say("hashes"), say("version"), say("battery"), say("repeat"), say("model")}, titles)
	assert.Empty(t, rows[0].actions, "what cannot be overruled offers nothing")
	assert.Equal(t, []devices.Code{actAgree}, labels(rows[1]))
	assert.Equal(t, []devices.Code{actDisagree}, labels(rows[3]))
	assert.Contains(t, rows[3].remedy, "wanted")
	assert.Equal(t, b.Say(noteSumStops, 1, 2), s.summary(b))
	s.checks = s.checks[:2]
	assert.Equal(t, b.Say(noteSumLooks, 1, 1), s.summary(b))
	s.checks = s.checks[:1]
	assert.Equal(t, b.Say(noteSumHeld, 1), s.summary(b))
}

func TestIdentityFactsHaveUnitsOrUnknown(t *testing.T) {
	b := english(t)
	full := identityFacts(b, newFakeEngine().identity)
	assert.Contains(t, full, [2]string{"Supply", "3.87 V"})
	assert.Contains(t, full, [2]string{"Signal", "24 of 31"})
	assert.Contains(t, full, [2]string{"User space free", "1.0 MiB"})
	for _, row := range identityFacts(b, devices.Identity{}) {
		assert.Equal(t, "unknown", row[1], row[0])
	}
}

func TestPortsAreLabelledByWhatTheyAnswer(t *testing.T) {
	b := english(t)
	rows := portFacts(b, devices.Sighting{Ports: []devices.Port{
		{Address: "COM5", Role: devices.RoleREPL, Proved: true}, {Address: "COM6", Role: devices.RoleDiag}, {Address: "COM7"},
	}})
	assert.Equal(t, [][2]string{{"COM5", "REPL, it answered"}, {"COM6", "diagnostics"}, {"COM7", "unknown"}}, rows)
}

func TestDigestsNameWhoStatesThem(t *testing.T) {
	b := english(t)
	s := readyState(t)
	p := s.pkg.pkg
	facts := fileFacts(b, p.Files[0], p.Trust().Files[0])
	assert.Contains(t, facts[1][1], "demo.bin.json says the same")
	wrong, err := packages.Typed("d41d8cd98f00b204e9800998ecf8427e")
	assert.NoError(t, err)
	p = p.WithExpected(0, wrong)
	facts = fileFacts(b, p.Files[0], p.Trust().Files[0])
	assert.Contains(t, facts[3][1], p.Files[0].Digests[packages.MD5])
	assert.Contains(t, facts[3][1], "what you typed says d41d8cd98f00b204e9800998ecf8427e", "both values are shown")
}

func TestADeviceInDownloadModeIsNotAsked(t *testing.T) {
	b := newBench(t, newFakeEngine(), words.English, cli.Window{})
	b.pick(devices.Sighting{Key: "usb:1-2", Name: "Quectel", DownloadMode: true, Ports: []devices.Port{{Address: "COM9", Role: devices.RoleDownload}}})
	assert.False(t, b.state.device.asking)
	assert.Contains(t, b.text(), b.book.Say(noteNotBooted))
	assert.Contains(t, b.text(), b.book.Say("engine.restart.download.remedy"))
	b.askAgain()
	assert.False(t, b.state.device.asking)
}

func TestNoticesAboutTheJournalAreShownUntilRead(t *testing.T) {
	fake := newFakeEngine()
	fake.notices = []updater.Note{{Level: updater.Warn, Code: "engine.journal.damaged", Args: []any{"journal.1", 3}}, {Code: "engine.journal.newer", Args: []any{"journal.2"}}}
	b := newBench(t, fake, words.English, cli.Window{})
	assert.Contains(t, b.text(), "journal.1")
	b.tap(actRead)
	assert.NotContains(t, b.text(), "journal.1")
	assert.Contains(t, b.text(), "journal.2")
	assert.Len(t, fake.notices, 2)
}
