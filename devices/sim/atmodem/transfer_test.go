package atmodem

import (
	"bytes"
	"encoding/pem"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fotabench/devices"
	"fotabench/devices/devicetest/vacant"
)

// origin serves a package at any path but /missing.
func origin(t testing.TB, p []byte) string {
	t.Helper()
	s := httptest.NewServer(files(p))
	t.Cleanup(s.Close)
	return s.URL
}

func files(p []byte) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/missing" {
			http.NotFound(w, r)
			return
		}
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(p))
	})
}

// fota is the beginning of each line of the update.
const fota = "\r\n+QIND: \"FOTA\","

func TestUpgradeOverHTTP(t *testing.T) {
	t.Parallel()
	for _, f := range Families() {
		t.Run(f.Name, func(t *testing.T) {
			t.Parallel()
			m, port, u := start(t, Options{Family: f.Name})
			u.ready()
			url := origin(t, DemoPackage("", f.Next, 30000, 1))
			if f.context {
				u.ask("AT+QIACT=1")
			}
			extra, restarts := "", 2
			if f.parameters > 0 {
				extra = ",1,50"
			}
			if f.Name == "EC800K" {
				restarts++
			}
			u.expect(`AT+QFOTADL="`+url+`/a.bin"`+extra, "\r\nOK\r\n")
			u.until(fota + `"HTTPSTART"` + "\r\n")
			if f.parameters > 0 {
				u.until(fota + `"DOWNLOADING",` + map[bool]string{true: "100", false: "50"}[f.hundred] + "\r\n")
			}
			u.until(fota + `"HTTPEND",0` + "\r\n")
			u.gone()
			u = back(t, m, port, restarts)
			require.Equal(t, f.Next, u.version())
			require.EqualValues(t, 30000, m.State().Fetched)
			require.Equal(t, m.State().FetchedSHA256, m.State().InstalledSHA256)
		})
	}
}

// What does not arrive ends with the family's own number, and the module keeps
// working.
func TestDownloadFailures(t *testing.T) {
	t.Parallel()
	nobody := vacant.TCP(t)
	short := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "5000")
		_, _ = w.Write(make([]byte, 100)) // the rest never comes
	}))
	t.Cleanup(short.Close)
	good := origin(t, []byte("x"))
	for _, c := range []struct {
		family, url string
		code        int
	}{
		{"EC25", good + "/missing", 701},
		{"EC200U", good + "/missing", 723},
		{"EC25", "http://" + nobody, 716},
		{"EC25", "http://nowhere.invalid/x", 714},
		{"EC25", "http:///x", 711},
		{"EC25", short.URL, 701},
		{"EC200A", short.URL, 717},
		{"EC25", "https://" + strings.TrimPrefix(good, "http://"), 701},
		{"EC25", "ftp://" + nobody + "/x", 601},
		{"EC800M", "ftp://" + nobody + "/x", 605},
	} {
		t.Run(c.family+" "+strconv.Itoa(c.code), func(t *testing.T) {
			t.Parallel()
			m, _, u := start(t, Options{Family: c.family})
			u.ready()
			u.expect("AT+QIACT=1", "\r\nOK\r\n")
			u.expect(`AT+QFOTADL="`+c.url+`"`, "\r\nOK\r\n")
			u.until(`END",` + strconv.Itoa(c.code) + "\r\n")
			require.Equal(t, c.code, m.State().LastEnd)
			require.Equal(t, m.State().Firmware, u.ask("AT+CGMR"))
			require.Zero(t, m.State().Restarts)
		})
	}
}

// A broken download is continued where it ended, by families that do.
func TestResume(t *testing.T) {
	t.Parallel()
	p := DemoPackage("", "EC800MCNLBR06A04M08", 50_000, 3)
	var ranges []string
	var mu sync.Mutex
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		ranges = append(ranges, r.Header.Get("Range"))
		first := len(ranges) == 1
		mu.Unlock()
		if !first {
			http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(p))
			return
		}
		w.Header().Set("Content-Length", strconv.Itoa(len(p)))
		_, _ = w.Write(p[:20_000]) // the rest never comes
	}))
	t.Cleanup(s.Close)
	m, port, u := start(t, Options{Family: "EC800M"})
	u.ready()
	u.expect(`AT+QFOTADL="`+s.URL+`/a.bin"`, "\r\nOK\r\n")
	u.until(fota + `"HTTPEND",0`)
	require.Equal(t, []string{"", "bytes=20000-"}, ranges)
	require.Equal(t, "EC800MCNLBR06A04M08_01.001.01.001", back(t, m, port, 2).version())
}

// Without an active context these families have no network to download from.
func TestNeedsContext(t *testing.T) {
	t.Parallel()
	_, _, u := start(t, Options{Family: "EC200U"})
	u.ready()
	u.expect(`AT+QFOTADL="http://127.0.0.1:1/a"`, fota+`"HTTPEND",708`)
	u.expect(`AT+QCFG="fota/path","UFS"`, "OK")
	u.expect(`AT+QFOTADL="http://127.0.0.1:1/a"`, fota+`"HTTPEND",608`)
	u.expect(`AT+QCFG="fota/path","UFS:";+QCFG="fota/cid",2`, "OK")
	u.expect("AT+QIACT=1", "OK")
	u.expect(`AT+QFOTADL="http://127.0.0.1:1/a"`, fota+`"HTTPEND",708`)
	u.expect(`AT+QICSGP=2,1,"cmnet","","",0;+QIACT=2`, "OK")
	u.expect(`AT+QFOTADL="http://127.0.0.1:1/a"`, fota+`"HTTPEND",716`)
}

// Mode 0 leaves the restart to the host.
func TestHolds(t *testing.T) {
	t.Parallel()
	m, port, u := start(t, Options{Family: "EC800M"})
	u.ready()
	u.expect(`AT+QFOTADL="`+origin(t, DemoPackage("", m.family.Next, 3000, 1))+`/a",0,50`, "\r\nOK\r\n")
	u.until(fota + `"HTTPEND",0`)
	require.Eventually(t, func() bool { return m.State().Accepted }, patience, time.Millisecond)
	u.ask("AT+QGMR") // it answers on
	require.Zero(t, m.State().Restarts)
	u.expect("AT+CFUN=1,1", "\r\nOK\r\n")
	u.gone()
	require.Equal(t, m.family.Next, back(t, m, port, 2).version())
}

// A server is believed when AT+QSSLCFG names its certificate.
func TestTLS(t *testing.T) {
	t.Parallel()
	s := httptest.NewTLSServer(files(DemoPackage("", next, 3000, 1)))
	t.Cleanup(s.Close)
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
	m, port, u := start(t, Options{Files: map[string][]byte{"wrong.pem": []byte("no certificate")}})
	u.ready()
	u.upload("ca.pem", ca)
	u.expect(`AT+QSSLCFG="seclevel",1,1;+QSSLCFG="cacert",1,"UFS:wrong.pem"`, "\r\nOK\r\n")
	u.expect(`AT+QFOTADL="`+s.URL+`/a"`, fota+`"HTTPEND",701`)
	u.expect(`AT+QSSLCFG="seclevel",1,2;+QSSLCFG="cacert",1,"UFS:ca.pem"`, "\r\nOK\r\n")
	u.expect(`AT+QFOTADL="`+s.URL+`/a"`, fota+`"HTTPEND",701`) // no certificate of its own
	u.expect(`AT+QSSLCFG="seclevel",1,1;+QSSLCFG="sslversion",1,3`, "\r\nOK\r\n")
	u.expect(`AT+QFOTADL="`+s.URL+`/a"`, fota+`"HTTPEND",0`)
	require.Equal(t, next, back(t, m, port, 2).version())
}

// ATQFOTADL at one port; what nobody asked for at the one that was chosen.
func TestTwoPorts(t *testing.T) {
	t.Parallel()
	m, _, u := start(t, Options{})
	second, err := m.ListenMemory(devices.RoleModem, "modem")
	require.NoError(t, err)
	uart, err := m.ListenMemory(devices.RoleUnknown, "uart")
	require.NoError(t, err)
	diag, err := m.ListenMemory(devices.RoleDiag, "diag")
	require.NoError(t, err)
	u.ready()
	modem, wire, silent := dial(t, second), dial(t, uart), dial(t, diag)
	modem.expect("ATE0", "\r\nOK\r\n")
	require.Equal(t, "EC25", modem.ask("AT+CGMM"))
	silent.send("AT\r")
	u.expect(`AT+QURCCFG="urcport","usbmodem"`, "\r\nOK\r\n")
	m.URC("+TEST: 1")
	modem.until("\r\n+TEST: 1\r\n")
	u.expect(`AT+QURCCFG="urcport","all"`, "\r\nOK\r\n")
	m.URC("+TEST: 2")
	for _, one := range []*terminal{u, modem, wire} {
		one.until("\r\n+TEST: 2\r\n")
	}
	s := m.Sightings()[0]
	require.Equal(t, "2C7C:0125", s.VID+":"+s.PID)
	require.Equal(t, devices.Address("memory:at"), s.Control())
	var roles []devices.Role
	for _, p := range s.Ports {
		roles = append(roles, p.Role)
	}
	require.Equal(t, []devices.Role{devices.RoleAT, devices.RoleModem, devices.RoleDiag}, roles)
	require.Equal(t, []int{2, 3, 0}, []int{s.Ports[0].Interface, s.Ports[1].Interface, s.Ports[2].Interface})
	require.Equal(t, devices.Address("memory:uart"), m.Sightings()[1].Control())
	_, err = silent.read("O", 50*time.Millisecond)
	require.Error(t, err)
	require.Empty(t, silent.seen)
}

// RG5xx says START at its main UART alone.
func TestStartAtUART(t *testing.T) {
	t.Parallel()
	m, port, u := start(t, Options{Family: "RG500Q", Restart: 20 * time.Millisecond, Install: 100 * time.Millisecond, Ready: 100 * time.Millisecond})
	uart, err := m.ListenMemory(devices.RoleUnknown, "uart")
	require.NoError(t, err)
	u.ready()
	other := dial(t, uart)
	u.expect(`AT+QFOTADL="`+origin(t, DemoPackage("", m.family.Next, 3000, 1))+`/a"`, "\r\nOK\r\n")
	u.gone()
	u = dial(t, port)
	require.NotContains(t, u.until(`"END",0`), "START")
	other.until(fota + `"START"`)
}
