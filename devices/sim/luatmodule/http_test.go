package luatmodule

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func web() []Dialect {
	return []Dialect{RDA8910, ASR1802, LuaTask2G, Libfota2, UpdateHTTP}
}

// each does one round with a module of each dialect at the same time.
func each(t *testing.T, server string, pace Pace, dialects ...Dialect) map[Dialect]Result {
	t.Helper()
	modules := make([]*Module, len(dialects))
	for i, d := range dialects {
		o := options(d, server)
		o.Pace = pace
		modules[i] = New(o)
	}
	results, err := OnceAll(within(t), modules)
	require.NoError(t, err)
	got := map[Dialect]Result{}
	for i, d := range dialects {
		got[d] = results[i]
	}
	return got
}

func TestHTTP(t *testing.T) {
	t.Parallel()
	image := Image("1.0.1", 20000, 1)
	for d, want := range map[Dialect]string{
		RDA8910:    "project_key=KEY&imei=861234567890123&firmware_name=DEMO_Luat_V0026_RDA8910&core_version=0026&dfota=1&version=1.0.0&need_oss_url=1",
		ASR1802:    "project_key=KEY&imei=861234567890123&device_key=SN01&firmware_name=DEMO_Luat_V0026_RDA8910&version=1.0.0&need_oss_url=1",
		LuaTask2G:  "project_key=KEY&imei=861234567890123&device_key=SN01&firmware_name=DEMO_Luat_V0026_RDA8910&version=1.0.0&need_oss_url=1",
		UpdateHTTP: "project_key=KEY&imei=861234567890123&firmware_name=DEMO_Luat_V0026_RDA8910&version=1.0.0&need_oss_url=1",
		Libfota2:   "project_key=KEY&firmware_name=DEMO_LuatOS-SoC_AIR780E&version=1103.1.0&imei=861234567890123",
	} {
		var log recorder
		o := options(d, webServer(t, log.in(whole(t, image))))
		o.NeedOSSURL = true
		if d == Libfota2 {
			o.Core = "V1103_AIR780E"
		}
		m := New(o)
		got, err := m.Once(within(t))
		require.NoError(t, err)
		requireInstalled(t, m, got, image)
		require.Equal(t, DefaultPath+"?"+want, log.all()[0].target, d)
		require.Equal(t, d == RDA8910 || d == ASR1802, log.all()[0].from() == 0, "%s: Range", d)

		got, err = m.Once(within(t))
		require.NoError(t, err)
		require.Equal(t, None, got.Outcome, "it asks with the version that it now has")
		require.Len(t, log.all(), 2)
	}
}

func TestLuatOSIdentity(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ imei, mac, path, want string }{
		{"", "C8C2C68A0102", "", DefaultPath + "?project_key=KEY&firmware_name=DEMO_LuatOS-SoC_AIR8101&version=2004.1.0&mac=C8C2C68A0102"},
		{"", "", "/up?x=1", "/up?x=1&project_key=KEY&firmware_name=DEMO_LuatOS-SoC_AIR8101&version=2004.1.0&uid=SN01"},
		{"861234567890123", "", "###/files/new.bin", "/files/new.bin"},
	} {
		var log recorder
		o := options(Libfota2, webServer(t, log.in(func(*request) string { return head("404 Not Found", 0) })))
		o.Core, o.IMEI, o.MAC, o.Path = "LuatOS-SoC_V2004_AIR8101", c.imei, c.mac, c.path
		got, err := New(o).Once(within(t))
		require.NoError(t, err)
		require.Equal(t, None, got.Outcome)
		require.Equal(t, c.want, log.all()[0].target)
	}
}

// TestHTTPAnswers gives each dialect the same literal answer each time it asks.
func TestHTTPAnswers(t *testing.T) {
	t.Parallel()
	image := Image("1.0.1", 3000, 1)
	body := string(image)
	chunks := "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(body), body)
	lower := fmt.Sprintf("HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s", len(body), body)
	mixed := fmt.Sprintf("HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-2999/3000\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", len(body), body)
	for _, c := range []struct {
		name, answer string
		want         map[Dialect]Outcome // the others: rest
		rest         Outcome
	}{
		{"whole", head("200 OK", len(body)) + body, nil, Installed},
		{"chunked body", chunks, map[Dialect]Outcome{Libfota2: Installed}, GaveUp},
		{"lower-case names", lower, map[Dialect]Outcome{Libfota2: Installed}, GaveUp},
		{"chunks of a range", mixed, map[Dialect]Outcome{Libfota2: GaveUp, UpdateHTTP: None}, KeptOld},
		{"no reason phrase", strings.Replace(head("200 OK", len(body)), " OK", "", 1) + body, map[Dialect]Outcome{Libfota2: Installed}, GaveUp},
		{"HTTP/1.0", strings.Replace(head("200 OK", len(body)), "1.1", "1.0", 1) + body, map[Dialect]Outcome{UpdateHTTP: None}, Installed},
		{"206", partial(image, 0), map[Dialect]Outcome{Libfota2: GaveUp, UpdateHTTP: None}, Installed},
		{"404", head("404 Not Found", 0), nil, None},
		{"500", head("500 Internal Server Error", 3) + "no\n", nil, None},
		{"newest", head("400 Bad Request", 31) + `{"code":27,"msg":"\u6700\u65b0"}`, nil, None},
		{"loop", head("400 Bad Request", 11) + `{"code":40}`, nil, None},
		{"empty", head("200 OK", 0), nil, GaveUp},
		{"huge", head("200 OK", 100_000_000), nil, Rejected},
		{"a web page", head("200 OK", 6) + "<html>", nil, KeptOld},
		{"body cut short", head("200 OK", len(body)) + body[:10], nil, GaveUp},
		{"nonsense", "SSH-2.0-OpenSSH_9.6\r\n", nil, GaveUp},
		{"redirect without place", head("302 Found", 0, "location: http://127.0.0.1:1/"), map[Dialect]Outcome{Libfota2: None, UpdateHTTP: None}, GaveUp},
		{"redirect to https", head("302 Found", 0, "Location: https://127.0.0.1:1/"), map[Dialect]Outcome{Libfota2: None, UpdateHTTP: None}, Rejected},
	} {
		t.Run(c.name, func(t *testing.T) {
			server := webServer(t, func(*request) string { return c.answer })
			for d, got := range each(t, server, 0.01, web()...) {
				want, peculiar := c.want[d]
				if !peculiar {
					want = c.rest
				}
				require.Equal(t, want, got.Outcome, "%s: %+v", d, got)
				if want != Installed {
					require.Equal(t, "1.0.0", got.Version)
				}
			}
		})
	}
}

func TestHTTPTries(t *testing.T) {
	t.Parallel()
	for d, want := range map[Dialect]int{RDA8910: 30, ASR1802: 30, LuaTask2G: 3, UpdateHTTP: 3, Libfota2: 1} {
		var log recorder
		o := options(d, webServer(t, log.in(func(*request) string { return "HTTP/1.1 200 OK\r\n\r\n" })))
		if d == Libfota2 {
			o.Server = webServer(t, log.in(func(*request) string { return head("200 OK", 0) }))
		}
		o.Pace = 0.005
		got, err := New(o).Once(within(t))
		require.NoError(t, err)
		require.Equal(t, GaveUp, got.Outcome)
		require.Len(t, log.all(), want, d)
	}
}

func TestHTTPResumesAfterACut(t *testing.T) {
	t.Parallel()
	image := Image("1.0.1", 30000, 1)
	for _, d := range []Dialect{RDA8910, ASR1802, LuaTask2G, UpdateHTTP} {
		var log recorder
		m := New(options(d, webServer(t, log.in(func(r *request) string {
			text := whole(t, image)(r)
			if r.nth < 3 {
				return text[:len(text)-10000/r.nth]
			}
			return text
		}))))
		got, err := m.Once(within(t))
		require.NoError(t, err)
		requireInstalled(t, m, got, image)
		require.Equal(t, 2, got.Retries)
		want := []int{-1, -1, -1}
		if d == RDA8910 || d == ASR1802 {
			want = []int{0, 20000, 25000}
		}
		for i, r := range log.all() {
			require.Equal(t, want[i], r.from(), d)
		}
	}
}

// TestHTTPAppendsWhatItGets answers the second try with the whole file: the
// module appends it, and its boot loader finds out.
func TestHTTPAppendsWhatItGets(t *testing.T) {
	t.Parallel()
	image := Image("1.0.1", 30000, 1)
	m := New(options(RDA8910, webServer(t, func(r *request) string {
		text := head("200 OK", len(image)) + string(image)
		if r.nth == 1 {
			return text[:len(text)-10000]
		}
		return text
	})))
	got, err := m.Once(within(t))
	require.NoError(t, err)
	require.Equal(t, KeptOld, got.Outcome)
	require.Equal(t, "1.0.0", m.Version())
	require.NotEqual(t, hexSHA256(image), got.SHA256)
	require.Contains(t, got.Answer, "trailer")
}

func TestHTTPFollowsRedirects(t *testing.T) {
	t.Parallel()
	image := Image("1.0.1", 3000, 1)
	store := webServer(t, func(r *request) string {
		if r.target != "/bucket/a.bin?sign=1" {
			return head("403 Forbidden", 0)
		}
		return head("200 OK", len(image)) + string(image)
	})
	for _, status := range []string{"301 Moved Permanently", "302 Found", "307 Temporary Redirect"} {
		server := webServer(t, func(*request) string {
			return head(status, 0, "Location: http://"+store+"/bucket/a.bin?sign=1")
		})
		want := map[Dialect]Outcome{RDA8910: Installed, ASR1802: Installed, LuaTask2G: Installed, Libfota2: None, UpdateHTTP: None}
		for d, got := range each(t, server, brisk, web()...) {
			require.Equal(t, want[d], got.Outcome, "%s %s: %+v", d, status, got)
		}
	}
}

func TestHTTPRedirectsInACircle(t *testing.T) {
	t.Parallel()
	var log recorder
	var server string
	server = webServer(t, log.in(func(r *request) string {
		return head("302 Found", 0, "Location: http://"+server+r.target)
	}))
	o := options(RDA8910, server)
	o.Pace = 0.005
	got, err := New(o).Once(within(t))
	require.NoError(t, err)
	require.Equal(t, GaveUp, got.Outcome)
	require.Len(t, log.all(), 30)
}

func TestHTTPWaitsForADelta(t *testing.T) {
	t.Parallel()
	image := Image("1.0.1", 3000, 1)
	for d, want := range map[Dialect]Outcome{RDA8910: Installed, Libfota2: Installed, UpdateHTTP: None} {
		server := webServer(t, func(r *request) string {
			if r.nth < 3 {
				return head("400 Bad Request", 30) + `{"code":43,"msg":"in working"}`
			}
			return whole(t, image)(r)
		})
		require.Equal(t, want, each(t, server, 0.01, d)[d].Outcome)
	}
	garbled := webServer(t, func(*request) string { return head("400 Bad Request", 29) + `{"code":43,"msg":"in working"` })
	require.Equal(t, None, each(t, garbled, brisk, RDA8910)[RDA8910].Outcome, "half a JSON text has no code")
}

func TestHTTPDeltaThatNeverComes(t *testing.T) {
	t.Parallel()
	var log recorder
	o := options(Libfota2, webServer(t, log.in(func(*request) string { return head("503 Busy", 11) + `{"code":43}` })))
	o.Pace = 0.005
	got, err := New(o).Once(within(t))
	require.NoError(t, err)
	require.Equal(t, GaveUp, got.Outcome)
	require.Len(t, log.all(), busyAsks)
}

// TestHTTPSilentServer never answers the first request; the module hangs up and
// asks again.
func TestHTTPSilentServer(t *testing.T) {
	t.Parallel()
	image := Image("1.0.1", 3000, 1)
	o := options(RDA8910, webServer(t, func(r *request) string {
		if r.nth == 1 {
			return ""
		}
		return whole(t, image)(r)
	}))
	m := New(o)
	got, err := m.Once(within(t))
	require.NoError(t, err)
	requireInstalled(t, m, got, image)
	require.Equal(t, 1, got.Retries)
}

func TestHTTPNobodyThere(t *testing.T) {
	t.Parallel()
	// A port at which a connection begins is one where nobody listens.
	conn, err := net.Dial("tcp", webServer(t, func(*request) string { return "" }))
	require.NoError(t, err)
	defer conn.Close()
	got, err := New(options(LuaTask2G, conn.LocalAddr().String())).Once(within(t))
	require.NoError(t, err)
	require.Equal(t, GaveUp, got.Outcome)
}

func FuzzReadReply(f *testing.F) {
	f.Add([]byte("HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-9/10\r\nContent-Length: 10\r\n\r\n"), true)
	f.Add([]byte("HTTP/1.1 200\r\nTransfer-Encoding: chunked\r\n\r\n"), false)
	f.Fuzz(func(t *testing.T, text []byte, lua bool) {
		got, err := readReply(bufio.NewReader(strings.NewReader(string(text))), lua)
		if err == nil {
			require.GreaterOrEqual(t, got.total(), int64(-1))
			require.False(t, got.exact && got.chunked())
		}
	})
}
