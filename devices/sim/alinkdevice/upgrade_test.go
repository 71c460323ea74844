package alinkdevice

import (
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
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

func md5Of(b []byte) string {
	sum := md5.Sum(b)
	return hex.EncodeToString(sum[:])
}

func sha256Of(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// single is the data of a push of one file.
func single(url, version string, img []byte) map[string]any {
	return map[string]any{
		"version": version, "size": len(img), "url": url,
		"md5": md5Of(img), "sign": md5Of(img), "signMethod": "Md5", "isDiff": 1, "extData": map[string]any{"_package_udi": "{}"},
	}
}

// passwordOf is the password that a device of this flavour has by itself.
func passwordOf(t testing.TB, flavour string) string {
	t.Helper()
	d := New(Options{ProductKey: product, DeviceName: name, DeviceSecret: secret, Flavour: flavour, Server: "tcp://127.0.0.1:1"})
	require.NoError(t, d.bad)
	return d.login.password
}

// TestLinkSDK: one file with an MD5, always by Range, reported every 5 %, and
// proved by the inform after the restart.
func TestLinkSDK(t *testing.T) {
	b := newBench(t, passwordOf(t, LinkSDK))
	img := Image("2.0.0", 200_000, 1)
	s := newStore(t, map[string][]byte{"fw.bin": img})
	d := b.start(Options{Flavour: LinkSDK, KeepImage: true})
	first := b.next("inform")
	require.Equal(t, "1.0.0", first.params("version"))
	require.Equal(t, "1", first.fields["id"])
	require.NotContains(t, string(first.raw), "module")
	b.push(single(s.URL+"/fw.bin", "2.0.0", img))
	steps := b.steps("100")
	require.Len(t, steps, 20)
	for i, step := range steps {
		require.Equal(t, strconv.Itoa(5*(i+1)), step)
	}
	require.Equal(t, "2.0.0", b.next("inform").params("version"))
	require.Equal(t, []string{"/fw.bin bytes=0-"}, s.requests())
	require.Equal(t, img, d.Stored(""))
	state := b.eventually(d, "idle again", func(s State) bool { return s.Connected && s.Informs == 2 })
	require.Equal(t, map[string]string{"default": "2.0.0"}, state.Versions)
	require.Equal(t, 1, state.Restarts)
	require.Equal(t, 2, state.Connects)
	require.EqualValues(t, len(img), state.Received)
	require.Equal(t, 100, state.LastStep)
	require.Empty(t, state.LastError)
}

// TestLenient: SHA-256, a module of its own, a chunked answer, a redirect.
func TestLenient(t *testing.T) {
	b := newBench(t, passwordOf(t, Lenient))
	img := Image("2.0.0", 50_000, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/old" {
			http.Redirect(w, r, "/new", http.StatusFound)
			return
		}
		for part := img; len(part) > 0; part = part[len(part)/2+1:] {
			_, _ = w.Write(part[:len(part)/2+1])
			w.(http.Flusher).Flush()
		}
	}))
	t.Cleanup(server.Close)
	b.start(Options{Versions: map[string]string{"default": "1", "MCU": "1.5"}})
	require.Contains(t, string(b.next("inform").raw), `{"version": "1.5","module": "MCU"}`)
	require.Equal(t, "1", b.next("inform").params("version"))
	data := single(server.URL+"/old", "2.0.0", img)
	data["module"], data["signMethod"], data["sign"] = "MCU", "sha256", strings.ToUpper(sha256Of(img))
	data["size"] = strconv.Itoa(len(img))
	b.push(data)
	b.steps("100")
	informed := []message{b.next("inform"), b.next("inform")}
	require.Equal(t, "MCU", informed[0].params("module"))
	require.Equal(t, "2.0.0", informed[0].params("version"))
	require.Equal(t, "1", informed[1].params("version"))
}

// TestQuectel: two modules that are told and asked for, empty answers that mean
// nothing to do, and an upgrade of several files that comes as such an answer.
func TestQuectel(t *testing.T) {
	b := newBench(t, passwordOf(t, Quectel))
	script, img := []byte("print('hello')\n"), Image("v9", 30_000, 4)
	s := newStore(t, map[string][]byte{"a": script, "b": img})
	d := b.start(Options{Flavour: Quectel, KeepImage: true})
	for _, want := range []string{"FIRMWARE_NAME", "PROJECT_NAME"} {
		m := b.next("inform")
		require.Equal(t, want, m.params("module"))
		require.Regexp(t, `^\d{16}$`, m.fields["id"])
		ask := b.next("firmware/get")
		require.Equal(t, want, ask.params("module"))
		require.Equal(t, "thing.ota.firmware.get", ask.fields["method"])
		b.publish(ask.topic+"_reply", []byte(`{"code":200,"id":"1","data":{}}`))
	}
	file := func(fileName, path string, content []byte) map[string]any {
		return map[string]any{
			"fileName": fileName, "fileUrl": s.URL + path, "fileSize": len(content),
			"fileMd5": md5Of(content), "fileSign": sha256Of(content),
		}
	}
	answer, err := json.Marshal(map[string]any{"code": 200, "id": "2", "data": map[string]any{
		"module": "PROJECT_NAME", "version": "v9", "signMethod": "SHA256",
		"files": []any{file("main.bin", "/a", script), file("usr/data.img", "/b", img)},
	}})
	require.NoError(t, err)
	b.publish("/sys/pk/device/thing/ota/firmware/get_reply", answer)
	require.Equal(t, []string{"1", "100"}, b.steps("100"))
	require.Equal(t, "1.0.0", b.next("inform").params("version"))
	require.Equal(t, "v9", b.next("inform").params("version"))
	require.Equal(t, script, d.Stored("main.py"))
	require.Equal(t, img, d.Stored("usr/data.img"))
	require.Equal(t, 1, d.State().Pushes)
	require.Equal(t, []string{"/a ", "/b "}, s.requests())
}

// TestAliOS: NUL bytes, bare numbers, the last 28 bytes first, and https that
// becomes http.
func TestAliOS(t *testing.T) {
	b := newBench(t, passwordOf(t, AliOS))
	img := SystemImage("1.9.0", 20_000, 3)
	s := newStore(t, map[string][]byte{"fw.bin": img})
	d := b.start(Options{Flavour: AliOS, Versions: map[string]string{"default": "1.10.0"}})
	first := b.next("inform")
	require.Equal(t, `{"id":0,"params":{"version":"1.10.0"},"simulator":true}`+"\x00", string(first.raw))
	b.push(single("https://"+strings.TrimPrefix(s.URL, "http://")+"/fw.bin", "1.9.0", img))
	m := b.next("progress")
	require.Equal(t, `{"id":1,"params":{"step":10,"desc":""}}`+"\x00", string(m.raw))
	b.steps("100")
	require.Equal(t, "1.9.0", b.next("inform").params("version"))
	require.Equal(t, []string{fmt.Sprintf("/fw.bin bytes=%d-%d", len(img)-28, len(img)-1), "/fw.bin "}, s.requests())
	require.Equal(t, "1.9.0", d.State().Versions["default"])

	// As text, 1.10.1 is less than 1.9.0, and 1.9 is not more.
	for _, version := range []string{"1.10.1", "1.9"} {
		b.push(single(s.URL+"/fw.bin", version, img))
		step, desc := b.failure()
		require.Equal(t, "-1", step)
		require.Contains(t, desc, "not greater")
	}
	require.Len(t, s.requests(), 2)
}

// TestAliOSImages: what the last 28 bytes say must be there and must be true.
func TestAliOSImages(t *testing.T) {
	b := newBench(t, passwordOf(t, AliOS))
	plain, broken := Image("2", 9000, 3), SystemImage("2", 9000, 3)
	broken[len(broken)-20] ^= 1
	s := newStore(t, map[string][]byte{"plain": plain, "broken": broken})
	whole := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(broken) }))
	t.Cleanup(whole.Close)
	b.start(Options{Flavour: AliOS})
	b.next("inform")
	for _, c := range []struct {
		url, want string
		img       []byte
	}{
		{s.URL + "/plain", "-3", plain},
		{s.URL + "/broken", "-3", broken},
		{whole.URL + "/no-range", "-2", broken},
		{s.URL + "/absent", "-2", broken},
	} {
		b.push(single(c.url, "2", c.img))
		step, desc := b.failure()
		require.Equal(t, c.want, step, "%s: %s", c.url, desc)
	}
}

// TestRefusals: what each device does not take, and with which step.
func TestRefusals(t *testing.T) {
	img := Image("2", 5000, 3)
	chunked := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(img[:10])
		w.(http.Flusher).Flush()
		_, _ = w.Write(img[10:])
	}))
	t.Cleanup(chunked.Close)
	cut := append([]byte(nil), img[:4990]...)
	s := newStore(t, map[string][]byte{"fw": img, "cut": cut, "text": []byte("hello")})
	for _, c := range []struct {
		name, flavour, want string
		img                 []byte
		change              map[string]any
	}{
		{"spelling", LinkSDK, "-1", img, map[string]any{"signMethod": "MD5"}},
		{"digest length", LinkSDK, "-1", img, map[string]any{"signMethod": "Sha256"}},
		{"chunked", LinkSDK, "-2", img, map[string]any{"url": chunked.URL}},
		{"file without its sign", LinkSDK, "-1", img, map[string]any{"files": []any{
			map[string]any{"fileName": "a", "fileUrl": "http://127.0.0.1:1/", "fileSize": 5, "fileMd5": md5Of(img)},
		}}},
		{"no digest", AliOS, "-1", img, map[string]any{"signMethod": nil, "md5": nil}},
		{"size as text", AliOS, "-1", img, map[string]any{"size": "5000"}},
		{"long url", AliOS, "-1", img, map[string]any{"url": s.URL + "/" + strings.Repeat("x", 255)}},
		{"long version", AliOS, "-1", img, map[string]any{"version": strings.Repeat("9", 64)}},
		{"several files", AliOS, "-1", img, map[string]any{"files": []any{map[string]any{}}}},
		{"no mqtt", Quectel, "-1", img, map[string]any{"dProtocol": "mqtt", "module": "PROJECT_NAME", "streamId": 1, "streamFileId": 1}},
		{"no stream", Lenient, "-1", img, map[string]any{"dProtocol": "mqtt"}},
		{"no module", Lenient, "-1", img, map[string]any{"module": "OTHER"}},
		{"no version", Lenient, "-1", img, map[string]any{"version": nil}},
		{"no url", Lenient, "-1", img, map[string]any{"url": nil}},
		{"shorter than said", Lenient, "-2", img, map[string]any{"url": s.URL + "/cut"}},
		{"longer than said", Lenient, "-2", cut, nil},
		{"gone", Lenient, "-2", img, map[string]any{"url": s.URL + "/gone"}},
		{"digest", Lenient, "-3", img, map[string]any{"sign": strings.Repeat("0", 32)}},
		{"no room", Lenient, "-4", img, map[string]any{"size": 1 << 40}},
		{"image cut", Lenient, "-4", cut, map[string]any{"url": s.URL + "/cut"}},
		{"no image", Lenient, "-1", []byte("hello"), map[string]any{"url": s.URL + "/text"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t, passwordOf(t, c.flavour))
			d := b.start(Options{Flavour: c.flavour, Room: 1 << 30})
			b.next("inform")
			data := single(s.URL+"/fw", "2", c.img)
			for key, value := range c.change {
				data[key] = value
			}
			b.push(data)
			step, desc := b.failure()
			require.Equal(t, c.want, step, desc)
			require.NotEmpty(t, desc)
			b.eventually(d, "idle again", func(s State) bool {
				return s.Phase == Idle && s.LastError == desc && strconv.Itoa(s.LastStep) == c.want
			})
		})
	}
}

// TestMessage: AliOS reads the message of a push; others do not.
func TestMessage(t *testing.T) {
	b := newBench(t, passwordOf(t, AliOS))
	b.start(Options{Flavour: AliOS})
	b.next("inform")
	b.publish("/ota/device/upgrade/pk/device", []byte(`{"code":"1000","message":"SUCCESS","data":{"version":"2"}}`))
	step, desc := b.failure()
	require.Equal(t, "-1", step)
	require.Contains(t, desc, "message")
}

// TestAnyImage: with that option a file that says nothing is what the push said.
func TestAnyImage(t *testing.T) {
	b := newBench(t, passwordOf(t, Lenient))
	s := newStore(t, map[string][]byte{"fw": []byte("hello")})
	b.start(Options{AnyImage: true})
	b.next("inform")
	b.push(single(s.URL+"/fw", "7", []byte("hello")))
	require.Equal(t, "7", b.next("inform").params("version"))
}

// TestRepeatedPush: what repeats the upgrade under way is dropped, what does not
// is done afterwards, and what is no JSON does no harm.
func TestRepeatedPush(t *testing.T) {
	b := newBench(t, passwordOf(t, Lenient))
	img := Image("2", 5000, 3)
	reached, proceed := make(chan struct{}, 100), make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		reached <- struct{}{}
		<-proceed
		panic(http.ErrAbortHandler)
	}))
	t.Cleanup(server.Close)
	s := newStore(t, nil)
	var pushed atomic.Int32
	d := b.start(Options{OnPush: func(time.Time, []byte) { pushed.Add(1) }})
	b.next("inform")
	b.publish("/ota/device/upgrade/pk/device", []byte(`{`))
	b.push(single(server.URL, "2", img))
	<-reached
	b.push(single(server.URL, "2", img))
	b.push(single(s.URL+"/absent", "3", img))
	b.eventually(d, "two waiting", func(State) bool { return pushed.Load() == 4 })
	close(proceed)
	step, _ := b.failure()
	require.Equal(t, "-2", step)
	step, _ = b.failure()
	require.Equal(t, "-2", step)
	state := d.State()
	require.Equal(t, 3, state.Pushes)
	require.Equal(t, 1, state.Ignored)
}
