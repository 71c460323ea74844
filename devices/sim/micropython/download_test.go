package micropython

import (
	"bytes"
	"crypto/sha256"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fotabench/devices/devicetest/vacant"
	"fotabench/devices/sim/fetch/fetchtest"
)

// origin serves a package at any path but /missing.
func origin(t testing.TB, p []byte) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/missing" {
			http.NotFound(w, r)
			return
		}
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(p))
	}))
	t.Cleanup(s.Close)
	return s.URL
}

const collect = "import fota\nr=[]\nf=fota.fota(reset_disable=%d)\n"

// A model whose call blocks: its return value is the verdict.
func TestBlockingDownload(t *testing.T) {
	t.Parallel()
	m, u := start(t, Options{Network: -1})
	url := origin(t, DemoPackage(old, new_, 30000, 2))
	u.enterRaw()
	out := u.value(fmt.Sprintf(collect+"print(f.httpDownload(url1=%q, callback=r.append))\nprint(len(r)>5, r[-1])", 1, url+"/d.bin"))
	require.Equal(t, "0\r\nTrue [2, 100]", out)
	require.True(t, m.State().Accepted)
	require.Equal(t, "-1\r\n[1006, 0]", u.value(fmt.Sprintf(collect+"print(f.httpDownload(url1=%q, callback=r.append))\nprint(r[-1])", 1, url+"/missing")))
	require.False(t, m.State().Accepted)
}

// In a thread the call blocks that thread alone: the REPL answers meanwhile.
func TestDownloadInThread(t *testing.T) {
	t.Parallel()
	m, u := start(t, Options{Network: 100_000})
	url := origin(t, DemoPackage(old, new_, 100_000, 3))
	u.enterRaw()
	u.value(fmt.Sprintf(collect+`import _thread
v=[]
def go():
    v.append(f.httpDownload(url1=%q, callback=r.append))
_thread.start_new_thread(go, ())`, 1, url))
	answers, last := 0, ""
	for end := time.Now().Add(patience); time.Now().Before(end) && !strings.HasPrefix(last, "[0]"); answers++ {
		last = u.value("mine=1\nprint(v, r[-1:], 'mine' in globals())")
	}
	require.Equal(t, "[0] [[2, 100]] True", last)
	require.Greater(t, answers, 3)
	require.True(t, m.State().Accepted)
}

// On these models 0 only means started; the callback brings the verdict while
// the REPL answers, and the module restarts by itself though it was asked not to.
func TestStartedDownload(t *testing.T) {
	t.Parallel()
	const source, target = "EC600NCNLCR01A01M16_OCPU_QPY_V01", "EC600NCNLCR02A01M16_OCPU_QPY_V01"
	m, u := start(t, Options{Model: "EC600NCNLC", Network: 200_000})
	url := origin(t, DemoPackage(source, target, 60_000, 4))
	u.enterRaw()
	require.Equal(t, "0", u.value(fmt.Sprintf(collect+"print(f.httpDownload(url1=%q, callback=r.append))", 1, url)))
	require.Equal(t, "-1", u.value(fmt.Sprintf("print(f.httpDownload(url1=%q, callback=r.append))", url)), "one at a time")
	percents := u.value("import utime\nutime.sleep_ms(150)\nprint(r[-1][1])")
	require.NotEqual(t, "0", percents)
	u.gone()
	require.Equal(t, target, dial(t, m).version())
	require.Equal(t, 1, m.State().Installed)
}

func TestStartedDownloadFails(t *testing.T) {
	t.Parallel()
	for model, want := range map[string]string{"EC600NCNLC": "[-1, 1006]", "EC800MCNLA": "[1006, 0]"} {
		_, u := start(t, Options{Model: model})
		url := origin(t, nil)
		u.enterRaw()
		require.Equal(t, "0", u.value(fmt.Sprintf(collect+"print(f.httpDownload(url1=%q, callback=r.append))", 0, url+"/missing")))
		require.Equal(t, want, u.value("import utime\nwhile not r: utime.sleep_ms(5)\nprint(r[-1])"))
	}
}

func TestMiniFOTA(t *testing.T) {
	t.Parallel()
	const source, target = "EC600NCNLCR01A01M16_OCPU_QPY_V01", "EC600NCNLCR02A01M16_OCPU_QPY_V01"
	m, u := start(t, Options{Model: "EC600NCNLC", Network: -1})
	first, second := origin(t, DemoPackage(source, target, 9000, 5)), origin(t, DemoPackage("", target, 8000, 6))
	u.enterRaw()
	u.send(fmt.Sprintf(collect+"print(f.httpDownload(url1=%q, url2=%q))\x04", 0, first, second))
	u.gone()
	require.Equal(t, target, dial(t, m).version())
	_, u = start(t, Options{})
	u.enterRaw()
	require.Equal(t, "-1", u.value(fmt.Sprintf(collect+"print(f.httpDownload(url1=%q, url2=%q))", 0, first, second)), "a model without it")
}

func TestDownloadFailures(t *testing.T) {
	t.Parallel()
	_, u := start(t, Options{Network: -1})
	whole := DemoPackage(old, new_, 9000, 7)
	short := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/short":
			w.Header().Set("Content-Length", "9000")
			_, _ = w.Write(whole[:5000])
		case "/chunked":
			_, _ = w.Write(whole[:5000])
			w.(http.Flusher).Flush()
			_, _ = w.Write(whole[5000:])
		case "/huge":
			w.Header().Set("Content-Length", "200000000")
		default:
			w.WriteHeader(http.StatusForbidden)
		}
	}))
	t.Cleanup(short.Close)
	u.enterRaw()
	for url, code := range map[string]int{
		short.URL + "/short": codeRead, short.URL + "/chunked": codeSize, short.URL + "/huge": codeTooLarge, short.URL: codeDenied,
		"http://" + vacant.TCP(t): codeConnect, "gopher://x/y": codeBadAddress, "no url": codeBadAddress, "http://none.invalid/x": codeNoAddress,
		origin(t, []byte("not firmware")): codeCheck,
	} {
		got := u.value(fmt.Sprintf(collect+"print(f.httpDownload(url1=%q, callback=r.append), r[-1])", 1, url))
		require.Equal(t, fmt.Sprintf("-1 [%d, 0]", code), got, url)
	}
	_, trace := u.run("f.httpDownload(url1='http://x', ssl_params={})")
	require.Contains(t, trace, "TypeError", "a model without ssl_params")
}

func TestDownloadFaults(t *testing.T) {
	t.Parallel()
	url := origin(t, DemoPackage(old, new_, 30_000, 8))
	call := fmt.Sprintf(collect+"print(f.httpDownload(url1=%q, callback=r.append))\nprint(r[-1:], any(v[1]>100 for v in r))", 1, url)
	for fault, want := range map[string]string{
		"download-error=1012": "-1\r\n[[1012, 0]] True",
		"odd-callback":        "0\r\n[[2, 100]] True",
		"no-callback":         "0\r\n[] False",
	} {
		_, u := start(t, Options{Network: -1}, fault)
		u.enterRaw()
		require.Equal(t, strings.Replace(want, "[[1012, 0]] True", "[[1012, 0]] False", 1), u.value(call), fault)
	}
	m, u := start(t, Options{Network: -1}, "download-stalls=10000")
	u.enterRaw()
	u.send(call + "\x04")
	require.Eventually(t, func() bool { return m.State().Written >= 10000 }, patience, time.Millisecond)
	_, err := u.read("\x04", 200*time.Millisecond)
	require.ErrorContains(t, err, "timeout")
	u.send("\x03")
	u.until("KeyboardInterrupt")
	m, u = start(t, Options{Network: -1}, "die-at=10000")
	u.enterRaw()
	u.send(call + "\x04")
	u.gone()
	require.Equal(t, old, dial(t, m).version())
}

// The one family that can give a download up does so from another thread.
func TestDownloadCancel(t *testing.T) {
	t.Parallel()
	m, u := start(t, Options{Model: "BG95M3", Network: 20_000})
	url := origin(t, DemoPackage(m.State().Firmware, "BG95M3R02", 200_000, 9))
	u.enterRaw()
	require.Equal(t, "0 -1", u.value("import fota\nf=fota.fota(reset_disable=1)\nprint(f.apn_set(fota_apn='iot', ip_type=0), f.download_cancel())"))
	u.value(fmt.Sprintf("import _thread\nr=[]\nv=[]\n_thread.start_new_thread(lambda: v.append(f.httpDownload(url1=%q, callback=r.append)), ())", url))
	for u.value("print(len(r)>1)") != "True" {
	}
	require.Equal(t, "0", u.value("print(f.download_cancel())"))
	for u.value("print(v)") == "[]" {
	}
	require.Equal(t, "[-1] [1011, 0]", u.value("print(v, r[-1])"))
	require.False(t, m.State().Accepted)
}

func TestTLS(t *testing.T) {
	t.Parallel()
	m, u := start(t, Options{Model: "EC200A", Network: -1})
	p := DemoPackage(m.State().Firmware, "EC200AR02", 9000, 10)
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(p))
	}))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
	u.enterRaw()
	ask := func(params string) string {
		return u.value(fmt.Sprintf(collect+"print(f.httpDownload(url1=%q, callback=r.append, ssl_params=%s), r[-1][0])", 1, s.URL, params))
	}
	require.Equal(t, "0 2", ask(fmt.Sprintf("{'ca_cert':%q,'ssl_version':3,'sec_level':1}", ca)))
	require.Equal(t, "-1 1005", ask("{'sec_level':1}"))
	require.Equal(t, "0 2", ask("None"))
	require.Equal(t, "-1 1005", ask("{'ca_cert':'nonsense','sec_level':1}"))
}

func TestFTP(t *testing.T) {
	t.Parallel()
	m, u := start(t, Options{Network: -1})
	p := DemoPackage(old, new_, 40_000, 11)
	server := fetchtest.FTP(t, p)
	u.enterRaw()
	ask := func(url string) string {
		return u.value(fmt.Sprintf(collect+"print(f.ftpDownload(url=%q, callback=r.append), r[-1:])", 1, url))
	}
	require.Equal(t, "-1 [[1005, 0]]", ask("ftp://me:wrong@"+server+"/d.bin"))
	require.Equal(t, "-1 [[1006, 0]]", ask("ftp://me:secret@"+server+"/none"))
	require.Equal(t, "-1 []", ask("http://"+server))
	require.Equal(t, "0 [[2, 100]]", ask("ftp://me:secret@"+server+"/d.bin"))
	require.Equal(t, fmt.Sprintf("%x", sha256.Sum256(p)), m.State().WrittenSHA256)
	_, u = start(t, Options{Model: "EC600NCNLC"})
	u.enterRaw()
	require.Equal(t, "False", u.value("import fota; print(hasattr(fota.fota(), 'ftpDownload'))"))
}

func TestAppFiles(t *testing.T) {
	t.Parallel()
	m, u := start(t, Options{})
	url := origin(t, []byte("print('new main')\n"))
	u.enterRaw()
	require.Equal(t, "-1 0 None", u.value(fmt.Sprintf("import app_fota\na=app_fota.new()\nprint(a.download(%q,'/usr/x.py'), a.download(%q,'/usr/lib/m.py'), "+
		"a.bulk_download([{'url':%q,'file_name':'/usr/n.py'}]))", url+"/missing", url, url)))
	u.value("a.set_update_flag()")
	u.send("from misc import Power; Power.powerRestart()\x04")
	u.gone()
	u = dial(t, m)
	u.enterRaw()
	require.Equal(t, "print('new main')", u.value("print(open('/usr/lib/m.py').read())"))
	require.Equal(t, "True []", u.value("import ql_fs,uos\nprint(ql_fs.path_exists('/usr/n.py'), [n for n in uos.listdir('/usr/.updater') if n.endswith('flag')])"))
}
