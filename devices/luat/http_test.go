package luat

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"fotabench/devices"
	"fotabench/devices/checkin"
)

const (
	imei1 = "860000000000001"
	check = "/any/path?project_key=K&imei=" + imei1 + "&firmware_name=DEMO_Luat_V0033_RDA8910&core_version=Luat_V0033&dfota=1&version="
)

// raw sends text as it is and reads the one answer, whole.
func raw(t *testing.T, s *HTTPService, text string) (head string, body []byte) {
	t.Helper()
	c, err := net.Dial("tcp", s.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
	r := bufio.NewReader(c)
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			t.Fatalf("after %q: %v", head, err)
		}
		if line == "\r\n" {
			break
		}
		head += line
	}
	var n int
	for line := range strings.SplitSeq(head, "\r\n") {
		if length, ok := strings.CutPrefix(line, "Content-Length: "); ok {
			if _, err := fmt.Sscan(length, &n); err != nil {
				t.Fatal(err)
			}
		}
	}
	body = make([]byte, n)
	if _, err := io.ReadFull(r, body); err != nil {
		t.Fatalf("body of %q: %v", head, err)
	}
	return head, body
}

func get(target string, headers ...string) string {
	return "GET " + target + " HTTP/1.1\r\nHost: x\r\nConnection: short\r\n" + strings.Join(append(headers, ""), "\r\n") + "\r\n"
}

// TestHTTPAnswer holds the answer to what a module's own HTTP client can read:
// names spelled canonically, a length, nothing chunked, a reason phrase.
func TestHTTPAnswer(t *testing.T) {
	t.Parallel()
	p := newPackage(t, 100_000, "1.0.1")
	desk := newDesk(t, everybody(p))
	s := overHTTP(t, desk)
	head, body := raw(t, s, get(check+"1.0.0", "Range: bytes=0-"))
	if !strings.HasPrefix(head, "HTTP/1.1 200 OK\r\n") || !strings.Contains(head, "Content-Length: 100000\r\n") ||
		strings.Contains(head, "Transfer-Encoding") || len(body) != 100_000 {
		t.Fatalf("%d bytes after\n%s", len(body), head)
	}
	at := devices.Address("luat:imei:" + imei1)
	wait(t, func() bool { g, _ := desk.Guest(at); return g.Phase == checkin.Waiting })
	g, ok := desk.Guest(at)
	if !ok || g.Phase != checkin.Waiting || g.Done != 100_000 || g.Identity.Firmware != "1.0.0" || g.Service != ServiceHTTP {
		t.Fatalf("%+v", g)
	}
	// It goes on where it stopped.
	head, rest := raw(t, s, get(check+"1.0.0", "Range: bytes=40000-"))
	if !strings.HasPrefix(head, "HTTP/1.1 206 Partial Content\r\n") ||
		!strings.Contains(head, "Content-Range: bytes 40000-99999/100000\r\n") || !bytes.Equal(rest, body[40000:]) {
		t.Fatalf("%d bytes after\n%s", len(rest), head)
	}
	if head, _ = raw(t, s, get(check+"1.0.0", "Range: bytes=100000-")); !strings.HasPrefix(head, "HTTP/1.1 416 ") {
		t.Errorf("beyond the end: %s", head)
	}
	// It comes back with what it was given.
	head, body = raw(t, s, get(check+"1.0.1"))
	if !strings.HasPrefix(head, "HTTP/1.1 404 ") || len(body) > 200 || !strings.Contains(string(body), `"code":27`) {
		t.Errorf("newest: %s\n%s", head, body)
	}
	if g, _ := desk.Guest(g.Address); g.Phase != checkin.Verified {
		t.Errorf("%+v", g)
	}
}

// TestHTTPRefusals: what is not a module's question is refused, with the
// platform's code, in at most 200 bytes, and the service goes on.
func TestHTTPRefusals(t *testing.T) {
	t.Parallel()
	p := newPackage(t, 1000, "9.0.0")
	desk := newDesk(t, &checkin.Rules{
		Devices: []checkin.Listed{{Name: imei1}},
		Rules:   []checkin.Rule{{Offer: checkin.Offer{Package: p}, Deny: []string{"860000000000000-860000000000009"}}},
	})
	s := overHTTP(t, desk)
	for _, c := range []struct {
		target string
		status int
		code   string
	}{
		{check + "1.0.0", 403, `"code":17`},
		{strings.Replace(check, imei1, "860000000000777", 1) + "1.0.0", 403, `"code":3`},
		{strings.Replace(check, imei1, "12345", 1) + "1.0.0", 403, `"code":3`},
		{strings.Replace(check, imei1, "86000000000000a", 1) + "1.0.0", 403, `"code":3`},
		{strings.Replace(check, imei1, imei1+"&imei="+imei1, 1) + "1.0.0", 404, `"code":26`},
		{check + "1.0.0beta", 403, `"code":26`},
		{check + "-1.0.0", 403, `"code":26`},
		{check + "99999999999999999999.0.0", 403, `"code":26`},
		{check, 403, `"code":26`},
		{"/../../etc/passwd", 403, `"code":3`},
		{"/?imei=%zz", 404, `"code":26`},
		{"/?mac=../../etc&version=1.0.0&firmware_name=a", 403, `"code":3`},
		{"/", 403, `"code":3`},
	} {
		head, body := raw(t, s, get(c.target))
		if !strings.HasPrefix(head, fmt.Sprintf("HTTP/1.1 %d ", c.status)) || !strings.Contains(string(body), c.code) || len(body) > 200 {
			t.Errorf("%s:\n%s%s", c.target, head, body)
		}
	}
	if head, _ := raw(t, s, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"); !strings.HasPrefix(head, "HTTP/1.1 404 ") {
		t.Errorf("POST: %s", head)
	}
	// A query of 10 MB is not even read.
	c, err := net.Dial("tcp", s.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_, _ = io.WriteString(c, "GET /?imei="+strings.Repeat("8", 10<<20)) // it may be cut off while it writes
	answer, _ := io.ReadAll(c)
	if len(answer) > 0 && !bytes.HasPrefix(answer, []byte("HTTP/1.1 431 ")) {
		t.Errorf("10 MB query: %.80q", answer)
	}
	if head, _ := raw(t, s, get(check+"1.0.0")); !strings.HasPrefix(head, "HTTP/1.1 403 ") {
		t.Errorf("afterwards: %s", head)
	}
	if n := s.Counts(); n.Garbage == 0 || n.Refused < 10 || n.Answered != 0 {
		t.Errorf("%+v", n)
	}
}

// TestHTTPRedirect: need_oss_url=1, or a plan that says so, leads elsewhere.
func TestHTTPRedirect(t *testing.T) {
	t.Parallel()
	p := newPackage(t, 1000, "1.0.1")
	const elsewhere = "http://127.0.0.1:9/p.bin"
	rules := everybody(p)
	rules.Rules[0].Offer.Sources = []devices.Source{{URL: elsewhere}}
	s := overHTTP(t, newDesk(t, rules))
	head, _ := raw(t, s, get(check+"1.0.0&need_oss_url=1"))
	if !strings.HasPrefix(head, "HTTP/1.1 302 Found\r\n") || !strings.Contains(head, "Location: "+elsewhere+"\r\n") {
		t.Errorf("asked for: %s", head)
	}
	if head, _ := raw(t, s, get(strings.Replace(check, imei1, "860000000000002", 1)+"1.0.0")); !strings.HasPrefix(head, "HTTP/1.1 200 ") {
		t.Errorf("not asked for: %s", head)
	}
	rules.Rules[0].Offer.Method = devices.HTTP
	if head, _ := raw(t, s, get(strings.Replace(check, imei1, "860000000000003", 1)+"1.0.0")); !strings.HasPrefix(head, "HTTP/1.1 302 ") {
		t.Errorf("the plan says so: %s", head)
	}
}

// TestHTTPNames: a module is known by imei, mac, uid or device_key.
func TestHTTPNames(t *testing.T) {
	t.Parallel()
	desk := newDesk(t, everybody(newPackage(t, 1000, "2.0.0")))
	s := overHTTP(t, desk)
	for _, who := range []string{"imei=" + imei1, "mac=C8C2C68C5DA6", "uid=3E0021000A50", "device_key=SN-7"} {
		resp, err := http.Get("http://" + s.Addr().String() + "/?" + who + "&version=2000.1.3&firmware_name=A_LuatOS-SoC_EC718PM")
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		if resp.StatusCode != http.StatusNotFound { // 2000.1.3 is newer than 2.0.0
			t.Errorf("%s: %s", who, resp.Status)
		}
	}
	if n := len(desk.Guests(0)); n != 4 {
		t.Errorf("%d devices are known", n)
	}
}

// TestHTTPSlowClients: whoever never ends its question, or never reads its answer,
// keeps nobody else waiting.
func TestHTTPSlowClients(t *testing.T) {
	t.Parallel()
	s := overHTTP(t, newDesk(t, everybody(newPackage(t, 4<<20, "1.0.1"))))
	for i := range 200 {
		c, err := net.Dial("tcp", s.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		text := "GET /?imei=86"
		if i%2 == 1 { // asks, and does not read
			text = get(strings.Replace(check, imei1, fmt.Sprintf("8600002%08d", i), 1) + "1.0.0")
		}
		if _, err := io.WriteString(c, text); err != nil {
			t.Fatal(err)
		}
	}
	head, body := raw(t, s, get(check+"1.0.0"))
	if !strings.HasPrefix(head, "HTTP/1.1 200 ") || len(body) != 4<<20 {
		t.Errorf("%d bytes after\n%s", len(body), head)
	}
}
