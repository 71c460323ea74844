//go:build e2e && linux

package e2e_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"fotabench/ui/demo"
)

// noted is one line of serve --json.
type noted struct {
	Time                                                                    time.Time
	Event, Service, Address, Device, From, Version, Target, Text, Path, Why any
	Status, Code, Done, Total                                               int64
}

// serving is the program's serve verb, in a process of its own.
type serving struct {
	t      *testing.T
	cmd    *exec.Cmd
	ended  chan error // holds what Wait gave
	folder string     // of the plan and the package
	data   string     // folder of the journal
	body   []byte     // of the package
	errors bytes.Buffer

	mu    sync.Mutex
	notes []noted
}

// serve writes a package for devices of a kind beside a plan and serves both.
func serve(t *testing.T, kind demo.Kind, plan string, args ...string) *serving {
	t.Helper()
	s := &serving{t: t, folder: t.TempDir(), data: t.TempDir()}
	file := filepath.Join(s.folder, "fw.bin")
	err := errors.Join(demo.WriteFleetPackage(file, kind), os.WriteFile(filepath.Join(s.folder, "plan.json"), []byte(plan), 0o600))
	if err != nil {
		t.Fatal(err)
	}
	if s.body, err = os.ReadFile(file); err != nil {
		t.Fatal(err)
	}
	s.start(args...)
	return s
}

// start runs the program; it may have ended before.
func (s *serving) start(args ...string) {
	t := s.t
	t.Helper()
	cmd, ended := exec.Command(executable(t), append([]string{
		"serve", "--json", "--lang", "en", "--data-dir", s.data, "--plan", filepath.Join(s.folder, "plan.json"),
	}, args...)...), make(chan error, 1)
	s.notes, s.cmd, s.ended = nil, cmd, ended
	cmd.Stderr = &s.errors
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		for lines := bufio.NewScanner(out); lines.Scan(); {
			s.hear(lines.Bytes())
		}
		ended <- cmd.Wait()
	}()
	t.Cleanup(func() {
		if cmd.Process.Signal(syscall.Signal(0)) == nil {
			_ = cmd.Process.Kill()
			<-ended
		}
	})
}

func (s *serving) hear(line []byte) {
	var n noted
	if err := json.Unmarshal(line, &n); err != nil || n.Time.IsZero() || n.Event == nil {
		s.t.Errorf("a line that is no note: %q", line)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.notes = append(s.notes, n)
}

// until waits for a note.
func (s *serving) until(what string, fits func(noted) bool) (found noted) {
	s.t.Helper()
	s.untilMany(1, what, func(n noted) bool {
		if fits(n) {
			found = n
			return true
		}
		return false
	})
	return found
}

// untilMany waits for some notes of a kind.
func (s *serving) untilMany(count int, what string, fits func(noted) bool) {
	s.t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		s.mu.Lock()
		notes := slices.Clone(s.notes)
		s.mu.Unlock()
		n := 0
		for _, one := range notes {
			if fits(one) {
				n++
			}
		}
		if n >= count {
			return
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("waited %s for %s, there are %d of %d\n%s", patience, what, n, count, &s.errors)
		}
	}
}

// at waits for the address of a service.
func (s *serving) at(service string) string {
	s.t.Helper()
	return s.until(service, func(n noted) bool { return n.Event == "on" && n.Service == service }).Address.(string)
}

// terminate asks it to end, as systemd would, and fails unless it does so soon and
// without complaint.
func (s *serving) terminate() {
	s.t.Helper()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		s.t.Fatal(err)
	}
	began := time.Now()
	select {
	case err := <-s.ended:
		if err != nil {
			s.t.Errorf("it ended with %v: %s", err, &s.errors)
		}
	case <-time.After(patience):
		s.t.Fatal("it does not end")
	}
	// A slow machine gets more than the second that it takes.
	if took := time.Since(began); took > 30*time.Second {
		s.t.Errorf("it took %s to end", took)
	}
}

// peer runs somebody else's program to its end and gives what it printed.
func peer(t *testing.T, name string, args ...string) (string, error) {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		if os.Getenv("FOTABENCH_PEERS") == "required" {
			t.Fatalf("%s is required", name)
		}
		t.Skipf("%s is not installed", name)
	}
	ctx, stop := context.WithTimeout(t.Context(), patience)
	defer stop()
	out, err := exec.CommandContext(ctx, name, args...).CombinedOutput()
	return string(out), err
}

// curl is peer for curl, which never goes through a proxy here.
func curl(t *testing.T, args ...string) string {
	t.Helper()
	out, err := peer(t, "curl", append([]string{"-sS", "--noproxy", "*"}, args...)...)
	if err != nil {
		t.Fatalf("curl %q: %v: %s", args, err, out)
	}
	return out
}

// question is what a Luat module asks.
func question(at string, imei int, version, more string) string {
	return fmt.Sprintf("%sapi/site/firmware_upgrade?project_key=PK1&imei=%015d&firmware_name=DEMO_Luat_V0033_RDA8910&version=%s%s", at, imei, version, more)
}

// holds fails unless a file is exactly the package.
func (s *serving) holds(path string) {
	s.t.Helper()
	got, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(got, s.body) {
		s.t.Errorf("%d bytes arrived, other than the %d of the package (%v)", len(got), len(s.body), err)
	}
}

const forAll = `{"unknown":"register","packages":[{"name":"fw","files":["fw.bin"]%s}],"rules":[{"package":"fw","deny":["000000000000033"]}]}`

// TestServeHangup: a SIGHUP has the plan read at once, and whoever fetches goes on; SIGTERM
// ends it.
func TestServeHangup(t *testing.T) {
	t.Parallel()
	s := serve(t, demo.LuatHTTP, `{}`, "--luat-http", "127.0.0.1:0")
	at := s.at("luat-http")
	if got := curl(t, "-w", "%{http_code}", "-o", os.DevNull, question(at, 1, "1.0.0", "")); got == "200" {
		t.Error("it was given something")
	}
	if err := os.WriteFile(filepath.Join(s.folder, "plan.json"), fmt.Appendf(nil, forAll, ""), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	s.until("that the plan was taken up", func(n noted) bool { return n.Event == "plan" })
	into := filepath.Join(t.TempDir(), "got.bin")
	curl(t, "-o", into, question(at, 1, "1.0.0", ""))
	s.holds(into)
	s.terminate()
}

// TestServeToCurl: programs that others wrote ask as modules do, and get exactly the
// package, a part of it, or a reason.
func TestServeToCurl(t *testing.T) {
	t.Parallel()
	s := serve(t, demo.LuatHTTP, fmt.Sprintf(forAll, ""), "--luat-http", "127.0.0.1:0")
	at, into := s.at("luat-http"), filepath.Join(t.TempDir(), "got.bin")

	if got := curl(t, "-o", into, "-w", "%{http_code} %{size_download}", question(at, 1, "1.0.0", "")); got != fmt.Sprintf("200 %d", len(s.body)) {
		t.Error(got)
	}
	s.holds(into)
	s.until("the delivery", func(n noted) bool { return n.Event == "waiting" && n.Device == "imei:000000000000001" })
	if got := curl(t, "-w", " %{http_code}", question(at, 1, "1.0.1", "")); got != `{"code":27,"msg":"already newest"} 404` {
		t.Error(got)
	}
	s.until("the proof", func(n noted) bool {
		return n.Event == "verified" && n.Device == "imei:000000000000001" && n.Version == "1.0.1"
	})

	// What it has is not of this package: it must start over.
	if err := os.Truncate(into, 100_000); err != nil {
		t.Fatal(err)
	}
	if got := curl(t, "-C", "-", "-o", into, "-w", "%{http_code}", question(at, 2, "1.0.0", "")); got != "416" {
		t.Error(got)
	}
	curl(t, "-o", into, question(at, 2, "1.0.0", ""))
	s.holds(into)
	if err := os.Truncate(into, 100_000); err != nil {
		t.Fatal(err)
	}
	if got := curl(t, "-C", "-", "-o", into, "-w", "%{http_code}", question(at, 2, "1.0.0", "")); got != "206" {
		t.Error(got)
	}
	s.holds(into)

	for want, asked := range map[string]string{
		`{"code":3,"msg":"invalid device"} 403`:               strings.Replace(question(at, 3, "1.0.0", ""), "imei=0", "imei=x", 1),
		`{"code":17,"msg":"no permission"} 403`:               question(at, 33, "1.0.0", ""),
		`{"code":26,"msg":"invalid firmware or version"} 403`: question(at, 4, "one", ""),
		`{"code":27,"msg":"already newest"} 404`:              question(at, 5, "2.0.0", ""),
	} {
		if got := curl(t, "-w", " %{http_code}", asked); got != want {
			t.Errorf("%s: %s, want %s", asked, got, want)
		}
	}
	if got := curl(t, "-I", question(at, 6, "1.0.0", "")); !strings.HasPrefix(got, "HTTP/1.1 200 ") || !strings.Contains(got, fmt.Sprintf("Content-Length: %d\r\n", len(s.body))) {
		t.Error(got)
	}
	if got := curl(t, "-X", "POST", "-w", " %{http_code}", question(at, 7, "1.0.0", "")); !strings.HasSuffix(got, " 404") {
		t.Error(got)
	}

	into += ".wget"
	if out, err := peer(t, "wget", "--no-proxy", "-q", "-O", into, question(at, 8, "1.0.0", "")); err != nil {
		t.Errorf("wget: %v: %s", err, out)
	}
	s.holds(into)
	s.terminate()
}

// TestServeRedirects: a module that asks to be sent elsewhere is sent to where
// others serve the package; all others get it here.
func TestServeRedirects(t *testing.T) {
	t.Parallel()
	origin := t.TempDir()
	if err := demo.WriteFleetPackage(filepath.Join(origin, "fw.bin"), demo.LuatHTTP); err != nil {
		t.Fatal(err)
	}
	elsewhere := webServer(t, readable(t, filepath.Join(origin, "fw.bin"))) + "/fw.bin"
	s := serve(t, demo.LuatHTTP, fmt.Sprintf(forAll, fmt.Sprintf(`,"urls":[%q]`, elsewhere)), "--luat-http", "127.0.0.1:0")
	at, into := s.at("luat-http"), filepath.Join(t.TempDir(), "got.bin")
	if got := curl(t, "-w", "%{http_code} %{redirect_url}", question(at, 1, "1.0.0", "&need_oss_url=1")); got != "302 "+elsewhere {
		t.Error(got)
	}
	for url, want := range map[string]string{
		question(at, 2, "1.0.0", "&need_oss_url=1"): "200 " + elsewhere,
		question(at, 3, "1.0.0", "&need_oss_url=0"): "200 " + question(at, 3, "1.0.0", "&need_oss_url=0"),
	} {
		if got := curl(t, "-L", "-o", into, "-w", "%{http_code} %{url_effective}", url); got != want {
			t.Errorf("%s, want %s", got, want)
		}
		s.holds(into)
	}
	// Whoever was sent elsewhere proves it in the same way: by what it says next.
	curl(t, question(at, 2, "1.0.1", ""))
	s.until("the proof", func(n noted) bool { return n.Event == "verified" && n.Device == "imei:000000000000002" })
	s.terminate()
}

// mosquitto runs one of mosquitto's clients as a device.
func mosquitto(t *testing.T, program, at, secret string, args ...string) (string, error) {
	t.Helper()
	const id, name, product = "12345", "lamp7", "a1Fotabench"
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte("clientId" + id + "deviceName" + name + "productKey" + product))
	host, port, _ := strings.Cut(strings.TrimPrefix(at, "tcp://"), ":")
	return peer(t, program, append([]string{
		"-h", host, "-p", port, "-V", "mqttv311", "-q", "1",
		"-i", id + "|securemode=3,signmethod=hmacsha256|", "-u", name + "&" + product, "-P", hex.EncodeToString(mac.Sum(nil)),
	}, args...)...)
}

// TestServeToMosquitto: a client that others wrote logs in as a device of the plan,
// is told where its package is, and proves in the end that it runs it; with another
// secret, or to another's topic, it does not get.
func TestServeToMosquitto(t *testing.T) {
	t.Parallel()
	const secret = "hunter2-correct-horse"
	s := serve(t, demo.Aliyun, `{"packages":[{"name":"fw","files":["fw.bin"]}],`+
		`"devices":[{"productKey":"a1Fotabench","deviceName":"lamp7","secret":"`+secret+`","package":"fw"}]}`,
		"--mqtt", "127.0.0.1:0", "--http", "127.0.0.1:0")
	at := s.at("mqtt")
	said := func(version string) string { return `{"id":"1","params":{"version":"` + version + `"}}` }
	const inform, progress, upgrade = "/ota/device/inform/a1Fotabench/lamp7", "/ota/device/progress/a1Fotabench/lamp7", "/ota/device/upgrade/a1Fotabench/lamp7"

	if out, err := mosquitto(t, "mosquitto_pub", at, "another", "-t", inform, "-m", said("1.0.0")); err == nil {
		t.Errorf("a wrong secret was taken: %s", out)
	}
	if out, err := mosquitto(t, "mosquitto_sub", at, secret, "-t", upgrade[:len(upgrade)-1]+"8", "-W", "60"); !strings.Contains(out, "denied") {
		t.Errorf("another's topic: %v: %s", err, out)
	}
	out, err := mosquitto(t, "mosquitto_rr", at, secret, "-t", inform, "-m", said("1.0.0"), "-e", upgrade, "-W", "60")
	if err != nil {
		t.Fatalf("mosquitto_rr: %v: %s", err, out)
	}
	var push struct {
		Data struct {
			URL, Version, Sign, SignMethod, MD5 string
			Size                                int
		}
	}
	if err := json.Unmarshal([]byte(out), &push); err != nil {
		t.Fatalf("%q: %v", out, err)
	}
	d, sum := push.Data, md5.Sum(s.body)
	if d.Version != "1.0.1" || d.Size != len(s.body) || d.MD5 != hex.EncodeToString(sum[:]) || !strings.HasPrefix(d.URL, s.at("http")) {
		t.Errorf("%+v", d)
	}
	into := filepath.Join(t.TempDir(), "got.bin")
	curl(t, "-o", into, d.URL)
	s.holds(into)
	for _, m := range [][2]string{{progress, `{"id":"2","params":{"step":"100","desc":""}}`}, {inform, said("1.0.1")}} {
		if out, err := mosquitto(t, "mosquitto_pub", at, secret, "-t", m[0], "-m", m[1]); err != nil {
			t.Errorf("mosquitto_pub: %v: %s", err, out)
		}
	}
	s.until("the proof", func(n noted) bool { return n.Event == "verified" && n.Device == "sn:a1Fotabench/lamp7" })
	s.terminate()
	s.mu.Lock()
	defer s.mu.Unlock()
	if all := fmt.Sprint(s.notes) + s.errors.String(); strings.Contains(all, secret) || regexp.MustCompile(`[0-9a-f]{32}`).MatchString(all) {
		t.Errorf("a secret is in\n%s", all)
	}
}

// TestServeAFleet: two processes of the program, one the bench and one its devices,
// and every one of them comes to run the package.
func TestServeAFleet(t *testing.T) {
	t.Parallel()
	const many = 50
	s := serve(t, demo.LuatUDP, fmt.Sprintf(forAll, ""), "--luat-udp", "127.0.0.1:0")
	devices := simulated(t, "luat-udp", "--server", s.at("luat-udp"), "--count", fmt.Sprint(many), "--pace", "0.01", "--fault", "loss=0.02")
	s.untilMany(many, "all devices", func(n noted) bool { return n.Event == "verified" && n.Version == "1.0.1" })
	for deadline := time.Now().Add(patience); devices.runs("1.0.1") != many; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d of %d say that they run the package", devices.runs("1.0.1"), many)
		}
	}
	s.terminate()
}

// TestServeEndsWhileServing: whoever fetches when it is told to end is cut off, and
// does not keep it.
func TestServeEndsWhileServing(t *testing.T) {
	t.Parallel()
	s := serve(t, demo.LuatHTTP, fmt.Sprintf(forAll, ""), "--luat-http", "127.0.0.1:0", "--luat-udp", "127.0.0.1:0",
		"--mqtt", "127.0.0.1:0", "--http", "127.0.0.1:0", "--https", "127.0.0.1:0", "--ftp", "127.0.0.1:0")
	into := filepath.Join(t.TempDir(), "got.bin")
	slow := exec.Command("curl", "-sS", "--noproxy", "*", "--limit-rate", "10k", "-o", into, question(s.at("luat-http"), 1, "1.0.0", ""))
	start(t, slow)
	s.until("the fetching", func(n noted) bool { return n.Event == "fetching" })
	s.terminate()
}
