package alinkdevice

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fotabench/devices"
	"fotabench/devices/sim"
)

// TestFaultKinds: every kind can be ordered as it stands, says what it does, and
// is exercised by a test of this file.
func TestFaultKinds(t *testing.T) {
	source, err := os.ReadFile("faults_test.go")
	require.NoError(t, err)
	more, err := os.ReadFile("credentials_test.go")
	require.NoError(t, err)
	for _, k := range FaultKinds() {
		f, err := sim.ParseFault(k.Name, FaultKinds())
		require.NoError(t, err)
		again, err := sim.ParseFault(f.String(), FaultKinds())
		require.NoError(t, err)
		require.Equal(t, f, again)
		require.Equal(t, devices.Code("sim.alink."+k.Name), k.Help)
		require.Regexp(t, regexp.MustCompile(`"`+k.Name+`[="]`), string(source)+string(more))
	}
}

// faulty is a device with faults, a file of 100,000 bytes with version 2, and a
// platform that has seen it come.
type faulty struct {
	*bench
	d     *Device
	store *store
	img   []byte
}

func newFaulty(t *testing.T, flavour string, faults ...string) faulty {
	t.Helper()
	b := newBench(t, passwordOf(t, flavour))
	img := Image("2", 100_000, 6)
	s := newStore(t, map[string][]byte{"fw": img})
	f := faulty{bench: b, store: s, img: img, d: b.start(Options{Flavour: flavour}, faults...)}
	require.NotEmpty(t, b.next("inform").raw)
	return f
}

// pushed pushes the file and tells when that began.
func (f faulty) pushed() time.Time {
	f.Helper()
	since := time.Now()
	f.push(single(f.store.URL+"/fw", "2", f.img))
	return since
}

func TestWrongHash(t *testing.T) {
	f := newFaulty(t, LinkSDK, "wrong-hash")
	for range 2 {
		f.pushed()
		step, desc := f.failure()
		require.Equal(t, "-3", step)
		require.Contains(t, desc, "md5")
	}
	require.Equal(t, "1.0.0", f.d.State().Versions["default"])
}

func TestStall(t *testing.T) {
	f := newFaulty(t, Lenient, "stall=500ms")
	since := f.pushed()
	f.steps("100")
	require.Greater(t, time.Since(since), 500*time.Millisecond)
	require.Equal(t, "2", f.next("inform").params("version"))
}

func TestSlow(t *testing.T) {
	f := newFaulty(t, Lenient, "slow=200000")
	since := f.pushed()
	f.steps("100")
	require.Greater(t, time.Since(since), 490*time.Millisecond)
}

func TestRestartAt(t *testing.T) {
	f := newFaulty(t, Lenient, "restart-at=40000")
	f.pushed()
	require.Equal(t, "1.0.0", f.next("inform").params("version"))
	f.pushed()
	f.steps("100")
	require.Equal(t, "2", f.next("inform").params("version"))
	require.Equal(t, 2, f.d.State().Restarts)
	require.Equal(t, []string{"/fw ", "/fw "}, f.store.requests(), "it does not remember what it had")
}

func TestNeverReturns(t *testing.T) {
	f := newFaulty(t, Lenient, "never-returns")
	f.pushed()
	f.steps("100")
	f.eventually(f.d, "gone", func(s State) bool { return s.Phase == Gone && !s.Connected })
}

func TestKeepsOld(t *testing.T) {
	f := newFaulty(t, Lenient, "keeps-old")
	f.pushed()
	f.steps("100")
	require.Equal(t, "1.0.0", f.next("inform").params("version"))
	require.Equal(t, 1, f.d.State().Restarts)
}

func TestOfflineAtPush(t *testing.T) {
	f := newFaulty(t, Lenient, "offline-at-push=300ms")
	since := f.pushed()
	require.Equal(t, "1.0.0", f.next("inform").params("version"))
	require.Greater(t, time.Since(since), 300*time.Millisecond)
	require.Empty(t, f.store.requests())
	f.pushed()
	f.steps("100")
	require.Equal(t, "2", f.next("inform").params("version"))
}

func TestWrongCRCOnce(t *testing.T) {
	f := newFaulty(t, LinkSDK, "wrong-crc-once")
	img := Image("2", 6000, 6)
	f.push(streamed("2", img))
	offsets := f.serve(img, nil)
	require.Greater(t, offsets[0], 1)
	require.Len(t, offsets, 2)
}

func TestNoInform(t *testing.T) {
	f := newFaulty(t, Lenient, "no-inform")
	f.pushed()
	f.steps("100")
	s := f.eventually(f.d, "back", func(s State) bool { return s.Connects == 2 })
	require.Equal(t, 1, s.Informs)
	require.Equal(t, "2", s.Versions["default"])

	// It works again without a word: the next upgrade is executed, and the broker
	// has handed over everything by then.
	f.pushed()
	f.steps("100")
	require.Empty(t, f.queue("inform"))
}

func TestInformLate(t *testing.T) {
	f := newFaulty(t, Lenient, "inform-late=400ms")
	since := f.pushed()
	f.steps("100")
	require.Equal(t, "2", f.next("inform").params("version"))
	require.Greater(t, time.Since(since), 400*time.Millisecond)
	require.Equal(t, 2, f.d.State().Connects)
}

func TestCuts(t *testing.T) {
	f := newFaulty(t, LinkSDK, "cuts=3")
	f.pushed()
	f.steps("100")
	for version := ""; version != "2"; version = f.next("inform").params("version") {
	}
	asked := f.store.requests()
	require.Len(t, asked, 4)
	require.Equal(t, "/fw bytes=0-", asked[0])
	for _, a := range asked[1:] {
		require.False(t, strings.HasSuffix(a, "=0-"), a)
	}
	require.Greater(t, f.d.State().Connects, 2)
	require.EqualValues(t, len(f.img), f.d.State().Received, "what had come was kept")
}

// TestCutsOfStream: a download over MQTT goes on in the next session.
func TestCutsOfStream(t *testing.T) {
	f := newFaulty(t, LinkSDK, "cuts=2")
	img := Image("2", 5120*6, 6)
	f.push(streamed("2", img))
	f.serve(img, nil)
	require.GreaterOrEqual(t, f.d.State().Connects, 4)
}

func TestProgressStorm(t *testing.T) {
	f := newFaulty(t, Lenient, "progress-storm=500")
	f.pushed()
	steps := f.steps("100")
	require.Greater(t, len(steps), 500)
	require.Equal(t, steps[0], steps[500])
}

func TestNonJSONInform(t *testing.T) {
	b := newBench(t, passwordOf(t, Lenient))
	b.start(Options{}, "non-json-inform")
	m := b.next("inform")
	require.Nil(t, m.fields)
	require.Contains(t, string(m.raw), "1.0.0")
}
