package alinkdevice

import (
	"bytes"
	"context"
	"crypto/pbkdf2"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
	"github.com/stretchr/testify/require"

	"fotabench/devices/devicetest/vacant"
	"fotabench/devices/sim"
)

// patience bounds every wait of these tests; a machine that is busy with the
// race detector needs some.
const patience = 60 * time.Second

// The triple of the published vectors (docs/protocols/aliyun.md, Connect).
const (
	product = "pk"
	name    = "device"
	secret  = "secret"
)

// errPowerOff is why devices stop.
var errPowerOff = errors.New("power off")

const broker = "/usr/sbin/mosquitto"

// startBroker runs mosquitto with these users, or open to all if that is nil, and
// further lines of configuration, and gives its host:port.
func startBroker(t testing.TB, users map[string]string, more ...string) string {
	t.Helper()
	if _, err := os.Stat(broker); err != nil {
		if os.Getenv("FOTABENCH_PEERS") == "required" {
			t.Fatal(err)
		}
		t.Skip("mosquitto is not here")
	}
	dir := t.TempDir()
	var passwords strings.Builder
	for user, password := range users {
		salt := []byte("saltsaltsalt")
		key, err := pbkdf2.Key(sha512.New, password, salt, 101, 64)
		require.NoError(t, err)
		fmt.Fprintf(&passwords, "%s:$7$101$%s$%s\n", user, base64.StdEncoding.EncodeToString(salt), base64.StdEncoding.EncodeToString(key))
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "users"), []byte(passwords.String()), 0o600))
	for range 5 {
		address := vacant.TCP(t)
		if tryBroker(t, dir, address, users != nil, more) {
			return address
		}
	}
	t.Fatal("mosquitto does not start")
	return ""
}

func tryBroker(t testing.TB, dir, address string, users bool, more []string) bool {
	t.Helper()
	_, port, _ := net.SplitHostPort(address)
	lines := []string{
		"listener " + port + " 127.0.0.1", "persistence false", "max_queued_messages 0", "log_dest stderr", "log_type error",
	}
	if users {
		lines = append(lines, "allow_anonymous false", "password_file "+filepath.Join(dir, "users"))
	} else {
		lines = append(lines, "allow_anonymous true")
	}
	if os.Getuid() == 0 {
		lines = append(lines, "user root")
	}
	config := filepath.Join(dir, port+".conf")
	require.NoError(t, os.WriteFile(config, []byte(strings.Join(append(lines, more...), "\n")+"\n"), 0o600))
	command := exec.Command(broker, "-c", config)
	command.Stderr = t.Output()
	require.NoError(t, command.Start())
	ended := make(chan error, 1)
	go func() { ended <- command.Wait() }()
	for {
		if conn, err := net.Dial("tcp", address); err == nil {
			_ = conn.Close()
			break
		}
		select {
		case <-ended:
			return false
		case <-time.After(5 * time.Millisecond):
		}
	}
	t.Cleanup(func() {
		_ = command.Process.Kill()
		<-ended
	})
	return true
}

// message is what the platform received from a device.
type message struct {
	topic string
	raw   []byte
	at    time.Time
	// fields is nil if the text is not JSON, after NUL bytes are cut off.
	fields map[string]any
}

// params gives one of the message's params as text.
func (m message) params(key string) string {
	params, _ := m.fields["params"].(map[string]any)
	if v, ok := params[key]; ok {
		return fmt.Sprint(v)
	}
	return ""
}

// bench is a broker with somebody behind it who plays the platform.
type bench struct {
	testing.TB
	address string
	client  mqtt.Client
	mu      sync.Mutex
	queues  map[string]chan message
}

// newBench starts a broker that knows the device of the vectors with this password.
func newBench(t testing.TB, password string, more ...string) *bench {
	t.Helper()
	return join(t, startBroker(t, map[string]string{"platform": "platform", name + "&" + product: password}, more...))
}

// join connects the platform to a broker and subscribes to all that devices send.
func join(t testing.TB, address string) *bench {
	t.Helper()
	b := &bench{TB: t, address: address, queues: map[string]chan message{}}
	b.client = mqtt.NewClient(mqtt.NewClientOptions().AddBroker("tcp://" + b.address).SetClientID("platform").
		SetUsername("platform").SetPassword("platform").SetDefaultPublishHandler(b.receive))
	b.done(b.client.Connect())
	b.done(b.client.SubscribeMultiple(map[string]byte{
		"/ota/device/inform/#": 1, "/ota/device/progress/#": 1,
		"/sys/+/+/thing/ota/firmware/get": 1, "/sys/+/+/thing/file/download": 1,
	}, nil))
	b.Cleanup(func() { b.client.Disconnect(1000) })
	return b
}

func (b *bench) done(token mqtt.Token) {
	b.Helper()
	require.True(b, token.WaitTimeout(patience))
	require.NoError(b, token.Error())
}

func (b *bench) queue(kind string) chan message {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.queues[kind] == nil {
		b.queues[kind] = make(chan message, 50000)
	}
	return b.queues[kind]
}

// kinds of messages, by a part of their topics.
var kinds = []string{"inform", "progress", "firmware/get", "file/download"}

func (b *bench) receive(_ mqtt.Client, m mqtt.Message) {
	got := message{topic: m.Topic(), raw: m.Payload(), at: time.Now()}
	if json.Unmarshal(bytes.TrimRight(got.raw, "\x00"), &got.fields) != nil {
		got.fields = nil
	}
	for _, kind := range kinds {
		if strings.Contains(got.topic, "/"+kind) {
			b.queue(kind) <- got
		}
	}
}

// next waits for the next message of a kind.
func (b *bench) next(kind string) message {
	b.Helper()
	select {
	case m := <-b.queue(kind):
		return m
	case <-time.After(patience):
		b.Fatalf("no %s came", kind)
		return message{}
	}
}

// steps reads progress up to and including a step, and gives all of it.
func (b *bench) steps(last string) []string {
	b.Helper()
	var all []string
	for {
		m := b.next("progress")
		all = append(all, m.params("step"))
		if all[len(all)-1] == last {
			return all
		}
		require.False(b, strings.HasPrefix(m.params("step"), "-"), "step %s: %s", m.params("step"), m.params("desc"))
	}
}

// failure reads progress up to a negative step and gives it and its text.
func (b *bench) failure() (step, desc string) {
	b.Helper()
	for {
		m := b.next("progress")
		if strings.HasPrefix(m.params("step"), "-") {
			return m.params("step"), m.params("desc")
		}
		require.NotEqual(b, "100", m.params("step"))
	}
}

func (b *bench) publish(topic string, payload []byte) {
	b.Helper()
	b.done(b.client.Publish(topic, 1, false, payload))
}

// push sends an upgrade.
func (b *bench) push(data map[string]any) {
	b.Helper()
	payload, err := json.Marshal(map[string]any{"code": "1000", "id": 1, "message": "success", "data": data})
	require.NoError(b, err)
	b.publish("/ota/device/upgrade/"+product+"/"+name, payload)
}

// start switches a device on; it is off again when the test ends.
func (b *bench) start(o Options, faults ...string) *Device {
	b.Helper()
	if len(faults) > 0 {
		var err error
		o.Faults, err = sim.ParseFaults(faults, FaultKinds())
		require.NoError(b, err)
	}
	o.ProductKey, o.DeviceName, o.DeviceSecret = product, name, secret
	if o.Server == "" {
		o.Server = "tcp://" + b.address
	}
	if o.Pace == 0 {
		o.Pace = 0.01
	}
	d := New(o)
	ctx, off := context.WithCancelCause(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- d.Run(ctx) }()
	b.Cleanup(func() {
		off(errPowerOff)
		select {
		case err := <-ended:
			require.ErrorIs(b, err, errPowerOff)
		case <-time.After(patience):
			b.Error("the device does not stop")
		}
		require.Equal(b, Off, d.State().Phase)
		require.False(b, d.State().Connected)
	})
	return d
}

// eventually waits until the device is in a state.
func (b *bench) eventually(d *Device, what string, ok func(State) bool) State {
	b.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(2 * time.Millisecond) {
		if s := d.State(); ok(s) {
			return s
		}
	}
	b.Fatalf("never %s: %+v", what, d.State())
	return State{}
}

// store is a plain file server that remembers what it was asked.
type store struct {
	*httptest.Server
	mu    sync.Mutex
	asked []string // path and Range of each request
}

func newStore(t testing.TB, files map[string][]byte) *store {
	t.Helper()
	s := &store{}
	s.Server = httptest.NewServer(s.handler(files))
	t.Cleanup(s.Close)
	return s
}

func (s *store) handler(files map[string][]byte) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.asked = append(s.asked, r.URL.Path+" "+r.Header.Get("Range"))
		s.mu.Unlock()
		content, ok := files[strings.TrimPrefix(r.URL.Path, "/")]
		if !ok {
			http.NotFound(w, r)
			return
		}
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
	})
}

func (s *store) requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.asked...)
}
