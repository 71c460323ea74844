package aliyun

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"fotabench/devices/checkin"
	"fotabench/devices/sim/alinkdevice"
)

// crowd is how many devices the bench connects.
const crowd = 10_000

// stopwatch is a line that notes when each device was pushed.
type stopwatch struct {
	line
	mu     sync.Mutex
	pushed map[string]time.Time // by topic
}

func (s *stopwatch) publish(topic string, payload []byte) error {
	s.mu.Lock()
	s.pushed[topic] = time.Now()
	s.mu.Unlock()
	return s.line.publish(topic, payload)
}

// crowdEnv makes the test binary the crowd, in a process of its own: one process may
// not open as many sockets as both ends need.
const crowdEnv = "FOTABENCH_ALIYUN_CROWD"

func TestMain(m *testing.M) {
	if server := os.Getenv(crowdEnv); server != "" {
		beCrowd(server)
		return
	}
	flag.Parse()
	// The tests wait for devices nearly all of their time.
	if err := flag.Set("test.parallel", "8"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

func loadName(i int) string { return "load" + strconv.Itoa(i) }

// beCrowd runs the devices and prints when each was pushed, once all were, until
// its input ends.
func beCrowd(server string) {
	received := make([]time.Time, crowd)
	var got, running sync.WaitGroup
	got.Add(crowd)
	ctx, stop := context.WithCancel(context.Background())
	room := make(chan struct{}, 200) // devices that connect at once
	for i := range crowd {
		var once sync.Once
		d := alinkdevice.New(alinkdevice.Options{
			Server: server, ProductKey: productKey, DeviceName: loadName(i), DeviceSecret: secret, Flavour: alinkdevice.Load,
			OnPush: func(at time.Time, _ []byte) {
				once.Do(func() {
					received[i] = at
					got.Done()
				})
			},
		})
		room <- struct{}{}
		running.Go(func() { _ = d.Run(ctx) }) // its context's end
		running.Go(func() {
			defer func() { <-room }()
			for !d.State().Connected && ctx.Err() == nil {
				time.Sleep(10 * time.Millisecond)
			}
		})
	}
	got.Wait()
	for i, at := range received {
		fmt.Println(i, at.UnixNano())
	}
	_, _ = bufio.NewReader(os.Stdin).ReadByte() // its end is the end
	stop()
	running.Wait()
}

// BenchmarkMQTT: ten thousand devices are connected and have reported, all are
// pushed at once, each answers with ten messages of progress. Every message must
// arrive; p99 is from a push to its receipt.
func BenchmarkMQTT(b *testing.B) {
	for b.Loop() {
		crowded(b)
	}
}

func crowded(b *testing.B) {
	b.Helper()
	s := newSite(b)
	watch := &stopwatch{line: s.broker, pushed: map[string]time.Time{}}
	s.platform.join(watch)
	begun := time.Now()
	cmd := exec.Command(os.Args[0])
	cmd.Env, cmd.Stderr = append(os.Environ(), crowdEnv+"=tcp://"+s.broker.Addr().String()), os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	defer func() {
		_ = in.Close()
		_ = cmd.Wait()
	}()
	wait(b, func() bool { return s.platform.Counts().Informs >= crowd })
	b.ReportMetric(time.Since(begun).Seconds(), "s-connect")
	s.desk.SetRules(&checkin.Rules{Register: true, Rules: []checkin.Rule{{
		Offer: checkin.Offer{Package: newPackage(b, "", alinkdevice.Image(newVersion, 10_000, 1))},
	}}})
	begun = time.Now()
	if told, err := s.platform.Offer(b.Context()); err != nil || told != crowd {
		b.Fatalf("%d were told: %v", told, err)
	}
	late := make([]time.Duration, 0, crowd)
	lines := bufio.NewReader(out)
	for range crowd {
		var i int
		var at int64
		if _, err := fmt.Fscanln(lines, &i, &at); err != nil {
			b.Fatalf("after %d devices: %v", len(late), err)
		}
		late = append(late, time.Unix(0, at).Sub(watch.pushed[topicUpgrade+productKey+"/"+loadName(i)]))
	}
	b.ReportMetric(time.Since(begun).Seconds(), "s-push")
	wait(b, func() bool { return s.platform.Counts().Progress >= 10*crowd })
	if n := s.platform.Counts(); n.Progress != 10*crowd || n.Dropped != 0 || n.Garbage != 0 {
		b.Errorf("%+v", n)
	}
	slices.Sort(late)
	b.ReportMetric(late[crowd*99/100].Seconds(), "s-p99")
	b.ReportMetric(late[crowd/2].Seconds(), "s-p50")
	b.ReportMetric(rss(b), "MiB-rss")
	b.ReportMetric(0, "ns/op")
}

// rss is the memory of this process, which is the broker and the update side, in MiB.
func rss(b *testing.B) float64 {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.SplitSeq(string(text), "\n") {
		var kib float64
		if _, err := fmt.Sscanf(line, "VmRSS: %f kB", &kib); err == nil {
			return kib / 1024
		}
	}
	b.Log("no VmRSS")
	return 0
}
