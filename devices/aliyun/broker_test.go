package aliyun

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"fotabench/devices"
	"fotabench/devices/checkin"
	"fotabench/devices/devicetest/vacant"
	"fotabench/devices/sim/alinkdevice"
)

// login connects as a device with the password that its secret makes.
func login(t *testing.T, at, id, name, with string, change func(*mqtt.ClientOptions)) (mqtt.Client, error) {
	t.Helper()
	clientID := id + "|securemode=3,signmethod=hmacsha256|"
	c, ok := read(clientID, name+"&"+productKey, "")
	if !ok {
		t.Fatalf("%q cannot log in", name)
	}
	o := mqtt.NewClientOptions().AddBroker("tcp://" + at).SetClientID(clientID).SetUsername(name + "&" + productKey).
		SetPassword(c.sum(with)).SetAutoReconnect(false).SetConnectRetry(false).SetKeepAlive(60 * time.Second)
	if change != nil {
		change(o)
	}
	client := mqtt.NewClient(o)
	token := client.Connect()
	if !token.WaitTimeout(time.Minute) {
		t.Fatal("no answer to the login")
	}
	if token.Error() == nil {
		t.Cleanup(func() { client.Disconnect(0) })
	}
	return client, token.Error()
}

// TestBrokerAbuse: wrong passwords, other devices' topics, retained, oversized and
// unreadable messages and a storm of them are refused and counted, and the broker
// goes on serving.
func TestBrokerAbuse(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	at := s.broker.Addr().String()
	if _, err := login(t, at, "1", "evil", "not the secret", nil); err == nil {
		t.Error("a wrong password was taken")
	}
	if _, err := login(t, at, "1", "evil", secret, func(o *mqtt.ClientOptions) { o.SetUsername("evil&otherKey") }); err == nil {
		t.Error("a device that is not registered was let in")
	}
	if _, err := login(t, at, "1", "lazy", secret, func(o *mqtt.ClientOptions) { o.SetKeepAlive(2 * time.Hour) }); err == nil {
		t.Error("a keep-alive of two hours was taken")
	}
	if n := s.platform.Counts().Refused; n < 2 {
		t.Errorf("%d logins counted as refused", n)
	}
	evil, err := login(t, at, "1", "evil", secret, nil)
	if err != nil {
		t.Fatal(err)
	}
	var heard atomic.Int64
	for _, filter := range []string{"#", "/ota/#", "/ota/device/upgrade/+/+", "/ota/device/upgrade/" + productKey + "/victim", "$SYS/#"} {
		token := evil.Subscribe(filter, 1, func(mqtt.Client, mqtt.Message) { heard.Add(1) })
		token.WaitTimeout(time.Minute)
		if codes := token.(*mqtt.SubscribeToken).Result(); codes[filter] < 0x80 {
			t.Errorf("%s: granted %#x", filter, codes[filter])
		}
	}
	victim := s.visit(t, "tcp://"+at, alinkdevice.Options{Flavour: alinkdevice.Lenient})
	_, who, _ := named(victim.at)
	send := func(c mqtt.Client, topic string, retain bool, payload string) {
		c.Publish(topic, 1, retain, payload).WaitTimeout(time.Minute)
	}
	before, _ := s.desk.Guest(victim.at)
	send(evil, topicInform+productKey+"/"+who, false, `{"params":{"version":"6.6.6"}}`)
	again, err := login(t, at, "1", "evil", secret, nil) // being denied may have cost the connection
	if err != nil {
		t.Fatal(err)
	}
	own := topicInform + productKey + "/evil"
	send(again, own, false, "this is not JSON")
	send(again, own, false, `{"params":{"version":"`+strings.Repeat("9", 2*maxMessage)+`"}}`)
	for range 3 * burst {
		again.Publish(own, 0, false, `{"params":{"version":"1.0.0"}}`)
	}
	wait(t, func() bool { return s.platform.Counts().Dropped > 0 && s.platform.Counts().Garbage > 0 })
	if g, _ := s.desk.Guest(victim.at); g.Identity.Firmware != before.Identity.Firmware {
		t.Errorf("another device spoke for it: %+v", g.Identity)
	}
	if heard.Load() != 0 {
		t.Errorf("%d messages of others were heard", heard.Load())
	}
	// The victim is served as if nothing had happened.
	s.upgrade(t, victim, devices.MQTT)
}

// upgrade arms a device and waits until it reports the new version.
func (s *site) upgrade(t *testing.T, v *visitor, method devices.Method) {
	t.Helper()
	pkg := newPackage(t, "", alinkdevice.Image(newVersion, 60_000, 9))
	session, err := s.driver.Open(t.Context(), v.at, devices.Access{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	job := &devices.Job{Package: pkg, Method: method}
	if method == devices.HTTP {
		host(t, job)
	}
	if _, err := session.Deliver(ctx, job, nothing{}); err != nil {
		t.Fatal(err)
	}
	wait(t, func() bool { g, _ := s.desk.Guest(v.at); return g.Phase == checkin.Verified })
	if v.Running() != newVersion {
		t.Errorf("verified, but it runs %s", v.Running())
	}
}

type nothing struct{}

func (nothing) Progress(int64, int64)     {}
func (nothing) Note(devices.Code, ...any) {}

// TestBrokerReplaces: a second login of one device ends the first, whatever its
// client id.
func TestBrokerReplaces(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	at := s.broker.Addr().String()
	lost := make(chan struct{})
	first, err := login(t, at, "1", "twin", secret, func(o *mqtt.ClientOptions) {
		o.SetConnectionLostHandler(func(mqtt.Client, error) { close(lost) })
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := login(t, at, "2", "twin", secret, nil); err != nil {
		t.Fatal(err)
	}
	select {
	case <-lost:
	case <-time.After(time.Minute):
		t.Fatalf("the first is still connected: %v", first.IsConnected())
	}
	wait(t, func() bool { return s.platform.Counts().Devices == 1 })
}

// mosquitto starts a real broker and gives its address.
func mosquitto(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("mosquitto")
	if err != nil {
		if path = "/usr/sbin/mosquitto"; os.Getenv("FOTABENCH_PEERS") == "required" {
			if _, err := os.Stat(path); err != nil {
				t.Fatal("mosquitto is required")
			}
		} else if _, err := os.Stat(path); err != nil {
			t.Skip("mosquitto is not installed")
		}
	}
	at := vacant.TCP(t)
	_, port, _ := net.SplitHostPort(at)
	conf := filepath.Join(t.TempDir(), "mosquitto.conf")
	text := fmt.Sprintf("listener %s 127.0.0.1\nallow_anonymous true\npersistence false\nmax_queued_messages 10000\n", port)
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, "-c", conf)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	wait(t, func() bool {
		c, err := net.Dial("tcp", at)
		if err == nil {
			_ = c.Close()
		}
		return err == nil
	})
	return at
}

// TestForeignBroker: devices that are connected to mosquitto are served there, and
// its own tools see what is said.
func TestForeignBroker(t *testing.T) {
	t.Parallel()
	at := mosquitto(t)
	s := newSite(t)
	client, err := Connect(t.Context(), ClientConfig{URL: "tcp://" + at, ID: "bench"}, s.platform)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	if why := client.Trouble(); why != "" {
		t.Error(why)
	}
	_, port, _ := net.SplitHostPort(at)
	if sub, err := exec.LookPath("mosquitto_sub"); err == nil {
		// It hears what was kept once it has subscribed; what is said before that it does not.
		if out, err := exec.Command("mosquitto_pub", "-p", port, "-r", "-t", "ready", "-m", "ready").CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		cmd := exec.Command(sub, "-p", port, "-t", topicUpgrade+"+/+", "-t", "ready", "-C", "2", "-W", "60")
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		if line := lineWith(lines, "ready"); line == "" {
			t.Error("mosquitto_sub does not subscribe")
		}
		t.Cleanup(func() {
			line := lineWith(lines, `"message"`)
			if !strings.Contains(line, `"message":"success"`) || !strings.Contains(line, newVersion) {
				t.Errorf("mosquitto_sub saw %q", line)
			}
			_ = cmd.Wait()
		})
	}
	for _, method := range []devices.Method{devices.HTTP, devices.MQTT} {
		s.upgrade(t, s.visit(t, "tcp://"+at, alinkdevice.Options{Flavour: alinkdevice.LinkSDK}), method)
	}
	if pub, err := exec.LookPath("mosquitto_pub"); err == nil {
		cmd := exec.Command(pub, "-p", port, "-t", topicInform+productKey+"/byhand", "-m", `{"id":1,"params":{"version":"0.0.1"}}`)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		wait(t, func() bool {
			g, ok := s.desk.Guest(address(productKey, "byhand"))
			return ok && g.Identity.Firmware == "0.0.1"
		})
	}
}

// lineWith is the next line that holds text, "" if none does.
func lineWith(lines *bufio.Scanner, text string) string {
	for lines.Scan() {
		if strings.Contains(lines.Text(), text) {
			return lines.Text()
		}
	}
	return ""
}

// TestConnectErrors: no broker, and one that refuses, are told apart.
func TestConnectErrors(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for at, want := range map[string]devices.Code{vacant.TCP(t): NoteBroker, s.broker.Addr().String(): NoteBrokerLogin} {
		_, err := Connect(t.Context(), ClientConfig{URL: "tcp://" + at, ID: "x", User: "u", Password: "geheim"}, s.platform)
		if err == nil || !strings.Contains(err.Error(), at) || strings.Contains(err.Error(), "geheim") {
			t.Errorf("%s: %v", at, err)
		}
		var e *devices.Error
		if e, _ = err.(*devices.Error); e == nil || e.Note != want {
			t.Errorf("%s: %v, want %s", at, err, want)
		}
	}
}

// TestSameClientID: many SDKs send the same client id, or none; each device is served
// all the same, and none gets what is another's.
func TestSameClientID(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	server := "tcp://" + s.broker.Addr().String()
	one := s.visit(t, server, alinkdevice.Options{Flavour: alinkdevice.Lenient, EmptyID: true})
	two := s.visit(t, server, alinkdevice.Options{Flavour: alinkdevice.Lenient, EmptyID: true})
	wait(t, func() bool { return one.State().Connected && two.State().Connected && s.platform.Counts().Devices == 2 })
	s.upgrade(t, one, devices.MQTT)
	if two.Running() != oldVersion || two.State().Pushes != 0 {
		t.Errorf("the other one got it too: %+v", two.State())
	}
	s.upgrade(t, two, devices.MQTT)
	if n := one.State().Refusals + two.State().Refusals; n != 0 {
		t.Errorf("%d logins were refused", n)
	}
}

// TestSilentConnections: whoever connects and never logs in keeps nobody out, and
// does not keep the broker from closing.
func TestSilentConnections(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for range 200 {
		c, err := net.Dial("tcp", s.broker.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
	}
	s.upgrade(t, s.visit(t, "tcp://"+s.broker.Addr().String(), alinkdevice.Options{Flavour: alinkdevice.Lenient}), devices.MQTT)
	closed := make(chan error, 1)
	go func() { closed <- s.broker.Close() }()
	select {
	case err := <-closed:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(time.Minute):
		t.Error("the broker does not close")
	}
}

// TestOfferSkipsTheAbsent: when the rules change only those that are connected are
// given something; who is away is not armed behind a person's back.
func TestOfferSkipsTheAbsent(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	server := "tcp://" + s.broker.Addr().String()
	away, here := s.visit(t, server, alinkdevice.Options{}), s.visit(t, server, alinkdevice.Options{})
	away.stop()
	<-away.done
	_, name, _ := named(away.at)
	wait(t, func() bool { return !s.broker.reaches(productKey, name) })
	s.desk.SetRules(&checkin.Rules{Register: true, Rules: []checkin.Rule{{
		Offer: checkin.Offer{Package: newPackage(t, "", alinkdevice.Image(newVersion, 10_000, 1))},
	}}})
	if told, err := s.platform.Offer(t.Context()); err != nil || told != 1 {
		t.Errorf("%d were told: %v", told, err)
	}
	if g, _ := s.desk.Guest(away.at); g.Phase != checkin.Idle {
		t.Errorf("the one that is away: %+v", g)
	}
	wait(t, func() bool { g, _ := s.desk.Guest(here.at); return g.Phase == checkin.Verified })
}

// TestOfferEnds: who was not told yet when an offer was given up is not said to be refused.
func TestOfferEnds(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	here := s.visit(t, "tcp://"+s.broker.Addr().String(), alinkdevice.Options{})
	s.desk.SetRules(&checkin.Rules{Register: true, Rules: []checkin.Rule{{
		Offer: checkin.Offer{Package: newPackage(t, "", alinkdevice.Image(newVersion, 10_000, 1))},
	}}})
	g, _ := s.desk.Guest(here.at)
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if s.platform.offer(ctx, g) {
		t.Error("told")
	}
	if g, _ := s.desk.Guest(here.at); g.Phase != checkin.Idle {
		t.Errorf("%+v", g)
	}
}

// TestStolenClientID: a registered device with another's client id neither evicts it
// nor gets what is meant for it.
func TestStolenClientID(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	at := s.broker.Addr().String()
	lost := make(chan struct{})
	victim, err := login(t, at, "same", "victim", secret, func(o *mqtt.ClientOptions) {
		o.SetCleanSession(false).SetConnectionLostHandler(func(mqtt.Client, error) { close(lost) })
	})
	if err != nil {
		t.Fatal(err)
	}
	var heard atomic.Int64
	if _, err := login(t, at, "same", "evil", secret, func(o *mqtt.ClientOptions) {
		o.SetCleanSession(false).SetDefaultPublishHandler(func(mqtt.Client, mqtt.Message) { heard.Add(1) })
	}); err != nil {
		t.Fatal(err)
	}
	wait(t, func() bool { return s.platform.Counts().Devices == 2 })
	mine := make(chan struct{})
	topic := topicUpgrade + productKey + "/victim"
	victim.Subscribe(topic, 1, func(mqtt.Client, mqtt.Message) { close(mine) }).WaitTimeout(time.Minute)
	if err := s.broker.publish(topic, []byte(`{}`)); err != nil {
		t.Fatal(err)
	}
	select {
	case <-mine:
	case <-lost:
		t.Error("the victim was thrown out")
	case <-time.After(time.Minute):
		t.Error("the victim does not get what is its own")
	}
	if heard.Load() != 0 {
		t.Errorf("the other one heard %d messages", heard.Load())
	}
}
