package aliyun

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"fotabench/devices"
	"fotabench/devices/checkin"
)

// heardLine is a line that notes what is published; every device is connected.
type heardLine struct {
	mu     sync.Mutex
	topics []string
}

func (*heardLine) name() string                { return "note" }
func (*heardLine) reaches(string, string) bool { return true }

func (*heardLine) connection(string, string) any { return nil }
func (*heardLine) after(time.Duration, func())   {}

func (n *heardLine) publish(topic string, _ []byte) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.topics = append(n.topics, topic)
	return nil
}

// told counts the pushes and the answers that went out.
func (n *heardLine) told() (count int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, topic := range n.topics {
		if strings.HasPrefix(topic, topicUpgrade) || strings.HasSuffix(topic, afterGetReply) {
			count++
		}
	}
	return count
}

// TestOldFailures: a device that was told twice of what a person then took back fails
// twice with it. Neither is the failure of what it is given next; the third is.
func TestOldFailures(t *testing.T) {
	t.Parallel()
	const who = productKey + "/device"
	desk, line := checkin.New(checkin.Config{}), &heardLine{}
	p := NewPlatform(desk, nil)
	p.join(line)
	said := func(topic, params string) {
		p.hear(t.Context(), line, "", topic, []byte(`{"id":"1","params":{`+params+`}}`))
	}
	failed := func() { said(topicProgress+who, `"step":"-2","desc":"EOF","module":"FIRMWARE_NAME"`) }
	said(topicInform+who, `"version":"1.0.0","module":"FIRMWARE_NAME"`)
	s, err := New(desk, p).Open(t.Context(), address(productKey, "device"), devices.Access{})
	if err != nil {
		t.Fatal(err)
	}
	image := newPackage(t, "FIRMWARE_NAME", []byte("an image"))
	// deliver waits until the device was told of it.
	deliver := func() (end func() error, stop context.CancelFunc) {
		ctx, stop := context.WithCancel(t.Context())
		before, done := line.told(), make(chan error, 1)
		go func() {
			_, err := s.Deliver(ctx, &devices.Job{
				Package: image, Method: devices.HTTP,
				Sources: []devices.Source{{URL: "http://127.0.0.1:9/p", Served: func() int64 { return 0 }}},
			}, quiet{})
			done <- err
		}()
		wait(t, func() bool { return line.told() > before })
		return func() error { return <-done }, stop
	}
	end, stop := deliver()
	said(topicSys+who+afterGet, `"module":"FIRMWARE_NAME"`)
	stop()
	if err := end(); !errors.Is(err, context.Canceled) || line.told() != 2 {
		t.Fatalf("told %d times, %v", line.told(), err)
	}
	said(topicInform+who, `"version":"2.0.0","module":"PROJECT_NAME"`) // of another module: no new start
	end, stop = deliver()
	defer stop()
	for times := 1; times <= 2; times++ {
		failed()
		if line.told() != 3+times {
			t.Fatalf("after old failure %d it was told %d times", times, line.told())
		}
		if desk.Pending(address(productKey, "device"), "FIRMWARE_NAME") == nil {
			t.Fatalf("old failure %d ended what it was given next: %v", times, end())
		}
	}
	failed()
	if err := end(); !errors.Is(err, devices.Refused) {
		t.Errorf("its own failure: %v", err)
	}
}

// quiet is a report that nobody reads.
type quiet struct{}

func (quiet) Progress(int64, int64)     {}
func (quiet) Note(devices.Code, ...any) {}
