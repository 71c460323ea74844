package ui

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/storage"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fotabench/devices"
	"fotabench/ui/cli"
	"fotabench/ui/theme"
	"fotabench/ui/widgets"
	"fotabench/ui/words"
	"fotabench/updater"
)

// find gives every object of a kind that can be seen, front first.
func find[T fyne.CanvasObject](b *desk) []T {
	b.t.Helper()
	var all []T
	roots := []fyne.CanvasObject{b.win.Content()}
	if top := b.win.Canvas().Overlays().Top(); top != nil {
		roots = []fyne.CanvasObject{top}
	}
	for _, root := range roots {
		walk(root, func(o fyne.CanvasObject) {
			if x, ok := o.(T); ok {
				all = append(all, x)
			}
		})
	}
	return all
}

// walk visits what can be seen.
func walk(o fyne.CanvasObject, visit func(fyne.CanvasObject)) {
	if o == nil || !o.Visible() {
		return
	}
	visit(o)
	switch x := o.(type) {
	case *fyne.Container:
		for _, c := range x.Objects {
			walk(c, visit)
		}
	case fyne.Widget:
		for _, c := range test.WidgetRenderer(x).Objects() {
			walk(c, visit)
		}
	}
}

// button finds a button by its words.
func (b *desk) button(label devices.Code) *widgets.Button {
	b.t.Helper()
	for _, x := range find[*widgets.Button](b) {
		if x.Text == b.book.Say(label) {
			return x
		}
	}
	b.t.Fatalf("there is no button %q; there is:\n%s", b.book.Say(label), b.text())
	return nil
}

func (b *desk) tap(label devices.Code) {
	b.t.Helper()
	x := b.button(label)
	require.False(b.t, x.Disabled(), "%q is grey", x.Text)
	test.Tap(x)
}

// text is everything that can be read in the window.
func (b *desk) text() string {
	var all bytes.Buffer
	for _, o := range find[fyne.CanvasObject](b) {
		switch x := o.(type) {
		case *widgets.Line:
			io.WriteString(&all, x.Text()+"\n")
		case *widget.RichText:
			io.WriteString(&all, x.String()+"\n")
		case *widget.Label:
			io.WriteString(&all, x.Text+"\n")
		case *widgets.Button:
			io.WriteString(&all, "["+x.Text+"]\n")
		}
	}
	return all.String()
}

// press sends a key combination of the menu.
func (b *desk) press(key fyne.KeyName) {
	b.t.Helper()
	want := &desktop.CustomShortcut{KeyName: key, Modifier: fyne.KeyModifierShortcutDefault}
	for _, m := range b.win.MainMenu().Items {
		for _, i := range m.Items {
			if i.Shortcut != nil && i.Shortcut.ShortcutName() == want.ShortcutName() {
				i.Action()
				return
			}
		}
	}
	b.t.Fatalf("no menu item has the key %s", key)
}

// choose brings a fake device and a package to where Upgrade can be pressed.
func (b *desk) choose() {
	b.t.Helper()
	b.until("the device in the list", func() bool { return len(b.state.sightings) == 1 })
	b.pick(b.state.sightings[0])
	b.openPackage([]string{packageFile(b.t)})
	b.until("everything ready", b.state.ready)
}

var bothLanguages = []string{words.English, words.Chinese}

func TestTheWholeJob(t *testing.T) {
	for _, lang := range bothLanguages {
		t.Run(lang, func(t *testing.T) {
			fake := newFakeEngine()
			fake.sightings = []devices.Sighting{module()}
			b := newBench(t, fake, lang, cli.Window{})
			assert.True(t, b.button(menuStart).Disabled(), "nothing to upgrade yet")
			b.choose()
			assert.Contains(t, b.text(), "EC600UCNLB")
			b.press(fyne.KeyReturn)
			require.Len(t, fake.started, 1)
			assert.Equal(t, "imei:867890012345678", fake.started[0].ID)
			assert.Contains(t, b.text(), b.book.Say(titleRunning, "EC600UCNLB"))

			say := func(e updater.Event) { fake.events <- e }
			now := time.Now()
			say(updater.Event{At: now, Stage: updater.Deliver, Begins: true, Cancel: updater.CancelCleanUp})
			say(updater.Event{At: now, Stage: updater.Deliver, Progress: true, Done: 0, Total: 200, Cancel: updater.CancelCleanUp})
			say(updater.Event{At: now.Add(time.Second), Stage: updater.Deliver, Progress: true, Done: 116, Total: 200, Cancel: updater.CancelCleanUp})
			b.until("58 %", func() bool { return b.state.run.done == 116 })
			assert.Contains(t, b.text(), "58 %")
			assert.Contains(t, b.text(), "["+b.book.Say("cancel.cleanUp")+"]", "the button says what cancelling means")
			assert.Contains(t, b.text(), b.book.Say(safetyNothing))
			assert.Contains(t, b.win.Title(), "58 %")

			say(updater.Event{At: now, Stage: updater.Install, Begins: true, Cancel: updater.CancelRefused})
			b.until("install", func() bool { return b.state.run.stage == updater.Install })
			assert.True(t, b.button("cancel.refused").Disabled())
			assert.Contains(t, b.text(), b.book.Say(safetyWriting))

			after := fake.identity
			after.Firmware, after.At = "EC600UCNLBR01A02M16_OCPU_QPY_V01", now
			fake.report = updater.Report{Job: "job-1", Outcome: updater.Verified, Before: &fake.identity, After: &after, Started: now, Ended: now.Add(time.Minute)}
			say(updater.Event{At: now, Stage: updater.Confirm, Begins: true, Address: "/dev/ttyUSB7", Cancel: updater.CancelWatching})
			say(updater.Event{At: now, Stage: updater.Confirm, Outcome: updater.Verified, Cancel: updater.CancelNothing})
			b.until("the report", func() bool { return b.state.run.report != nil })
			assert.Contains(t, b.text(), b.book.Say(noteNowRuns, after.Firmware), "the device's own word is the result")
			assert.Contains(t, b.text(), "/dev/ttyUSB7")
			assert.Contains(t, b.win.Title(), b.book.Say(endedVerified))
			b.tap(actAnother)
			assert.Nil(t, b.state.run)
			assert.NotNil(t, b.state.pkg.pkg, "the package stays for the next device")
		})
	}
}

// TestTheEndSaysThatItIsInNoRecord: the page of an upgrade whose end the journal could not
// take does not say that it is kept.
func TestTheEndSaysThatItIsInNoRecord(t *testing.T) {
	for _, lang := range bothLanguages {
		fake := newFakeEngine()
		fake.sightings = []devices.Sighting{module()}
		b := newBench(t, fake, lang, cli.Window{})
		b.choose()
		b.start()
		fake.report = updater.Report{Job: "job-1", Started: noon}
		fake.events <- updater.Event{At: noon, Stage: updater.Confirm, Outcome: updater.Verified, Unkept: true, Cancel: updater.CancelNothing}
		b.until("the report", func() bool { return b.state.run.report != nil })
		assert.Contains(t, b.text(), b.book.Say("outcome.verified"))
		assert.Contains(t, b.text(), b.book.Say(updater.NoteJournalUnkept))
		assert.NotContains(t, b.text(), b.book.Say(noteKept, "job-1"))
		assert.NotContains(t, b.text(), "-9", "a time of less than nothing")
	}
}

func TestEveryEndHasItsWordsAndItsNextStep(t *testing.T) {
	for _, lang := range bothLanguages {
		for _, outcome := range []updater.Outcome{updater.FailedOld, updater.Uncertain, updater.Cancelled, updater.RefusedBefore} {
			t.Run(lang+" "+string(outcome), func(t *testing.T) {
				fake := newFakeEngine()
				fake.sightings = []devices.Sighting{module()}
				b := newBench(t, fake, lang, cli.Window{})
				b.choose()
				b.start()
				fake.report = updater.Report{Job: "job-1", Outcome: outcome}
				fake.events <- updater.Event{
					At: time.Now(), Stage: updater.Deliver, Outcome: outcome, Cancel: updater.CancelNothing,
					Failure: &updater.Failure{Note: updater.Note{Level: updater.Fault, Code: "engine.silence", Args: []any{120}}, Text: "technical"},
				}
				b.until("the report", func() bool { return b.state.run.report != nil })
				text := b.text()
				assert.Contains(t, text, b.book.Say(devices.Code("outcome."+string(outcome))))
				assert.Contains(t, text, b.book.Say("engine.silence", 120), "the reason")
				assert.Contains(t, text, b.book.Say("engine.silence.remedy"), "the remedy")
				assert.Contains(t, text, b.book.Say(devices.Code("ui.next."+string(outcome))))
				assert.NotContains(t, text, b.book.Say("outcome.verified"))
				b.tap(actDetails)
				assert.Contains(t, b.text(), "technical")
				b.close()
				b.tap(actTryAgain)
				b.until("ready again", b.state.ready)
			})
		}
	}
}

func TestCancelAsksTheEngineAndSaysItsAnswer(t *testing.T) {
	for answer, note := range map[updater.CancelAnswer]devices.Code{
		updater.CancelAccepted: noteCancelling, updater.CancelDenied: noteCancelDenied, updater.CancelTooLate: noteCancelLate,
	} {
		t.Run(string(answer), func(t *testing.T) {
			fake := newFakeEngine()
			fake.sightings, fake.answer = []devices.Sighting{module()}, answer
			b := newBench(t, fake, words.English, cli.Window{})
			b.choose()
			b.start()
			b.escape()
			assert.Equal(t, 1, fake.cancelled)
			assert.Contains(t, b.text(), b.book.Say(note))
		})
	}
}

func TestStartThatIsRefusedIsTold(t *testing.T) {
	fake := newFakeEngine()
	fake.sightings = []devices.Sighting{module()}
	fake.startErr = &devices.Error{Op: "start", Kind: devices.Busy, Note: "engine.running", Args: []any{"COM5"}}
	b := newBench(t, fake, words.English, cli.Window{})
	b.choose()
	b.start()
	assert.Nil(t, b.state.run)
	assert.Contains(t, b.text(), "COM5 is in use")
	b.escape()
	assert.Nil(t, b.sheet)
}

func TestAProgramOnTheDeviceIsStoppedOnlyWhenAsked(t *testing.T) {
	fake := newFakeEngine()
	fake.sightings = []devices.Sighting{module()}
	fake.refusal = &devices.Error{Op: "open", At: "COM5", Kind: devices.Occupied, Note: "repl.occupied", Args: []any{"temp=21"}}
	b := newBench(t, fake, words.English, cli.Window{})
	b.until("the list", func() bool { return len(b.state.sightings) == 1 })
	b.pick(module())
	b.until("the refusal", func() bool { return b.state.device.trouble != nil })
	assert.Contains(t, b.text(), "temp=21")
	b.tap(actStopProgram)
	b.until("the answer", func() bool { return b.state.device.identity != nil })
	assert.Equal(t, []devices.Access{{}, {StopProgram: true}}, fake.access)
}

func TestAPasswordIsAskedForAndHidden(t *testing.T) {
	fake := newFakeEngine()
	fake.sightings = []devices.Sighting{module()}
	fake.refusal = &devices.Error{Op: "open", At: "COM5", Kind: devices.Locked, Note: "repl.password"}
	b := newBench(t, fake, words.English, cli.Window{})
	b.until("the list", func() bool { return len(b.state.sightings) == 1 })
	b.pick(module())
	b.until("the refusal", func() bool { return b.state.device.trouble != nil })
	b.tap(actPassword)
	field := find[*widgets.Entry](b)[0]
	assert.True(t, field.Password)
	b.tap(actUnlock)
	assert.Contains(t, b.text(), b.book.Say(noteNeeded), "an empty password is not sent")
	test.Type(field, "s3cret")
	b.tap(actUnlock)
	b.until("the answer", func() bool { return b.state.device.identity != nil })
	assert.Equal(t, "s3cret", fake.access[1].Password)
	assert.NotContains(t, b.text(), "s3cret")
}

func TestAWarningIsAcceptedWithItsReason(t *testing.T) {
	fake := newFakeEngine()
	fake.sightings = []devices.Sighting{module()}
	fake.checks = func(p updater.Plan) []updater.CheckResult {
		reason, yes := p.Accept["version"]
		return []updater.CheckResult{{
			Name: "version", State: updater.CheckWarn, Override: true, Accepted: yes, Reason: reason,
			Fact: updater.Note{Code: "check.version.down", Args: []any{"B", "A"}}, Remedy: &updater.Note{Code: "check.version.down.remedy"},
		}}
	}
	b := newBench(t, fake, words.English, cli.Window{})
	b.until("the list", func() bool { return len(b.state.sightings) == 1 })
	b.pick(module())
	b.openPackage([]string{packageFile(t)})
	b.until("the warning", func() bool { return b.state.checks != nil })
	assert.True(t, b.button(menuStart).Disabled())
	b.tap(actAgree)
	test.Type(find[*widgets.Entry](b)[0], "customer wants it")
	b.tap(actAgree)
	b.until("the yes", b.state.ready)
	assert.Contains(t, b.text(), "customer wants it")
	assert.False(t, b.button(menuStart).Disabled())
	b.tap(actDisagree)
	b.until("the warning again", func() bool { return b.state.checks != nil })
	assert.False(t, b.state.ready())
}

func TestFilesCanBeDropped(t *testing.T) {
	b := newBench(t, newFakeEngine(), words.English, cli.Window{})
	path := packageFile(t)
	b.drop([]fyne.URI{storage.NewFileURI(path)})
	b.until("the package", func() bool { return b.state.pkg.pkg != nil })
	assert.Contains(t, b.text(), "demo.bin · 192 KiB · full")

	b.drop([]fyne.URI{storage.NewFileURI(plainFile(t, "notes.txt", 10))})
	b.until("the refusal", func() bool { return b.state.pkg.trouble != nil })
	assert.Contains(t, b.text(), "notes.txt")
	page, err := storage.ParseURI("https://example.com/a.bin")
	require.NoError(t, err)
	b.drop([]fyne.URI{page})
	assert.NotNil(t, b.state.pkg.trouble, "what is no file changes nothing")
}

func TestAnotherPackageAfterAnUpgradeIsForTheSameDevice(t *testing.T) {
	fake := newFakeEngine()
	fake.sightings = []devices.Sighting{module()}
	b := newBench(t, fake, words.English, cli.Window{})
	b.choose()
	b.start()
	fake.events <- updater.Event{At: noon, Stage: updater.Deliver, Outcome: updater.Cancelled, Cancel: updater.CancelNothing}
	b.until("the end", func() bool { return b.state.run.report != nil })
	b.drop([]fyne.URI{storage.NewFileURI(packageFile(t))})
	b.until("ready again", b.state.ready)
	assert.Equal(t, "usb:1-1", b.state.device.sighting.Key)
	assert.Len(t, fake.access, 2, "the device was asked anew: it may run something else now")
}

func TestSheetsShowAndTakeTheChoices(t *testing.T) {
	for _, lang := range bothLanguages {
		t.Run(lang, func(t *testing.T) {
			fake := newFakeEngine()
			fake.sightings = []devices.Sighting{module()}
			b := newBench(t, fake, lang, cli.Window{})
			b.choose()
			b.press(fyne.KeyD)
			for _, fact := range []string{"867890012345678", "3.87 V", "1.0 MiB", "/dev/ttyUSB5"} {
				assert.Contains(t, b.text(), fact)
			}
			assert.Contains(t, b.text(), b.book.Say("qpy.cap.lacks", "EC600U", "ftpDownload"), "what it cannot do is there, with the reason")
			address := find[*widgets.Entry](b)[0]
			address.SetText("no such thing")
			b.tap(actUse)
			assert.Contains(t, b.text(), b.book.Say("link.address", "no such thing"))
			address.SetText("tcp://127.0.0.1:9")
			b.tap(actUse)
			assert.Equal(t, devices.Address("tcp://127.0.0.1:9"), b.state.device.address())
			b.tap(actDone)
			b.until("ready", b.state.ready)

			b.press(fyne.KeyO)
			assert.Contains(t, b.text(), b.state.pkg.pkg.Files[0].Digests["sha256"])
			fields := find[*widgets.Entry](b)
			fields[1].SetText("abc")
			b.tap(actCompare)
			assert.Contains(t, b.text(), "abc", "what is no hash is named")
			fields[1].SetText(b.state.pkg.pkg.Files[0].Digests["md5"])
			b.tap(actCompare)
			assert.Contains(t, b.text(), b.book.Say(noteTypedDigest))
			fields[0].SetText(plainFile(t, "a.bin", 5) + ";" + plainFile(t, "b.bin", 6))
			b.tap(actUse)
			b.until("two files", func() bool { return b.state.pkg.pkg != nil && len(b.state.pkg.pkg.Files) == 2 })
			choice := find[*widget.Select](b)[0]
			choice.SetSelectedIndex(1)
			fields[1].SetText(b.state.pkg.pkg.Files[1].Digests["crc32"])
			b.tap(actCompare)
			assert.Empty(t, b.state.pkg.pkg.Files[0].Expected)
			assert.Len(t, b.state.pkg.pkg.Files[1].Expected, 1, "the digest is of the chosen file")
			b.escape()
			assert.Nil(t, b.sheet)
		})
	}
}

func TestTheWaySheet(t *testing.T) {
	fake := newFakeEngine()
	fake.sightings = []devices.Sighting{module()}
	b := newBench(t, fake, words.English, cli.Window{})
	b.choose()
	b.press(fyne.KeyM)
	groups := find[*widget.RadioGroup](b)
	require.Len(t, groups, 3)
	assert.True(t, groups[2].Disabled(), "FTP is grey")
	assert.Contains(t, b.text(), b.book.Say("qpy.cap.lacks", "EC600U", "ftpDownload"))
	groups[1].SetSelected(groups[1].Options[0])
	own := find[*widget.RadioGroup](b)[3]
	own.SetSelected(own.Options[1])
	fields := find[*widgets.Entry](b)
	fields[0].SetText("https://user:pw@example.com/a.bin")
	b.tap(actDone)
	b.until("the way", func() bool { return b.state.way.method == devices.HTTP })
	assert.Equal(t, []string{"https://user:pw@example.com/a.bin"}, b.state.plan().Origin.URLs)
	b.until("rendered", b.state.ready)
	assert.NotContains(t, b.text(), "pw@", "credentials are never shown")

	b.press(fyne.KeyM)
	own = find[*widget.RadioGroup](b)[3]
	own.SetSelected(own.Options[0])
	for _, e := range find[*widgets.SelectEntry](b) {
		e.SetText("nowhere")
	}
	b.tap(actDone)
	assert.Contains(t, b.text(), b.book.Say(noteBadListen, "nowhere"))
	b.close()
	assert.False(t, b.state.way.own, "nothing was taken over")
}

func TestPEMFilesAreRead(t *testing.T) {
	path := plainFile(t, "ca.pem", 20)
	w := wayState{caFile: path}
	require.NoError(t, w.readPEM(3, 1))
	assert.Equal(t, devices.TLS{CA: string(make([]byte, 20)), Version: 3, Level: 1}, *w.tls)
	w = wayState{certFile: path + ".missing"}
	assert.ErrorIs(t, w.readPEM(0, 0), os.ErrNotExist)
	w = wayState{keyFile: plainFile(t, "big.pem", 2<<20)}
	assert.ErrorContains(t, w.readPEM(0, 0), "big.pem")
	w = wayState{originFile: path}
	require.NoError(t, w.readPEM(0, 0))
	assert.Nil(t, w.tls, "that one is for us, not for the device")
}

func TestAnOpenCaseIsShownAndClosedOnlyAfterAQuestion(t *testing.T) {
	fake := newFakeEngine()
	fake.cases = []updater.Case{{
		Open: true, Record: updater.Record{Job: "old", Plan: updater.PlanRecord{Package: "fw.bin"}, Device: &fake.identity},
		Known: updater.Note{Code: "engine.died", Args: []any{devices.Code("stage.restart")}}, Next: updater.Note{Code: "engine.next.connect", Args: []any{"imei:1"}},
	}}
	b := newBench(t, fake, words.English, cli.Window{})
	b.until("the open case", func() bool { return len(b.state.cases) == 1 })
	assert.Contains(t, b.text(), "fw.bin")
	assert.Contains(t, b.text(), b.book.Say("engine.next.connect", "imei:1"))
	b.tap(actCloseCase)
	assert.Empty(t, fake.dismissed)
	b.tap(actCloseCase)
	assert.Equal(t, []string{"old"}, fake.dismissed)
	assert.NotContains(t, b.text(), "fw.bin")
}

func TestHistory(t *testing.T) {
	fake := newFakeEngine()
	fake.records = []updater.Record{
		{Job: "2", Started: time.Now(), Plan: updater.PlanRecord{Package: "new.bin"}, Device: &fake.identity, Outcome: updater.Verified},
		{Job: "1", Started: time.Now(), Plan: updater.PlanRecord{Package: "old.bin", Address: "COM5"}, Outcome: updater.Uncertain},
	}
	fake.report = updater.Report{Job: "2", Outcome: updater.Verified, Before: &fake.identity, After: &fake.identity, Altered: true, Plan: updater.PlanRecord{Package: "new.bin", Method: devices.Local}}
	b := newBench(t, fake, words.English, cli.Window{})
	b.press(fyne.Key5)
	list := find[*widgets.List](b)[0]
	b.until("the list", func() bool { return list.Length() == 2 })
	assert.Contains(t, b.text(), "EC600UCNLB · 867890012345678")
	assert.Contains(t, b.text(), "Uncertain · 20")
	list.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	list.Select(0)
	b.until("the report", func() bool { return bytes.Contains([]byte(b.text()), []byte(b.book.Say(noteAltered))) })
	assert.Contains(t, b.text(), b.book.Say(noteAltered))
	b.tap(actLog)
	b.until("the log", func() bool { return b.sheet != nil })
	assert.Contains(t, b.text(), b.book.Say(noteHappened))
	assert.Contains(t, b.text(), b.book.Say("stage.deliver"))
}

// TestAnAlteredLogSaysSo: in the window, on the clipboard and in the file.
func TestAnAlteredLogSaysSo(t *testing.T) {
	for _, altered := range []bool{false, true} {
		home := files(t, nil)
		fake := newFakeEngine()
		fake.report.Altered = altered
		b := newBench(t, fake, words.English, cli.Window{})
		b.showPast("2")
		b.until("the log", func() bool { return b.sheet != nil })
		said := b.book.Say(noteAltered)
		assert.Equal(t, altered, strings.Contains(b.text(), said))
		test.Tap(b.last(actCopy))
		assert.Equal(t, altered, strings.Contains(b.app.Clipboard().Content(), said))
		test.Tap(b.last(actSave))
		b.saveTo("")
		text, err := os.ReadFile(filepath.Join(home, "fotabench-2.log"))
		require.NoError(t, err)
		assert.Contains(t, string(text), b.book.Say("stage.deliver"))
		assert.Equal(t, altered, strings.Contains(string(text), said))
	}
}

func TestLanguageAndLookAreChangedAtOnceAndKept(t *testing.T) {
	e := newFakeEngine()
	b := newBench(t, e, words.English, cli.Window{})
	b.press(fyne.Key6)
	selects := find[*widget.Select](b)
	selects[0].SetSelectedIndex(2)
	assert.Equal(t, words.Chinese, b.book.Lang())
	assert.Contains(t, b.text(), "设置")
	selects = find[*widget.Select](b)
	selects[1].SetSelectedIndex(2)
	assert.Equal(t, theme.Dark, b.look)
	b.until("both kept", func() bool {
		s, err := e.Settings()
		return err == nil && s.Language == words.Chinese && s.Look == string(theme.Dark) && b.altering == 0
	})
	assert.Equal(t, words.Chinese, b.book.Lang())
	assert.Equal(t, theme.Dark, b.look)
	next := newBench(t, e, "", cli.Window{})
	assert.Equal(t, words.Chinese, next.book.Lang())
	assert.Equal(t, theme.Dark, next.look)
	_, err := book("fr", words.Chinese)
	assert.ErrorIs(t, err, words.ErrLanguage)
}

func TestClosingAsksWhileAnUpgradeRuns(t *testing.T) {
	fake := newFakeEngine()
	fake.sightings = []devices.Sighting{module()}
	b := newBench(t, fake, words.English, cli.Window{})
	b.choose()
	b.start()
	b.quit()
	assert.Contains(t, b.text(), b.book.Say(quitSafe))
	b.tap(actStay)
	assert.Nil(t, b.sheet)
}

func TestTheLogIsFilteredAndCopied(t *testing.T) {
	fake := newFakeEngine()
	fake.sightings = []devices.Sighting{module()}
	b := newBench(t, fake, words.English, cli.Window{})
	b.choose()
	b.start()
	fake.events <- updater.Event{At: noon, Stage: updater.Identify, Begins: true}
	fake.events <- updater.Event{At: noon, Stage: updater.Identify, Note: &updater.Note{Level: updater.Warn, Code: updater.NoteStall, Args: []any{30}}}
	fake.events <- updater.Event{At: noon, Stage: updater.Identify, Note: &updater.Note{Level: updater.Info, Code: updater.NoteMoving}}
	b.until("three lines", func() bool { return len(b.state.run.log) == 3 })
	log := b.pages[placeUpgrade].(*upgradePage).during.log
	assert.Len(t, log.lines, 3)
	log.only.SetChecked(true)
	assert.Len(t, log.lines, 1)
	assert.Contains(t, log.lines[0].text, "No progress for 30 s")
	log.only.SetChecked(false)
	log.seek.SetText("MOVES")
	assert.Len(t, log.lines, 1)
	b.tap(actCopy)
	assert.Equal(t, log.text(), b.app.Clipboard().Content())
	assert.Contains(t, log.text(), "12:00:00.000  It moves again.")
}

func TestTroubleNamesThingAndRemedy(t *testing.T) {
	b := newBench(t, newFakeEngine(), words.Chinese, cli.Window{})
	b.trouble(&devices.Error{Op: "open", At: "COM5", Kind: devices.Absent})
	assert.Contains(t, b.text(), "COM5")
	assert.Contains(t, b.text(), b.book.Say("kind.absent.remedy"))
	b.close()
	b.trouble(errors.New("something technical"))
	assert.Contains(t, b.text(), "something technical")
}

func TestNothingIsChosenWhileAnUpgradeRuns(t *testing.T) {
	fake := newFakeEngine()
	fake.sightings = []devices.Sighting{module()}
	b := newBench(t, fake, words.English, cli.Window{})
	b.choose()
	b.start()
	for _, intent := range []func(){
		b.chooseDevice, b.choosePackage, b.chooseWay, b.addSimulated, b.askAgain, b.another, b.start,
		func() { b.pick(devices.Sighting{Key: "other"}) }, func() { b.openPackage([]string{"x"}) },
	} {
		intent()
	}
	assert.Nil(t, b.sheet)
	b.drop([]fyne.URI{storage.NewFileURI("/x")})
	assert.Contains(t, b.text(), b.book.Say(noteNotNow), "files that are dropped now are not ignored in silence")
	assert.Len(t, fake.started, 1)
	assert.Equal(t, "usb:1-1", b.state.device.sighting.Key)
	assert.NotNil(t, b.state.pkg.pkg)
}

func TestHistoryShowsTheRowThatIsMarked(t *testing.T) {
	fake := newFakeEngine()
	old := updater.Record{Job: "1", Plan: updater.PlanRecord{Package: "old.bin"}, Outcome: updater.Verified}
	fake.records, fake.report = []updater.Record{old}, updater.Report{Job: "1", Outcome: updater.Verified}
	b := newBench(t, fake, words.English, cli.Window{})
	b.press(fyne.Key5)
	page := b.pages[placeHistory].(*historyPage)
	b.until("the first report", func() bool { return page.job == "1" && len(page.about.Objects) == 1 })
	fake.now(func() { fake.records = []updater.Record{{Job: "2", Plan: updater.PlanRecord{Package: "new.bin"}}, old} })
	selected := -1
	chosen := page.list.OnSelected
	page.list.OnSelected = func(i widget.ListItemID) { selected = i; chosen(i) }
	b.press(fyne.Key5)
	b.until("the new list", func() bool { return len(page.records) == 2 && selected >= 0 })
	assert.Equal(t, 1, selected, "the mark stays with the upgrade that is shown")
	page.list.Select(0)
	assert.Equal(t, "2", page.job)
}

func TestNothingStartsBehindASheetOrFromAnotherPage(t *testing.T) {
	fake := newFakeEngine()
	fake.sightings = []devices.Sighting{module()}
	b := newBench(t, fake, words.English, cli.Window{})
	b.choose()
	b.press(fyne.KeyM)
	b.press(fyne.KeyReturn)
	b.press(fyne.KeyW)
	assert.Nil(t, b.sheet, "Ctrl+W closes what is in front")
	b.press(fyne.Key6)
	b.press(fyne.KeyReturn)
	assert.Empty(t, fake.started)
	b.press(fyne.Key1)
	b.press(fyne.KeyReturn)
	assert.Len(t, fake.started, 1)
	b.press(fyne.KeyW)
	assert.Zero(t, fake.cancelled, "with nothing in front it does nothing")
}

func TestTheSheetAboutClosingFollowsTheStage(t *testing.T) {
	fake := newFakeEngine()
	fake.sightings = []devices.Sighting{module()}
	b := newBench(t, fake, words.English, cli.Window{})
	b.choose()
	b.start()
	b.quit()
	fake.events <- updater.Event{At: noon, Stage: updater.Restart, Begins: true, Cancel: updater.CancelRefused}
	b.until("restart", func() bool { return b.state.run.stage == updater.Restart })
	assert.Contains(t, b.text(), b.book.Say("ui.quit.refused"))
	assert.NotContains(t, b.text(), b.book.Say(noteQuitEnded))
	fake.events <- updater.Event{At: noon, Stage: updater.Confirm, Outcome: updater.Verified, Cancel: updater.CancelNothing}
	b.until("what the question says now", func() bool { return strings.Contains(b.text(), b.book.Say(noteQuitEnded)) })
	assert.Contains(t, b.text(), b.book.Say(quitNothing))
	assert.NotContains(t, b.text(), b.book.Say(noteQuit))
	b.state.run.outcome = updater.Running // and the next one begins
	b.render()
	assert.Contains(t, b.text(), b.book.Say(noteQuit))
	assert.NotContains(t, b.text(), b.book.Say(noteQuitEnded))
}

// TestTheSheetAboutClosingShowsAll: what closing would mean is read without scrolling, for an
// upgrade in any stage together with plans.
func TestTheSheetAboutClosingShowsAll(t *testing.T) {
	for _, lang := range bothLanguages {
		fake := newFakeEngine()
		fake.sightings = []devices.Sighting{module()}
		b := newBench(t, fake, lang, cli.Window{})
		b.win.Resize(fyne.NewSize(900, 600))
		b.choose()
		b.start()
		b.quit()
		scrolls := find[*container.Scroll](b)
		require.Len(t, scrolls, 1)
		text := scrolls[0].Content.(*widgets.Prose)
		for _, code := range []devices.Code{quitSafe, quitCleanUp, quitAsk, quitByRestart, quitRefused, quitWatching, "ui.quit.disarm"} {
			text.Set(b.book.Say(code) + "\n\n" + b.book.Say(noteQuitPlans, 1000))
			assert.LessOrEqual(t, text.MinSize().Height, scrolls[0].Size().Height, "%s: %s", lang, code)
		}
	}
}

func TestAnAnswerIsToItsOwnQuestion(t *testing.T) {
	r := &run{stage: updater.Restart, cancel: updater.CancelRefused, answer: updater.CancelDenied}
	r.take(updater.Event{At: noon, Stage: updater.Restart, Cancel: updater.CancelRefused})
	assert.Equal(t, updater.CancelDenied, r.answer)
	r.take(updater.Event{At: noon, Stage: updater.Restart, Cancel: updater.CancelWatching})
	assert.Empty(t, r.answer, "now watching can be stopped, and the button must say so")
}

func TestADeviceThatIsAskedWhileItIsGoneIsAskedAgainWhenItIsBack(t *testing.T) {
	s := readyState(t)
	s.seen(nil)
	s.ask(devices.Access{})
	assert.True(t, s.seen([]devices.Sighting{module()}))
}

func TestASettledCaseIsToldOnThePage(t *testing.T) {
	fake := newFakeEngine()
	fake.sightings = []devices.Sighting{module()}
	b := newBench(t, fake, words.English, cli.Window{})
	b.choose()
	b.start()
	fake.now(func() {
		fake.cases = []updater.Case{{Open: true, Record: updater.Record{Job: "job-1"}}}
		fake.report = updater.Report{Job: "job-1", Outcome: updater.Uncertain}
	})
	fake.events <- updater.Event{At: noon, Stage: updater.Confirm, Outcome: updater.Uncertain, Cancel: updater.CancelNothing}
	b.until("the report", func() bool { return b.state.run.report != nil })
	b.resettle()
	assert.Equal(t, updater.Uncertain, b.state.run.outcome)
	after := fake.identity
	after.Firmware = "R99"
	fake.now(func() {
		fake.report = updater.Report{
			Job: "job-1", Outcome: updater.Verified, After: &after,
			Settled: &updater.Settlement{Outcome: updater.Verified, Address: "/dev/ttyUSB9", Device: &after},
		}
	})
	b.state.cases = nil
	b.resettle()
	b.until("the settlement", func() bool { return b.state.run.outcome == updater.Verified })
	assert.Contains(t, b.text(), "R99")
	assert.Contains(t, b.win.Title(), "Verified")
}
