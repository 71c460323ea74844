package cli

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"fotabench/devices"
	"fotabench/devices/link/record"
	"fotabench/updater"
	"fotabench/updater/origin"
	"fotabench/updater/settings"
)

// kept is what the settings hold now.
func (b *call) kept(t testing.TB) settings.Settings {
	t.Helper()
	s, err := settings.Read(b.dir)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// secret is one of the installation, "" if it is not there.
func (b *call) secret(t testing.TB, name string) string {
	t.Helper()
	store, err := b.config.Secrets(t.Context(), b.dir)
	if err != nil {
		t.Fatal(err)
	}
	value, err := store.Get(t.Context(), name)
	if err != nil && !strings.Contains(err.Error(), name) {
		t.Fatal(err)
	}
	return value
}

// certificate writes a PEM file.
func (b *call) certificate(t testing.TB, name string) string {
	t.Helper()
	body := base64.StdEncoding.EncodeToString([]byte(name))
	return b.file(t, name, "-----BEGIN CERTIFICATE-----\n"+body+"\n-----END CERTIFICATE-----\n")
}

// TestSettingsSetAndClear: what is one value is set, shown and cleared by its name.
func TestSettingsSetAndClear(t *testing.T) {
	b := newCall(t)
	watched, kept, ca := t.TempDir(), t.TempDir(), b.certificate(t, "ca.pem")
	rows := []struct{ name, value, want, usual string }{
		{"baud", "9600", "9600", "115200"},
		{"recordings", "7", "7", "20"},
		{"recording-bytes", "1GiB", "1073741824", "209715200"},
		{"checkin-wait", "36h", "36h", "48h"},
		{"language", "zh-Hans", "zh-Hans", "system"},
		{"look", "dark", "dark", "system"},
		{"watch", watched, watched, ""},
		{"library", kept, kept, filepath.Join(b.dir, "library")},
		{"picked", kept, kept, ""},
		{"tls-ca", ca, ca, ""},
		{"tls-cert", ca, ca, ""},
		{"tls-key", ca, ca, ""},
	}
	for _, r := range rows {
		b.must(t, ExitVerified, "settings", "set", r.name, r.value)
		b.shows(t, r.name+": "+r.want)
	}
	for _, r := range rows {
		if got := strings.TrimSpace(b.must(t, ExitVerified, "settings", "show", r.name)); got != r.want {
			t.Errorf("%s is %q, want %q", r.name, got, r.want)
		}
	}
	b.must(t, ExitVerified, "settings", "show")
	b.shows(t, "baud             9600", "look             dark", "data-folder      "+b.dir, "library          "+kept)
	for _, r := range rows {
		b.must(t, ExitVerified, "settings", "clear", r.name)
		if got := strings.TrimSpace(b.must(t, ExitVerified, "settings", "show", r.name)); got != r.usual {
			t.Errorf("%s is %q, usually %q", r.name, got, r.usual)
		}
	}
	if s := b.kept(t); !s.Equal(settings.Settings{}) {
		t.Errorf("%+v", s)
	}
	if len(rows) != len(settings.Fields()) {
		t.Error("a field has no row here")
	}
}

// TestSettingsBounds: a bad value names the setting, its bounds and the remedy, ends with
// the code of a mistake in the call, and changes nothing.
func TestSettingsBounds(t *testing.T) {
	b := newCall(t)
	b.must(t, ExitVerified, "settings", "set", "baud", "9600")
	before := b.kept(t)
	plain := b.file(t, "plain.txt", "x")
	t.Setenv("NOTHING", "")
	for _, c := range []struct {
		args string
		want []string
	}{
		{"set baud 299", []string{"baud", "299", "300 to 4000000"}},
		{"set baud fast", []string{"baud", "fast", "300 to 4000000"}},
		{"set recordings 0", []string{"recordings", "1 to 10000"}},
		{"set recordings 10001", []string{"recordings", "10001"}},
		{"set recording-bytes 1MB", []string{"recording-bytes", fmt.Sprint(record.Limit)}},
		{"set recording-bytes much", []string{"recording-bytes", "much"}},
		{"set checkin-wait 30s", []string{"checkin-wait", "30s"}},
		{"set checkin-wait soon", []string{"checkin-wait", "soon"}},
		{"set language fr", []string{"fr", "en, zh-Hans, system"}},
		{"set look pink", []string{"pink", "light, dark, system"}},
		{"set tls-ca " + plain, []string{"plain.txt", "-----BEGIN"}},
		{"set tls-key " + filepath.Join(b.dir, "none.pem"), []string{"none.pem"}},
		{"set watch " + plain, []string{"plain.txt", "no folder"}},
		{"set watch " + b.dir, []string{"belongs to this program"}},
		{"set colour red", []string{"colour", "baud, recordings"}},
		{"clear colour", []string{"colour"}},
		{"show colour", []string{"colour"}},
		{"set baud", []string{"arg"}},
		{"proxy ftp://host", []string{"socks5://"}},
		{"proxy http://joe:hunter2@host", []string{"--user"}},
		{"proxy none --user joe", []string{"go with the URL"}},
		{"proxy http://host:1 --user joe --password-env NOTHING", []string{"empty"}},
		{"proxy http://host:1 --user joe --password-env FOTABENCH_NOT_SET", []string{"FOTABENCH_NOT_SET"}},
		{"proxy http://host:1 --user joe --ask-password", []string{"needs a terminal"}},
		{"point add a", []string{"“a”", "at most 100"}},
		{"point add a --apn iot --ip 2", []string{"IPv6"}},
		{"point add a --apn iot --password-stdin --ask-password", []string{"one way"}},
		{"point edit nobody --apn x", []string{"nobody", "point list"}},
		{"point remove nobody", []string{"nobody"}},
		{"avoid add " + strings.Repeat("x", 257), []string{"avoid", "256"}},
	} {
		b.must(t, ExitUsage, append([]string{"settings"}, strings.Fields(c.args)...)...)
		b.shows(t, c.want...)
		if strings.Contains(b.err.String(), "hunter2") {
			t.Error("a password is repeated")
		}
		if !b.kept(t).Equal(before) {
			t.Fatalf("%s changed the settings: %+v", c.args, b.kept(t))
		}
	}
	b.must(t, ExitUsage, "settings", "set", "baud", "1", "--json")
	if o := b.objects(t)[0]["error"].(map[string]any); o["code"] != "settings.bad.baud" || o["remedy"] == "" {
		t.Errorf("%v", o)
	}
}

// TestSettingsAvoid: ports that are to be left alone are listed, not shown, and named by
// whatever name.
func TestSettingsAvoid(t *testing.T) {
	b := newCall(t)
	b.must(t, ExitVerified, "settings", "avoid", "add", "/dev/ttyUSB3", "/dev/ttyUSB1", "COM3", "COM3")
	b.must(t, ExitVerified, "settings", "avoid")
	b.shows(t, "/dev/ttyUSB3, /dev/ttyUSB1, COM3\n")
	b.must(t, ExitVerified, "devices")
	b.shows(t, "No device")
	b.must(t, ExitFailed, "settings", "avoid", "remove", "com3", "COM4")
	b.shows(t, "COM4 is not on the list")
	b.must(t, ExitVerified, "settings", "avoid", "remove", "com3", "/dev/../dev/ttyUSB3")
	b.must(t, ExitVerified, "settings", "avoid", "list", "--json")
	if got := fmt.Sprint(b.objects(t)[0]["avoid"]); got != "[/dev/ttyUSB1]" {
		t.Error(got)
	}
}

// TestSettingsPoint: an access point with its password is kept, changed, used by an
// upgrade and by offers, and forgotten; its password is in the safe and nowhere else.
func TestSettingsPoint(t *testing.T) {
	b := newCall(t)
	t.Setenv("APN_PASSWORD", secretText)
	b.must(t, ExitVerified, "settings", "point", "add", "China Mobile", "--apn", "cmiot", "--ip", "1", "--user", "iot", "--password-env", "APN_PASSWORD")
	b.shows(t, "China Mobile · cmiot · IPv6 iot (password kept)", "not encrypted")
	p := b.kept(t).Points[0]
	if b.secret(t, p.Secret()) != secretText {
		t.Error("the password is not kept")
	}
	b.must(t, ExitUsage, "settings", "point", "add", "China Mobile", "--apn", "other")
	b.shows(t, "another access point called “China Mobile”")
	b.must(t, ExitVerified, "settings", "point", "edit", "China Mobile", "--apn", "cmnbiot", "--name", "NB", "--ip", "0")

	b.engine.play = story(updater.Event{Outcome: updater.Verified})
	if code := b.upgrade(t, "--method", "http", "--url", "http://files.example.com/fw.bin", "--point", "NB"); code != ExitVerified {
		t.Fatal(code, b.err.String())
	}
	want := devices.APN{Name: "cmnbiot", User: "iot", Password: secretText}
	if got := b.engine.plan.Options.APN; got == nil || *got != want {
		t.Errorf("%+v", got)
	}
	t.Setenv(productSecretEnv, "ps")
	b.must(t, ExitVerified, "offers", "--port", "COM5", "--product-key", "pk", "--point", "NB")
	if got := b.engine.plan.Access.Platform.APN; got == nil || *got != want {
		t.Errorf("%+v", got)
	}
	for _, wrong := range [][]string{
		{"offers", "--port", "COM5", "--product-key", "pk", "--point", "NB", "--apn", "x"},
		{"offers", "--port", "COM5", "--product-key", "pk", "--point", "nobody"},
	} {
		b.must(t, ExitUsage, wrong...)
	}
	for _, wrong := range [][]string{{"--point", "NB", "--apn-user", "x"}, {"--point", "nobody"}, {"--tls-kept"}} {
		if code := b.upgrade(t, wrong...); code != ExitUsage {
			t.Error(wrong, code)
		}
	}

	b.must(t, ExitVerified, "settings", "point", "list", "--json")
	if o := b.objects(t)[0]; o["name"] != "NB" || o["password"] != true {
		t.Errorf("%v", o)
	}
	if text, err := os.ReadFile(filepath.Join(b.dir, settings.File)); err != nil || strings.Contains(string(text), secretText) {
		t.Error("the password is in the settings", err)
	}
	b.config.In = strings.NewReader("other\n")
	b.must(t, ExitVerified, "settings", "point", "edit", "NB", "--password-stdin")
	if got := b.secret(t, p.Secret()); got != "other" {
		t.Errorf("%q", got)
	}
	b.must(t, ExitVerified, "settings", "point", "edit", "NB", "--no-password")
	if b.kept(t).Points[0].Locked || b.secret(t, p.Secret()) != "" {
		t.Error("the password stays")
	}
	b.must(t, ExitVerified, "settings", "point", "remove", "NB")
	b.must(t, ExitVerified, "settings", "point")
	b.shows(t, "No access point is kept")
}

// TestSettingsTLSKept: the TLS files of the settings go to a device when that is said,
// and only then.
func TestSettingsTLSKept(t *testing.T) {
	b := newCall(t)
	b.engine.play = story(updater.Event{Outcome: updater.Verified})
	ca, cert, other := b.certificate(t, "ca.pem"), b.certificate(t, "cert.pem"), b.certificate(t, "other.pem")
	b.must(t, ExitVerified, "settings", "set", "tls-ca", ca)
	b.must(t, ExitVerified, "settings", "set", "tls-cert", cert)
	read := func(path string) string {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	if b.upgrade(t); b.engine.plan.Options.TLS != nil || b.engine.plan.Options.APN != nil {
		t.Error("something was sent that nobody asked for")
	}
	b.upgrade(t, "--tls-kept", "--tls-cert", other)
	if got := b.engine.plan.Options.TLS; got == nil || got.CA != read(ca) || got.Cert != read(other) || got.Key != "" {
		t.Errorf("%+v", got)
	}
}

// TestSettingsProxy: downloads and proofs of URLs go by the proxy that is kept, with its
// password; plans too.
func TestSettingsProxy(t *testing.T) {
	b := newCall(t)
	b.engine.play = story(updater.Event{Outcome: updater.Verified})
	asked := make(chan *http.Request, 10)
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- r
		_, _ = w.Write([]byte("firmware"))
	}))
	defer proxy.Close()
	through := func() string {
		t.Helper()
		if code := b.upgrade(t, "--method", "http", "--url", "http://files.example.com/fw.bin"); code != ExitVerified {
			t.Fatal(code, b.err.String())
		}
		return b.engine.plan.Origin.Proxy
	}
	if got := through(); got != "" {
		t.Errorf("without a choice: %q", got)
	}
	b.must(t, ExitVerified, "settings", "proxy", "none")
	if got := through(); got != origin.ProxyNone {
		t.Errorf("%q", got)
	}
	b.config.In = strings.NewReader(secretText)
	b.must(t, ExitVerified, "settings", "proxy", proxy.URL, "--user", "joe", "--password-stdin")
	if strings.Contains(b.out.String()+b.err.String(), secretText) || b.secret(t, b.kept(t).Proxy.Secret()) != secretText {
		t.Error("the password is shown, or not kept")
	}
	whole := strings.Replace(proxy.URL, "http://", "http://joe:"+secretText+"@", 1)
	if got := through(); got != whole {
		t.Errorf("%q", got)
	}
	hand := &presence{Engine: b.engine, opening: opening{proxy: func() (string, error) {
		return (&app{Config: b.config, folder: b.dir}).byProxy(t.Context())
	}}}
	if _, err := hand.Start(updater.Plan{Origin: &updater.OriginPlan{URLs: []string{"http://x/y"}}}); err != nil || b.engine.plan.Origin.Proxy != whole {
		t.Error("plans:", err, b.engine.plan.Origin)
	}
	if _, err := hand.Start(updater.Plan{Origin: &updater.OriginPlan{Listen: "127.0.0.1:0"}}); err != nil || b.engine.plan.Origin.Proxy != "" {
		t.Error("our own host:", err, b.engine.plan.Origin)
	}
	b.must(t, ExitVerified, "library", "import", "--url", "http://files.example.com/fw.bin")
	r := <-asked
	if login := "Basic " + base64.StdEncoding.EncodeToString([]byte("joe:"+secretText)); r.URL.Host != "files.example.com" || r.Header.Get("Proxy-Authorization") != login {
		t.Error(r.URL, r.Header)
	}
	b.must(t, ExitVerified, "settings", "proxy", "--json")
	if o := b.objects(t)[0]; o["mode"] != "own" || o["address"] != proxy.URL || o["user"] != "joe" {
		t.Errorf("%v", o)
	}
	was := b.kept(t).Proxy
	b.must(t, ExitVerified, "settings", "proxy", "environment")
	if got := through(); got != "" || b.secret(t, was.Secret()) != "" {
		t.Errorf("%q, or the password stayed without its proxy", got)
	}
}

// TestSettingsProxyMoves: the password of one proxy is not sent to another, and who has to
// enter it again is told so.
func TestSettingsProxyMoves(t *testing.T) {
	b := newCall(t)
	put := func(at string, more ...string) {
		t.Helper()
		b.config.In = strings.NewReader(secretText)
		b.must(t, ExitVerified, append([]string{"settings", "proxy", at, "--user", "joe"}, more...)...)
	}
	whole := func() string {
		t.Helper()
		at, err := (&app{Config: b.config, folder: b.dir}).byProxy(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	put("http://a:3128", "--password-stdin")
	was := b.kept(t).Proxy
	if got := whole(); got != "http://joe:"+secretText+"@a:3128" {
		t.Error(got)
	}
	put("http://b:3128")
	b.shows(t, "kept for the old address and user, and is forgotten: enter it again")
	if got := whole(); got != "http://joe@b:3128" || b.secret(t, was.Secret()) != "" {
		t.Error("the password of another proxy:", got)
	}
	put("http://b:3128", "--password-stdin")
	if strings.Contains(b.err.String(), "forgotten") {
		t.Error(b.err.String())
	}
	put("http://c:3128", "--json")
	if o := b.objects(t)[0]; o["passwordForgotten"] != true || o["address"] != "http://c:3128" {
		t.Error(o)
	}
}

// TestSettingsWatched: the library follows the folder of the settings.
func TestSettingsWatched(t *testing.T) {
	b := newCall(t)
	b.must(t, ExitUsage, "library", "import", "--watched")
	b.shows(t, "settings set watch")
	folder := t.TempDir()
	b.must(t, ExitVerified, "settings", "set", "watch", folder)
	o := importOrder{}
	if err := o.follow(&app{folder: b.dir}); err != nil || o.watch != folder {
		t.Error(o.watch, err)
	}
}

// TestSettingsUnreadable: nothing is forgotten by the way; beginning anew is said
// deliberately and puts the file aside.
func TestSettingsUnreadable(t *testing.T) {
	b := newCall(t)
	b.must(t, ExitVerified, "settings", "renew", "--yes")
	b.shows(t, "can be read")
	b.file(t, settings.File, `{"avoid":["COM3"],"look":"pink"}`)
	for _, args := range [][]string{
		{"show"},
		{"set", "baud", "9600"},
		{"clear", "baud"},
		{"avoid", "add", "COM4"},
		{"avoid"},
		{"point"},
		{"point", "add", "a", "--apn", "b"},
		{"proxy", "none"},
	} {
		b.must(t, ExitFailed, append([]string{"settings"}, args...)...)
		b.shows(t, "settings.json in the data folder cannot be read", "settings renew")
	}
	b.must(t, ExitFailed, "library", "import", "--url", "http://files.example.com/fw.bin")
	b.must(t, ExitUsage, "settings", "renew")
	b.must(t, ExitVerified, "settings", "renew", "--yes")
	aside, err := filepath.Glob(filepath.Join(b.dir, "settings.damaged-*.json"))
	if err != nil || len(aside) != 1 {
		t.Fatal(aside, err)
	}
	if text, err := os.ReadFile(aside[0]); err != nil || !strings.Contains(string(text), "COM3") {
		t.Error(string(text), err)
	}
	b.must(t, ExitVerified, "settings", "set", "look", "dark")
}

// TestSettingsLanguage: the program speaks the language that is kept, unless another one
// is asked for.
func TestSettingsLanguage(t *testing.T) {
	b := newCall(t)
	b.must(t, ExitVerified, "settings", "set", "language", "zh-Hans")
	speak := func(more ...string) string {
		b.out.Reset()
		if code := Run(t.Context(), b.config, append([]string{"settings", "avoid", "--data-dir", b.dir}, more...)); code != ExitVerified {
			t.Fatal(code)
		}
		return b.out.String()
	}
	if got := speak(); !strings.Contains(got, "从不打开") {
		t.Error(got)
	}
	if got := speak("--lang", "en"); !strings.Contains(got, "never opened") {
		t.Error(got)
	}
	var w Window
	b.config.Window = func(_ context.Context, given Window) error { w = given; return nil }
	if code := Run(t.Context(), b.config, []string{"--data-dir", b.dir}); code != ExitVerified {
		t.Fatal(code)
	}
	if w.Kept == nil || w.Kept.Settings.Language != "zh-Hans" || w.Lang != "" || w.Usual {
		t.Errorf("%+v", w)
	}
}

// TestSettingsWhole: whatever the file can hold is shown by --json, and is set by a verb;
// a setting that the window gets must get one too.
func TestSettingsWhole(t *testing.T) {
	b := newCall(t)
	ca, watched := b.certificate(t, "ca.pem"), t.TempDir()
	for _, line := range []string{
		"set baud 9600", "set recordings 7", "set recording-bytes 1GiB", "set checkin-wait 90m", "set language en", "set look dark",
		"set watch " + watched, "set library " + t.TempDir(), "set picked " + t.TempDir(), "set tls-ca " + ca, "set tls-cert " + ca, "set tls-key " + ca,
		"avoid add COM3", "point add name --apn iot --ip 1 --user u --password-env APN_PASSWORD", "proxy http://host:3128 --user joe --password-env APN_PASSWORD",
	} {
		t.Setenv("APN_PASSWORD", "x")
		b.must(t, ExitVerified, append([]string{"settings"}, strings.Fields(line)...)...)
	}
	empty(t, "settings", reflect.ValueOf(b.kept(t)))
	b.must(t, ExitVerified, "settings", "--json")
	all := b.objects(t)[0]
	file := map[string]any{}
	text, err := os.ReadFile(filepath.Join(b.dir, settings.File))
	if err == nil {
		err = json.Unmarshal(text, &file)
	}
	if err != nil {
		t.Fatal(err)
	}
	delete(file["proxy"].(map[string]any), "turn") // for programs that have an older password, and for nobody else
	for name, value := range file {
		if fmt.Sprint(all[name]) != fmt.Sprint(value) {
			t.Errorf("%s: --json tells %v, the file has %v", name, all[name], value)
		}
	}
}

// empty complains about each field that no verb has set.
func empty(t *testing.T, name string, v reflect.Value) {
	t.Helper()
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			empty(t, name+"."+v.Type().Field(i).Name, v.Field(i))
		}
	case reflect.Slice:
		if v.Len() == 0 {
			t.Errorf("no verb sets %s", name)
		}
		for i := range v.Len() {
			empty(t, name, v.Index(i))
		}
	default:
		if v.IsZero() {
			t.Errorf("no verb sets %s", name)
		}
	}
}

// TestSettingsCompletion: names, values and what is kept are completed.
func TestSettingsCompletion(t *testing.T) {
	b := newCall(t)
	b.must(t, ExitVerified, "settings", "point", "add", "NB", "--apn", "x")
	b.must(t, ExitVerified, "settings", "avoid", "add", "COM3")
	for line, want := range map[string]string{
		"settings set ":          "baud\n",
		"settings set look ":     "dark\n",
		"settings clear baud ":   "recordings\n",
		"settings show ":         "tls-ca\n",
		"settings point edit ":   "NB\n",
		"settings point remove ": "NB\n",
		"settings avoid remove ": "COM3\n",
		"settings proxy ":        "environment\n",
		"upgrade --point ":       "NB\n",
		"offers --point ":        "NB\n",
	} {
		b.out.Reset()
		args := append([]string{"--data-dir", b.dir}, strings.Split(line, " ")...)
		if code := Run(t.Context(), b.config, append([]string{"__complete"}, args...)); code != ExitVerified || !strings.Contains(b.out.String(), want) {
			t.Errorf("%q: %d %s", line, code, b.out.String())
		}
	}
}
