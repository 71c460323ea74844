package micropython

import (
	"archive/zip"
	"bytes"
	"crypto/md5"
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// haas starts a HaaS board and enters its raw REPL.
func haas(t *testing.T, o Options, faults ...string) (*Module, *terminal) {
	t.Helper()
	if o.Model == "" {
		o.Model = "HaaS EDU K1"
	}
	o.Network, o.Retry = -1, 10*time.Millisecond
	m, u := start(t, o, faults...)
	u.enterRaw()
	return m, u
}

// app is a light app of a version.
func app(t testing.TB, version string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, f := range [][2]string{
		{"manifest.json", `{"appid":"1","version":"` + version + `"}`},
		{"lib/deep.py", "deep = '" + version + "'\n"},
		{"app.py", "version = '" + version + "'\n" + strings.Repeat("# filler\n", 800)},
	} {
		out, err := w.Create(f[0])
		require.NoError(t, err)
		_, err = out.Write([]byte(f[1]))
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	return b.Bytes()
}

const hear = `import ota, utime
r = []
def f2(v): r.append((2, v))
def f3(v): r.append((3, v))
def f4(v): r.append((4, v))
ota.on(2, f2); ota.on(3, f3); ota.on(4, f4)
def wait():
    n = len(r)
    while len(r) == n: utime.sleep_ms(5)
    print(r[-1])
`

func ask(call string) string {
	return "n = len(r)\n" + call + "\nwhile len(r) == n: utime.sleep_ms(5)\nprint(r[-1])"
}

func TestHaaSIdentity(t *testing.T) {
	t.Parallel()
	_, u := haas(t, Options{Serial: "HAAS00000001"})
	for code, want := range map[string]string{
		"import os; print(os.uname().machine, os.uname()[0])":                           "HaaS EDU K1 with HaaS1000 haas",
		"import sys; print(sys.platform, '/data/pyamp' in sys.path)":                    "haas True",
		"import ujson; print(ujson.load(open('/data/pyamp/manifest.json'))['version'])": "1.0.0",
		"import kv; print(kv.get('_amp_customer_devicename'), kv.get('x'))":             "HAAS00000001 -2",
		"import os; print(os.remove('/data/none'), os.statvfs('/data')[1])":             "-1 4096",
		"import machine; print(machine.unique_id())":                                    `b'\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff'`,
		"import app; print(app.version)":                                                "1.0.0",
		"import ota; print(hasattr(ota,'upgrade'), ota.download('x'), ota.init(1))":     "True -1 -1",
	} {
		require.Equal(t, want, u.value(code), code)
	}
	_, trace := u.run("import fota")
	require.Contains(t, trace, "ImportError")
	_, u = haas(t, Options{Model: "HaaS ESP32", Serial: "7c9ebd000018"})
	require.Equal(t, "b'000018' esp32", u.value("import machine, sys; print(machine.unique_id(), sys.platform)"))
	_, u = start(t, Options{})
	u.enterRaw()
	_, trace = u.run("import ota")
	require.Contains(t, trace, "ImportError", "a cellular module has none")
}

func TestLightApp(t *testing.T) {
	t.Parallel()
	m, u := haas(t, Options{})
	data := app(t, "1.1.0")
	url := origin(t, data)
	u.value(hear)
	require.NotContains(t, u.value(ask(fmt.Sprintf("ota.download({'url':%q,'store_path':'/data/a.zip'})", url))), "-")
	require.Equal(t, fmt.Sprintf("%x", sha256.Sum256(data)), m.State().WrittenSHA256)
	verify := func(kind, hash string) string {
		return u.value(ask(fmt.Sprintf("ota.verify({'length':%d,'store_path':'/data/a.zip','hash_type':%q,'hash':%q})", len(data), kind, hash)))
	}
	require.Equal(t, "(3, 0)", verify("sha256", fmt.Sprintf("%X", sha256.Sum256(data))))
	require.Equal(t, "(3, 0)", verify("md5", fmt.Sprintf("%X", md5.Sum(data))))
	require.Equal(t, "(3, -11)", verify("sha256", fmt.Sprintf("%x", sha256.Sum256(data))), "lower case is another text")
	require.Equal(t, "(3, -10)", verify("md5", strings.Repeat("0", 32)))
	require.Equal(t, "(3, -25)", verify("sha512", "x"))
	require.Equal(t, "(3, -25)", verify("null", ""))
	require.Equal(t, "(4, 0)", u.value(ask("ota.upgrade({'length':1,'store_path':'/data/a.zip','install_path':'/data/pyamp/'})")))
	require.Equal(t, "1.0.0", m.State().Firmware, "it runs only after a restart")
	u.send("import machine; machine.reset()\x04")
	u.gone()
	u = dial(t, m)
	u.enterRaw()
	require.Equal(t, "1.1.0", m.State().Firmware)
	require.Equal(t, "1.1.0 1.1.0", u.value("import app, sys; sys.path.append('/data/pyamp/lib'); import deep; print(app.version, deep.deep)"))
}

func TestLightAppFails(t *testing.T) {
	t.Parallel()
	data := app(t, "1.1.0")
	url := origin(t, data)
	fetch := func(url string) string {
		return ask(fmt.Sprintf("ota.download({'url':%q,'store_path':'/data/a.zip'})", url))
	}
	_, u := haas(t, Options{})
	u.value(hear)
	require.NotContains(t, u.value(fetch(url+"/missing")), "-", "an error page is stored like a file")
	require.Equal(t, "True", u.value("print(b'404' in open('/data/a.zip').read().encode())"))
	require.Equal(t, "(2, -5)", u.value(fetch("http://127.0.0.1/"+strings.Repeat("x", 300))))
	require.Equal(t, "(2, -7)", u.value(fetch("http://127.0.0.1:1/x")))
	require.Equal(t, "(4, 0)", u.value(ask("ota.upgrade({'length':1,'store_path':'/data/none','install_path':'/data/pyamp/'})")), "0, though there is no such file")
	require.Contains(t, u.value("ota.on(3, r.append)\nota.verify({'length':1,'store_path':'x','hash_type':'md5','hash':''})\nutime.sleep_ms(300)"), "not function")
	_, trace := u.run("ota.download({'url':'x'})")
	require.Contains(t, trace, "KeyError")
	_, u = haas(t, Options{}, "download-error=9", "verify-fails")
	u.value(hear)
	require.Equal(t, "(2, -9)", u.value(fetch(url)))
	require.Equal(t, "(3, -10)", u.value(ask("ota.verify({'length':0,'store_path':'x','hash_type':'md5','hash':''})")))
	_, u = haas(t, Options{}, "no-space")
	u.value(hear)
	require.Equal(t, "(2, -14)", u.value(fetch(url)))
}

// A download that breaks off is continued from where it ended.
func TestLightAppResumes(t *testing.T) {
	t.Parallel()
	data := app(t, "1.1.0")
	var visits atomic.Int32
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if visits.Add(1) == 1 {
			w.Header().Set("Content-Length", strconv.Itoa(len(data)))
			_, _ = w.Write(data[:len(data)/2])
			panic(http.ErrAbortHandler)
		}
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(data))
	}))
	t.Cleanup(s.Close)
	m, u := haas(t, Options{})
	u.value(hear)
	require.NotContains(t, u.value(ask(fmt.Sprintf("ota.download({'url':%q,'store_path':'/data/a.zip'})", s.URL))), "-")
	require.Equal(t, fmt.Sprintf("%x", sha256.Sum256(data)), m.State().WrittenSHA256)
	require.EqualValues(t, 2, visits.Load())
}

func TestLightAppFaults(t *testing.T) {
	t.Parallel()
	data := app(t, "1.1.0")
	url := origin(t, data)
	lay := func(t *testing.T, fault string) (*Module, *terminal) {
		m, u := haas(t, Options{}, fault)
		u.value(hear)
		u.value(ask(fmt.Sprintf("ota.download({'url':%q,'store_path':'/data/a.zip'})", url)))
		require.Equal(t, "(4, 0)", u.value(ask("ota.upgrade({'length':1,'store_path':'/data/a.zip','install_path':'/data/pyamp/'})")))
		return m, u
	}
	for fault, want := range map[string]string{
		"unzip-fails": "1.0.0 1.0.0", "unzip-fails=1": "1.1.0 1.0.0", "old-version": "1.0.0 1.0.0",
	} {
		m, u := lay(t, fault)
		u.send("import machine; machine.reset()\x04")
		u.gone()
		u = dial(t, m)
		u.enterRaw()
		require.Equal(t, want, u.value("import app, ujson; print(ujson.load(open('/data/pyamp/manifest.json'))['version'], app.version)"), fault)
	}
	m, u := lay(t, "reset-ignored")
	require.Equal(t, "here", u.value("import machine\nmachine.reset()\nprint('here')"))
	require.Equal(t, "1.0.0", m.State().Firmware)
}

// What a program sees of the files while the firmware writes them.
func TestFileSizes(t *testing.T) {
	t.Parallel()
	_, u := haas(t, Options{Files: map[string][]byte{"/data/x": []byte("12345")}})
	require.Equal(t, "5 5 0 2 4 5", u.value("f=open('/data/x','rb'); print(f.seek(0,2), f.tell(), f.seek(0), f.seek(2), f.seek(2,1), f.seek(0,2))"))
	data := app(t, "1.1.0")
	var sent atomic.Int32
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", strconv.Itoa(len(data)))
		for i := range data {
			_, _ = w.Write(data[i : i+1])
			w.(http.Flusher).Flush()
			sent.Add(1)
		}
	}))
	t.Cleanup(s.Close)
	u.value(hear)
	require.Equal(t, "True", u.value(fmt.Sprintf(`ota.download({'url':%q,'store_path':'/data/a.zip'})
seen = set()
while not r:
    utime.sleep_ms(1)
    try:
        with open('/data/a.zip', 'rb') as f: seen.add(f.seek(0, 2))
    except OSError: pass
print(max(seen) <= %d)`, s.URL, len(data))))
	require.EqualValues(t, len(data), sent.Load())
}
