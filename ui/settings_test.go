package ui

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fotabench/devices"
	"fotabench/packages/library"
	"fotabench/packages/signature"
	"fotabench/ui/cli"
	"fotabench/ui/theme"
	"fotabench/ui/widgets"
	"fotabench/ui/words"
	"fotabench/updater"
	"fotabench/updater/origin"
	"fotabench/updater/secrets"
	"fotabench/updater/settings"
)

// onSettings is a window on its settings page, after all was read.
func onSettings(t *testing.T, lang string, e *fakeEngine) (*desk, *settingsPage) {
	t.Helper()
	b := newBench(t, e, lang, cli.Window{})
	b.goTo(placeSettings)
	b.until("the settings", func() bool {
		s := &b.state.settings
		return s.houseOK && (s.kept != "" || s.ownErr != nil)
	})
	return b, b.pages[placeSettings].(*settingsPage)
}

// said waits for what a section says of a change.
func (b *desk) said(p *widgets.Prose, want devices.Code, args ...any) {
	b.t.Helper()
	text := b.book.Say(want, args...)
	b.until(text, func() bool { return strings.HasPrefix(p.Text(), text) })
	p.Set("")
}

// options are the fields of the delivery sheet that only some models take.
func (b *desk) options() (*waySheet, fyne.CanvasObject) {
	s := &waySheet{w: b.window, draft: b.state.way, wrong: widgets.NewProse("", "")}
	return s, s.optionChoice().(*widget.Accordion).Items[0].Detail
}

// house is what is kept, as the window knows it.
func (b *desk) house() updater.Settings { return b.state.settings.house }

// unencrypted is all that is kept where others can read it, in the settings and in what is
// left of the preferences.
func (b *desk) unencrypted() string { return fmt.Sprintf("%+v", b.house()) + b.preferences() }

// preferences is what is left of the settings there.
func (b *desk) preferences() string {
	var all strings.Builder
	for _, r := range relics() {
		for _, name := range r.names {
			all.WriteString(b.app.Preferences().String(name))
		}
	}
	return all.String()
}

// secret is one of the store, "" if it is not there.
func (b *desk) secret(name string) string {
	b.t.Helper()
	store, err := fileOnly(b.t.Context(), b.folder)
	require.NoError(b.t, err)
	value, err := store.Get(b.t.Context(), name)
	if err != nil {
		require.ErrorIs(b.t, err, devices.Absent)
	}
	return value
}

// TestSettingsSpeak: every section is there, in both languages, with nothing unsaid.
func TestSettingsSpeak(t *testing.T) {
	for _, lang := range []string{words.English, words.Chinese} {
		b, _ := onSettings(t, lang, newFakeEngine())
		text := b.text()
		for _, c := range []devices.Code{
			noteSettingsLook, noteSettingsFolders, noteSettingsTrust, noteSettingsPorts, noteSettingsPoints, noteSettingsTLS,
			noteSettingsProxy, noteSettingsKept, noteSettingsAbout, noteNoKeys, noteNoPoints, noteNoOwnKey, "secrets.place.file",
		} {
			assert.Contains(t, text, b.book.Say(c))
		}
		assert.Contains(t, text, b.folder)
		assert.Contains(t, text, b.lab.Library.Dir())
		assert.NotContains(t, text, "ui.settings")
	}
}

// TestSettingsWatch: another folder is watched at once, none when the field is empty, and
// one that cannot be is refused with a reason.
func TestSettingsWatch(t *testing.T) {
	b, p := onSettings(t, words.English, newFakeEngine())
	for folder, want := range map[string]devices.Code{
		filepath.Join(t.TempDir(), "none"): settings.NoteFolder, plainFile(t, "file", 1): settings.NoteFolder,
		b.folder: settings.NoteOwnFolder, b.lab.Library.Dir(): settings.NoteOwnFolder,
	} {
		p.watch.SetText(folder)
		p.keepWatch()
		b.said(p.watchSaid, want, folder)
		assert.Empty(t, b.house().Watch)
	}
	comes := packageFile(t)
	p.watch.SetText(" " + filepath.Dir(comes) + " ")
	p.keepWatch()
	b.said(p.watchSaid, noteSaved)
	b.until("the package", func() bool { return len(b.state.library.view.Entries) == 1 })
	assert.Equal(t, library.Watched, b.state.library.view.Entries[0].Sources[0].How)
	p.watch.SetText("")
	p.keepWatch()
	b.said(p.watchSaid, noteSaved)
	assert.Nil(t, b.watched.stop, "nothing is watched any more")
	assert.Empty(t, b.house().Watch)
}

// TestSettingsTrust: a key is trusted from a text or a file, revoked and removed; the
// policy is the installation's.
func TestSettingsTrust(t *testing.T) {
	b, p := onSettings(t, words.English, newFakeEngine())
	store := signature.NewStore(b.folder)
	public, _, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	key := signature.Key{Name: "Maker", ID: signature.IDOf(public), Public: public}

	p.trust.policy.SetSelected(b.book.Say(policyRequire))
	b.said(p.trust.said, noteSaved)
	ring, err := store.Load()
	require.NoError(t, err)
	assert.Equal(t, signature.Require, ring.Policy)

	b.tap(actTrustKey)
	fields := find[*widgets.Entry](b)
	text, name, from, until := fields[0], fields[1], fields[2], fields[3]
	text.SetText("rubbish")
	assert.Contains(t, b.text(), b.book.Say("signature.key.unreadable"))
	b.tap(actTrust)
	require.NotNil(t, b.sheet, "nothing was trusted")
	text.SetText(string(key.File()))
	assert.Contains(t, b.text(), key.Fingerprint())
	b.tap(actTrust)
	assert.Contains(t, b.text(), b.book.Say(noteNeeded))
	name.SetText("Maker")
	from.SetText("2026-13-01")
	b.tap(actTrust)
	assert.Contains(t, b.text(), b.book.Say(noteKeyBadDay, "2026-13-01"))
	from.SetText("2027-01-02")
	until.SetText("2027-01-01")
	b.tap(actTrust)
	assert.Contains(t, b.text(), b.book.Say("signature.key.span", "2027-01-02", "2027-01-01"))
	from.SetText("2026-01-01")
	b.tap(actTrust)
	b.said(p.trust.said, noteSaved)
	assert.Contains(t, b.text(), "Maker · "+key.ID.String())
	ring, err = store.Load()
	require.NoError(t, err)
	assert.Equal(t, time.Date(2027, 1, 1, 23, 59, 59, 0, time.Local).Unix(), ring.Keys[0].NotAfter.Unix())

	b.tap(actRevoke)
	assert.Contains(t, b.text(), b.book.Say(noteRevokeHow, ring.Keys[0].Label()))
	b.tap(actRevoke)
	b.said(p.trust.said, noteSaved)
	assert.Contains(t, b.text(), b.book.Say(noteKeyRevoked, day(time.Now())))
	b.tap(actForget)
	b.tap(actForget)
	b.said(p.trust.said, noteSaved)
	assert.Contains(t, b.text(), b.book.Say(noteNoKeys))
}

// TestSettingsKeyFile: a picked file fills the sheet, one that is none says so.
func TestSettingsKeyFile(t *testing.T) {
	b, _ := onSettings(t, words.Chinese, newFakeEngine())
	public, _, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "maker.pub")
	require.NoError(t, os.WriteFile(path, []byte(base64.StdEncoding.EncodeToString(public)), 0o600))
	b.tap(actTrustKey)
	s := &keySheet{w: b.window, text: find[*widgets.Entry](b)[0], name: find[*widgets.Entry](b)[1], wrong: widgets.NewProse("", "")}
	s.load(path)
	b.until("the key", func() bool { return s.text.Text != "" })
	assert.Equal(t, "maker", s.name.Text)
	assert.Contains(t, b.text(), signature.Key{Public: public}.Fingerprint())
	s.load(path + ".none")
	b.until("the trouble", func() bool { return s.wrong.Text() != "" })
}

// TestSettingsKeyState: what a key's word is worth at a moment.
func TestSettingsKeyState(t *testing.T) {
	now := time.Now()
	for want, k := range map[devices.Code]signature.Key{
		noteKeyGood: {NotBefore: now.Add(-1), NotAfter: now.Add(1)}, noteKeyEarly: {NotBefore: now.Add(1)},
		noteKeyExpired: {NotAfter: now.Add(-1)}, noteKeyRevoked: {Revoked: now, NotAfter: now.Add(-1)},
	} {
		if got, _, _ := keyState(k, now); got != want {
			t.Errorf("%s, not %s", got, want)
		}
	}
}

// TestSettingsOwnKey: the key of the installation is made once, and can be handed on.
func TestSettingsOwnKey(t *testing.T) {
	b, p := onSettings(t, words.English, newFakeEngine())
	b.tap(actMakeKey)
	b.until("the key", func() bool { return b.state.settings.own != nil })
	own := b.state.settings.own
	assert.Contains(t, b.text(), own.Fingerprint())
	b.tap(actCopyPublic)
	copied, err := signature.ParseKey([]byte(b.app.Clipboard().Content()))
	require.NoError(t, err)
	assert.Equal(t, own.Fingerprint(), copied.Fingerprint())
	b.tap(actCopyFingerprint)
	assert.Equal(t, own.Fingerprint(), b.app.Clipboard().Content())
	signer, err := b.signer(t.Context())
	require.NoError(t, err)
	assert.Equal(t, own.Fingerprint(), signer.Fingerprint(), "reports are signed with it")

	require.NoError(t, os.WriteFile(filepath.Join(b.folder, "secrets.json"), []byte("{"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(b.folder, "trusted-keys.json"), []byte("{"), 0o600))
	b.goTo(placeHistory)
	b.goTo(placeSettings)
	b.until("both troubles", func() bool { return b.state.settings.ownErr != nil && b.state.settings.ringErr != nil })
	assert.Contains(t, b.text(), b.book.Say("secrets.damaged", "secrets.json"))
	assert.NotEmpty(t, p.trust.keys.Objects)
}

// TestSettingsPorts: speed and ports to be left alone are the engine's; what is no speed
// changes nothing; a file that could not be read is written anew.
func TestSettingsPorts(t *testing.T) {
	e := newFakeEngine()
	e.house = updater.Settings{Baud: 9600, Avoid: []devices.Address{"COM3"}, Recordings: 7}
	b, p := onSettings(t, words.English, e)
	assert.Equal(t, "9600", p.ports.speed.Text)
	assert.Equal(t, "COM3", p.ports.avoid.Text)
	for _, wrong := range []string{"fast", "299", "4000001", "-9600"} {
		p.ports.speed.SetText(wrong)
		p.ports.keep()
		b.said(p.ports.said, settings.NoteBaud, wrong, settings.MinBaud, settings.MaxBaud)
	}
	assert.Equal(t, 9600, e.house.Baud)
	p.ports.speed.SetText("921600")
	p.ports.avoid.SetText("COM3\n\n /dev/ttyUSB0 \nCOM3\n")
	p.ports.keep()
	b.said(p.ports.said, noteSaved)
	assert.Equal(t, updater.Settings{Baud: 921600, Avoid: []devices.Address{"COM3", "/dev/ttyUSB0"}, Recordings: 7}, e.house)

	e.now(func() { e.full = errors.New("disk full") })
	p.ports.speed.SetText("")
	p.ports.keep()
	b.until("the trouble", func() bool { return p.ports.said.Text() == "disk full" })
	e.now(func() {
		e.houseErr = &devices.Error{Op: "x", Kind: devices.Integrity, Note: settings.NoteUnreadable, Args: []any{"settings.json"}}
		e.full = nil
	})
	b.goTo(placeHistory)
	b.goTo(placeSettings)
	b.until("that it cannot be read", func() bool { return strings.Contains(b.text(), b.book.Say(settings.NoteUnreadable, "settings.json")) })
	p.ports.keep()
	b.until("that it is mended", func() bool { return p.fault.Hidden })
}

// TestSettingsRetention: what is kept is shown as it holds, also when nobody offers it.
func TestSettingsRetention(t *testing.T) {
	e := newFakeEngine()
	e.house = updater.Settings{Recordings: 33}
	b, p := onSettings(t, words.English, e)
	assert.Equal(t, b.book.Say(noteKeptCount, 33), p.retention.count.Selected)
	assert.Equal(t, "200 MiB", p.retention.size.Selected)
	p.retention.size.SetSelected("1.0 GiB")
	b.said(p.retention.said, noteSaved)
	assert.Equal(t, updater.Settings{Recordings: 33, RecordingBytes: 1 << 30}, e.house)
	p.retention.count.SetSelected(b.book.Say(noteKeptCount, 100))
	b.said(p.retention.said, noteSaved)
	assert.Equal(t, updater.Settings{Recordings: 100, RecordingBytes: 1 << 30}, e.house)
}

// TestSettingsWait: for how long a device may be silent is shown as it holds, and set.
func TestSettingsWait(t *testing.T) {
	e := newFakeEngine()
	e.house = updater.Settings{Wait: 90 * 60}
	b, p := onSettings(t, words.English, e)
	assert.Equal(t, "1 h 30 min", p.wait.wait.Selected)
	p.wait.wait.SetSelected("7 d")
	b.said(p.wait.said, noteSaved)
	assert.Equal(t, updater.Settings{Wait: 7 * 24 * 3600}, e.house)
	_, usual := onSettings(t, words.Chinese, newFakeEngine())
	assert.Equal(t, "2 天", usual.wait.wait.Selected)
}

// addPoint types an access point into its sheet.
func (b *desk) addPoint(name, apn, user, password string) {
	b.t.Helper()
	b.tap(actAddPoint)
	fields := find[*widgets.Entry](b)
	for i, text := range []string{name, apn, user, password} {
		fields[i].SetText(text)
	}
	b.tap(actKeep)
}

// TestSettingsPoints: an access point fills the delivery sheet, with its password, which
// is nowhere but in the store, and gone with it.
func TestSettingsPoints(t *testing.T) {
	b, p := onSettings(t, words.English, newFakeEngine())
	b.addPoint("", "cmiot", "", "")
	assert.Contains(t, b.text(), b.book.Say(noteNeeded))
	b.close()
	b.addPoint("China Mobile", "cmiot", "iot", "geheim")
	b.until("the point", func() bool { return len(b.house().Points) == 1 && b.sheet == nil })
	b.addPoint("China Mobile", "other", "", "")
	twin := b.book.Say(settings.NotePointTwin, "China Mobile")
	b.until("that there is another one", func() bool { return strings.Contains(b.text(), twin) })
	b.close()
	one := b.house().Points[0]
	assert.Equal(t, "geheim", b.secret(one.Secret()))
	assert.NotContains(t, b.unencrypted(), "geheim")
	assert.Contains(t, b.text(), "cmiot · IPv4 · iot · "+b.book.Say(notePointSecret))

	b.tap(actEdit)
	find[*widgets.Entry](b)[1].SetText("cmnbiot")
	b.tap(actKeep)
	b.until("the change", func() bool { return b.house().Points[0].APN == "cmnbiot" })
	assert.Equal(t, "geheim", b.secret(one.Secret()), "an empty field changes no password")

	s, shown := b.options()
	walk(shown, func(o fyne.CanvasObject) {
		if c, is := o.(*widget.Select); is && len(c.Options) == 1 {
			c.SetSelectedIndex(0)
		}
	})
	b.until("the password", func() bool { return s.apnPassword.Text == "geheim" })
	assert.Equal(t, "cmnbiot", s.apn.Text)
	assert.Equal(t, "iot", s.apnUser.Text)

	b.tap(actForget)
	b.said(p.points.said, noteSaved)
	assert.Empty(t, b.house().Points)
	assert.Empty(t, b.secret(one.Secret()))
}

// TestSettingsPointsLate: another program changes the language while the keyring asks and
// another page is open: the page of the settings is then no more.
func TestSettingsPointsLate(t *testing.T) {
	b, _ := onSettings(t, words.English, newFakeEngine())
	answered := make(chan struct{})
	b.cfg.Secrets = func(ctx context.Context, folder string) (*secrets.Store, error) {
		<-answered
		return fileOnly(ctx, folder)
	}
	b.addPoint("NB", "cmiot", "iot", "geheim")
	b.goTo(placeLibrary)
	changed := b.house()
	changed.Language = words.Chinese
	b.heed(changed, nil)
	require.Nil(t, b.pages[placeSettings])
	close(answered)
	b.until("the point", func() bool { return len(b.house().Points) == 1 })
	assert.Equal(t, placeLibrary, b.page)
}

// TestSettingsTLS: only files that can be read are kept, and the delivery sheet takes
// them over when it is told to.
func TestSettingsTLS(t *testing.T) {
	b, p := onSettings(t, words.English, newFakeEngine())
	assert.Nil(t, b.tlsButton(nil, nil, nil))
	for _, wrong := range []string{plainFile(t, "no.pem", 10), filepath.Join(t.TempDir(), "none.pem")} {
		p.tls[0].SetText(wrong)
		p.keepTLS()
		b.said(p.tlsSaid, settings.NotePEM, wrong)
		assert.Empty(t, b.house().TLS)
	}
	ca := filepath.Join(t.TempDir(), "ca.pem")
	require.NoError(t, os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte("x")}), 0o600))
	p.tls[0].SetText(ca)
	p.keepTLS()
	b.said(p.tlsSaid, noteSaved)
	s, shown := b.options()
	assert.Empty(t, s.ca.Text, "nothing is sent that nobody asked for")
	walk(shown, func(o fyne.CanvasObject) {
		if x, is := o.(*widgets.Button); is && x.Text == b.book.Say(actTLSFiles) {
			test.Tap(x)
		}
	})
	assert.Equal(t, ca, s.ca.Text)
	assert.Empty(t, s.cert.Text)
}

// TestSettingsProxy: the proxy holds for what upgrades prove and for downloads; its
// password is a secret.
func TestSettingsProxy(t *testing.T) {
	e := newFakeEngine()
	b, p := onSettings(t, words.English, e)
	began := func() string {
		_, err := b.engine.Start(updater.Plan{Origin: &updater.OriginPlan{URLs: []string{"http://files.example.com/fw.bin"}}})
		require.NoError(t, err)
		return e.started[len(e.started)-1].Origin.Proxy
	}
	assert.Empty(t, began())
	p.proxy.how.SetSelected(b.book.Say(noteProxyNone))
	p.proxy.keep()
	b.said(p.proxy.said, noteSaved)
	assert.Equal(t, origin.ProxyNone, began())
	p.proxy.how.SetSelected(b.book.Say(noteProxyOwn))
	for _, wrong := range []string{"", "proxy:3128", "ftp://proxy", "http://", "http://a b"} {
		p.proxy.address.SetText(wrong)
		p.proxy.keep()
		b.said(p.proxy.said, settings.NoteProxy)
	}
	assert.Equal(t, origin.ProxyNone, began())
	asked := make(chan *http.Request, 1)
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- r
		_, _ = w.Write([]byte("firmware"))
	}))
	defer proxy.Close()
	p.proxy.address.SetText(strings.Replace(proxy.URL, "http://", "http://joe:s3cret@", 1))
	p.proxy.keep()
	b.said(p.proxy.said, noteSaved)
	b.until("the password", func() bool { return strings.Contains(b.throughProxy(), "s3cret") })
	assert.Equal(t, proxy.URL, p.proxy.address.Text)
	assert.Equal(t, "joe", p.proxy.user.Text)
	assert.NotContains(t, b.unencrypted(), "s3cret")
	login := settings.Proxy{Mode: settings.Own, Address: proxy.URL, User: "joe"}.Secret()
	assert.Equal(t, "s3cret", b.secret(login))
	assert.Equal(t, strings.Replace(proxy.URL, "http://", "http://joe:s3cret@", 1), began())

	b.importURL([]origin.Request{{URL: "http://files.example.com/fw.bin"}}, nil)
	b.until("the download", func() bool { return b.state.library.doing == "" && len(asked) == 1 })
	r := <-asked
	assert.Equal(t, "http://files.example.com/fw.bin", r.URL.String())
	assert.Equal(t, "Basic "+base64.StdEncoding.EncodeToString([]byte("joe:s3cret")), r.Header.Get("Proxy-Authorization"))

	p.proxy.how.SetSelected(b.book.Say(noteProxySystem))
	p.proxy.keep()
	b.said(p.proxy.said, noteSaved)
	assert.Empty(t, began())
	assert.Empty(t, b.secret(login), "the password went with its proxy")
}

// TestSettingsProxyMoves: at another address or for another user the field says that the
// password must be entered, and who does not is told that the old one is forgotten.
func TestSettingsProxyMoves(t *testing.T) {
	b, p := onSettings(t, words.English, newFakeEngine())
	s, hint := p.proxy, b.book.Say(notePointKeep)
	s.how.SetSelected(b.book.Say(noteProxyOwn))
	s.address.SetText("http://joe:s3cret@a:3128")
	s.keep()
	b.said(s.said, noteSaved)
	b.until("the password", func() bool { return b.throughProxy() == "http://joe:s3cret@a:3128" })
	assert.Equal(t, hint, s.password.PlaceHolder)
	s.user.SetText("ann")
	assert.Empty(t, s.password.PlaceHolder)
	s.user.SetText("joe")
	assert.Equal(t, hint, s.password.PlaceHolder)
	s.address.SetText("http://b:3128")
	assert.Empty(t, s.password.PlaceHolder)
	s.keep()
	forgot := b.book.Join(b.book.Say(noteSaved), b.book.Say(settings.NoteForgot))
	b.until(forgot, func() bool { return s.said.Text() == forgot })
	b.until("the proxy", func() bool { return b.throughProxy() == "http://joe@b:3128" })
	assert.Empty(t, b.secret(settings.Proxy{Mode: settings.Own, Address: "http://a:3128", User: "joe"}.Secret()))
}

// TestSettingsProxyAtStart: what was set holds from the beginning of the next window.
func TestSettingsProxyAtStart(t *testing.T) {
	e, folder := newFakeEngine(), t.TempDir()
	e.house.Proxy = settings.Proxy{Mode: settings.Own, Address: "http://proxy:3128", User: "joe"}
	store, err := fileOnly(t.Context(), folder)
	require.NoError(t, err)
	require.NoError(t, store.Set(t.Context(), e.house.Proxy.Secret(), "s3cret"))
	b := newBench(t, e, words.English, cli.Window{Folder: folder})
	b.until("the password", func() bool { return b.throughProxy() == "http://joe:s3cret@proxy:3128" })
}

// TestProxyPasswordByOthers: a password that a script changes, and nothing else with it,
// holds in the open window for what is fetched from then on.
func TestProxyPasswordByOthers(t *testing.T) {
	folder := t.TempDir()
	e, err := updater.New(updater.Config{DataDir: folder})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, e.Close()) })
	b := newBench(t, e, words.English, cli.Window{Folder: folder})
	script := settings.Keeper{
		Read: func() (settings.Settings, error) { return settings.Read(folder) },
		Change: func(ctx context.Context, change func(*settings.Settings)) (settings.Settings, error) {
			return settings.Change(ctx, folder, change)
		},
		Open: func(ctx context.Context) (settings.Safe, error) { return fileOnly(ctx, folder) },
	}
	for _, password := range []string{"first", "second"} {
		_, err := script.PutProxy(t.Context(), settings.Proxy{Mode: settings.Own, Address: "http://proxy:3128", User: "joe"}, &password)
		require.NoError(t, err)
		b.until("the "+password+" password", func() bool { return b.throughProxy() == "http://joe:"+password+"@proxy:3128" })
	}
}

// TestSettingsByOthers: what another program changes shows in the open window and holds
// there.
func TestSettingsByOthers(t *testing.T) {
	folder := t.TempDir()
	e, err := updater.New(updater.Config{DataDir: folder})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, e.Close()) })
	b := newBench(t, e, words.English, cli.Window{Folder: folder})
	b.goTo(placeSettings)
	watched := t.TempDir()
	other := func(change func(*updater.Settings)) {
		_, err := settings.Change(t.Context(), folder, change)
		require.NoError(t, err)
	}
	other(func(s *updater.Settings) {
		s.Baud, s.Watch, s.TLS.CA = 9600, watched, "/ca.pem"
		s.Proxy = settings.Proxy{Mode: settings.Own, Address: "http://proxy:3128"}
		s.Points = []settings.Point{{ID: "a", Name: "NB", APN: "cmnbiot"}}
	})
	p := b.pages[placeSettings].(*settingsPage)
	b.until("the speed", func() bool { return p.ports.speed.Text == "9600" })
	assert.Equal(t, watched, p.watch.Text)
	assert.NotNil(t, b.watched.stop, "the folder is watched")
	assert.Equal(t, "/ca.pem", p.tls[0].Text)
	assert.Equal(t, b.book.Say(noteProxyOwn), p.proxy.how.Selected)
	assert.Equal(t, "http://proxy:3128", p.proxy.address.Text)
	assert.Equal(t, "http://proxy:3128", b.throughProxy())
	assert.Contains(t, b.text(), "cmnbiot")
	other(func(s *updater.Settings) { s.Language, s.Look = words.Chinese, "dark" })
	b.until("the language", func() bool { return b.book.Lang() == words.Chinese })
	assert.Contains(t, b.text(), "设置")
	assert.Equal(t, theme.Dark, b.look)
	require.NoError(t, os.WriteFile(filepath.Join(folder, settings.File), []byte("{"), 0o600))
	p = b.pages[placeSettings].(*settingsPage)
	b.until("the fault", func() bool { return strings.Contains(p.fault.Text(), settings.File) })
	assert.Equal(t, "9600", p.ports.speed.Text, "what held before is still there to be saved")
	p.look.SetSelectedIndex(1)
	assert.Equal(t, theme.Light, b.look, "at once, even if it cannot be kept")
	b.until("the trouble", func() bool { return b.sheet != nil })
	b.close()
	p = b.pages[placeSettings].(*settingsPage)
	p.ports.keep()
	b.until("that it is mended", func() bool { return b.state.settings.houseErr == nil })
	s, err := e.Settings()
	require.NoError(t, err)
	assert.Equal(t, 9600, s.Baud)
}

// TestSettingsUnreadableAtStart: the window opens in the system's language and says what
// is wrong.
func TestSettingsUnreadableAtStart(t *testing.T) {
	e := newFakeEngine()
	e.houseErr = &devices.Error{Op: "x", Kind: devices.Integrity, Note: settings.NoteUnreadable, Args: []any{settings.File}}
	b := newBench(t, e, "", cli.Window{Usual: true})
	assert.Equal(t, words.Detect(), b.book.Lang())
	assert.Equal(t, theme.System, b.look)
	b.goTo(placeSettings)
	assert.Contains(t, b.text(), b.book.Say(settings.NoteUnreadable, settings.File))
	b.importURL([]origin.Request{{URL: "http://files.example.com/fw.bin"}}, nil)
	assert.NotNil(t, b.state.library.trouble, "nobody knows by which proxy")
}

// left are preferences as an earlier version left them.
func left(t *testing.T) fyne.Preferences {
	t.Helper()
	p := test.NewTempApp(t).Preferences()
	for name, value := range map[string]string{
		prefLang: words.Chinese, prefLook: "dark", prefWatch: "/in", prefCA: "/ca.pem", prefCert: "/cert.pem", prefKey: "/key.pem",
		prefProxy: "http://proxy:3128", prefProxyUser: "joe",
		prefPoints: `[{"id":"0123456789abcdef","name":"NB","apn":"cmnbiot","ipType":1,"user":"u","password":true}]`,
	} {
		p.SetString(name, value)
	}
	return p
}

// remains is what is left in preferences.
func remains(p fyne.Preferences) (names []string) {
	for _, r := range relics() {
		if r.left(p) {
			names = append(names, r.names...)
		}
	}
	return names
}

// TestTakeOver: what the window kept in the preferences moves to settings.json, where that
// lacks it, and is then dropped; nothing is lost on the way.
func TestTakeOver(t *testing.T) {
	point := settings.Point{ID: "0123456789abcdef", Name: "NB", APN: "cmnbiot", IPType: 1, User: "u", Locked: true}
	all := settings.Settings{
		Language: words.Chinese, Look: "dark", Watch: abs(t, "/in"), TLS: settings.TLS{CA: abs(t, "/ca.pem"), Cert: abs(t, "/cert.pem"), Key: abs(t, "/key.pem")},
		Proxy: settings.Proxy{Mode: settings.Own, Address: "http://proxy:3128", User: "joe"}, Points: []settings.Point{point},
	}
	engine := func() *updater.Engine {
		e, err := updater.New(updater.Config{DataDir: t.TempDir()})
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, e.Close()) })
		return e
	}
	t.Run("all", func(t *testing.T) {
		p, e := left(t), engine()
		s, note := takeOver(t.Context(), p, e, true, settings.Settings{})
		assert.Nil(t, note)
		assert.Equal(t, all, s)
		kept, err := e.Settings()
		require.NoError(t, err)
		assert.Equal(t, all, kept)
		assert.Empty(t, remains(p))
		_, note = takeOver(t.Context(), p, e, true, kept)
		assert.Nil(t, note, "once is enough")
	})
	t.Run("only what is lacking", func(t *testing.T) {
		p, e := left(t), engine()
		own := settings.Settings{Baud: 9600, Look: "light", Proxy: settings.Proxy{Mode: settings.Direct}, Points: []settings.Point{{ID: "b", Name: "NB", APN: "mine"}}}
		_, err := e.Configure(t.Context(), func(s *settings.Settings) { *s = own })
		require.NoError(t, err)
		s, note := takeOver(t.Context(), p, e, true, own)
		assert.Nil(t, note)
		want := all.Clone()
		want.Baud, want.Look, want.Proxy, want.Points = own.Baud, own.Look, own.Proxy, own.Points
		assert.Equal(t, want, s)
		assert.Empty(t, remains(p))
	})
	t.Run("another folder", func(t *testing.T) {
		p, e := left(t), engine()
		s, note := takeOver(t.Context(), p, e, false, settings.Settings{})
		assert.Nil(t, note)
		assert.Equal(t, all, s)
		assert.Len(t, remains(p), 9, "the usual folder does not have it yet")
		s.Look = ""
		s, _ = takeOver(t.Context(), p, e, false, s)
		assert.Empty(t, s.Look, "it has its own by now")
	})
	t.Run("the disk is full", func(t *testing.T) {
		p, e := left(t), newFakeEngine()
		e.full = errors.New("disk full")
		s, note := takeOver(t.Context(), p, e, true, settings.Settings{})
		require.NotNil(t, note)
		assert.Equal(t, noteNotTaken, note.Code)
		assert.Equal(t, settings.Settings{}, s)
		assert.Len(t, remains(p), 9)
	})
	t.Run("out of bounds", func(t *testing.T) {
		p, e := left(t), engine()
		p.SetString(prefLang, "fr")
		p.SetString(prefProxy, "gopher://x")
		s, note := takeOver(t.Context(), p, e, true, settings.Settings{})
		require.NotNil(t, note)
		assert.Equal(t, updater.Note{Code: noteLeftOver, Args: []any{2}}, *note)
		assert.Equal(t, "dark", s.Look)
		assert.Equal(t, []string{prefLang, prefProxy, prefProxyUser}, remains(p))
	})
	t.Run("the window", func(t *testing.T) {
		e := newFakeEngine()
		b := newBenchAs(t, e, "", cli.Window{Usual: true}, func(a fyne.App) {
			a.Preferences().SetString(prefLang, words.Chinese)
			a.Preferences().SetString(prefLook, "light")
		})
		assert.Equal(t, words.Chinese, b.book.Lang())
		assert.Equal(t, theme.Light, b.look)
		assert.Equal(t, settings.Settings{Language: words.Chinese, Look: "light"}, e.house)
	})
}

// abs is a path as this system writes it from the root on.
func abs(t *testing.T, path string) string {
	t.Helper()
	whole, err := filepath.Abs(path)
	require.NoError(t, err)
	return whole
}

// TestSettingsKnowNoPreferences: a setting that the window kept by itself would be out of
// reach for scripts. What settings.json can hold has verbs (ui/cli, TestSettingsWhole).
func TestSettingsKnowNoPreferences(t *testing.T) {
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		if strings.HasSuffix(file, "_test.go") || file == "takeover.go" {
			continue
		}
		uses := strings.Count(string(text), "Preferences()")
		if file == "window.go" {
			uses-- // it hands them to takeOver
		}
		assert.Zero(t, uses, file)
	}
}
