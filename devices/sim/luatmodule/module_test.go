package luatmodule

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fotabench/devices/sim"
)

// brisk makes the 10 s of the protocol a fifth of a second, which a loopback
// answer beats on a slow machine too.
const brisk Pace = 0.02

// patient makes them half a second, for tests that count what is sent.
const patient Pace = 0.05

// hasty makes them 20 ms, for tests in which many datagrams have to be sent
// again and none is counted.
const hasty Pace = 0.002

// within is how long a test may take at all.
func within(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func faults(t *testing.T, texts ...string) sim.Faults {
	t.Helper()
	fs, err := sim.ParseFaults(texts, FaultKinds())
	require.NoError(t, err)
	return fs
}

func options(d Dialect, server string) Options {
	return Options{
		Dialect: d, Server: server, Pace: brisk, KeepImage: true,
		IMEI: "861234567890123", MAC: "C8C2C68A0102", Serial: "SN01", ProjectKey: "KEY",
		Project: "DEMO", Core: "Luat_V0026_RDA8910", Version: "1.0.0",
	}
}

func hexSHA256(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// requireInstalled checks that m runs 1.0.1 from exactly this image.
func requireInstalled(t *testing.T, m *Module, got Result, image []byte) {
	t.Helper()
	require.Equal(t, Installed, got.Outcome, "%+v", got)
	require.Equal(t, "1.0.1", got.Version)
	require.Equal(t, "1.0.1", m.Version())
	require.EqualValues(t, len(image), got.Bytes)
	require.Equal(t, hexSHA256(image), got.SHA256)
	require.Equal(t, image, m.Stored())
}

func TestImage(t *testing.T) {
	t.Parallel()
	for _, size := range []int{0, 80, 81, 1022, 1023, 3 * 1022, 70000} {
		image := Image("2.3.4", size, 7)
		require.Len(t, image, max(size, imageHeader+imageTrailer))
		require.Equal(t, image, Image("2.3.4", size, 7), "the seed decides")
		for _, step := range []int{1, 7, 48, 1022, len(image)} {
			f := stored(image, step, false)
			version, err := f.check()
			require.NoError(t, err)
			require.Equal(t, "2.3.4", version)
			require.Equal(t, hexSHA256(image), hex.EncodeToString(f.digest()))
		}
		_, err := stored(image[:len(image)-1], 100, false).check()
		require.Error(t, err, "too short")
		_, err = stored(append(image[:len(image):len(image)], 0), 100, false).check()
		require.Error(t, err, "too long")
		_, err = stored(image, 100, true).check()
		require.Error(t, err, "a spoiled byte")
		for _, at := range []int{0, 20, len(image) - 1, len(image) - 33} {
			image[at] ^= 1
			_, err := stored(image, 100, false).check()
			require.Error(t, err, "a flipped bit at %d of %d", at, size)
			image[at] ^= 1
		}
	}
	require.NotEqual(t, Image("2.3.4", 500, 7), Image("2.3.4", 500, 8))
}

func stored(image []byte, step int, spoil bool) *flash {
	f := flash{spoil: spoil}
	f.erase()
	f.total = int64(len(image))
	for len(image) > 0 {
		n := min(step, len(image))
		f.write(image[:n])
		image = image[n:]
	}
	return &f
}

// FuzzFlash holds the check to its one promise: what it takes ends in the
// SHA-256 of all before.
func FuzzFlash(f *testing.F) {
	f.Add(Image("1.0.1", 200, 1), 9)
	f.Add([]byte("SIMLUAT1\x00\x00\x00\x00\x00\x00\x00\x01"), 1)
	f.Fuzz(func(t *testing.T, image []byte, step int) {
		if _, err := stored(image, max(step, 1), false).check(); err != nil {
			return
		}
		sum := sha256.Sum256(image[:len(image)-imageTrailer])
		require.Equal(t, sum[:], image[len(image)-imageTrailer:])
	})
}

func TestOptionsThatNoModuleCanHave(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*Options){
		"dialect":  func(o *Options) { o.Dialect = "esperanto" },
		"server":   func(o *Options) { o.Server = "" },
		"comma":    func(o *Options) { o.Project = "A,B" },
		"IMEI":     func(o *Options) { o.IMEI = "86123456789012X" },
		"version":  func(o *Options) { o.Version = "1.0" },
		"d.d.d":    func(o *Options) { o.Version = "10.0.0" },
		"key":      func(o *Options) { o.Dialect, o.ProjectKey = Libfota2, "" },
		"nameless": func(o *Options) { o.Dialect, o.IMEI, o.MAC, o.Serial = Libfota2, "", "", "" },
	} {
		o := options(UDPHosted, "127.0.0.1:9")
		spoil(&o)
		_, err := New(o).Once(within(t))
		require.ErrorContains(t, err, "luatmodule: ", name)
		require.Error(t, New(o).Run(within(t)), name)
	}
}

func TestOneTurnAtATime(t *testing.T) {
	t.Parallel()
	m := New(options(UDP, "127.0.0.1:9"))
	m.turn.Lock()
	_, err := m.Once(within(t))
	require.ErrorIs(t, err, errTurn)
	require.ErrorIs(t, m.Run(within(t)), errTurn)
}

func TestFaultKindsHaveHelp(t *testing.T) {
	t.Parallel()
	for _, k := range FaultKinds() {
		require.EqualValues(t, "sim.luat."+k.Name, k.Help)
		_, err := sim.ParseFault(k.Name, FaultKinds())
		require.NoError(t, err, "%s needs a default", k.Name)
	}
}

func TestPace(t *testing.T) {
	t.Parallel()
	require.Equal(t, time.Minute, Pace(0).of(time.Minute))
	require.Equal(t, 600*time.Millisecond, Pace(0.01).of(time.Minute))
	require.Equal(t, time.Millisecond, Pace(1e-9).of(time.Minute))
}

func TestCoreNumber(t *testing.T) {
	t.Parallel()
	for core, want := range map[string]string{"V1103_AIR780E": "1103", "Luat_V0026_RDA8910_TTS": "0026", "Vx_1": "Vx_1", "": ""} {
		require.Equal(t, want, coreNumber(core))
	}
}

func TestPrintable(t *testing.T) {
	t.Parallel()
	require.Equal(t, "a.b", printable("a\x00b"))
	require.Equal(t, 199, len(printable(string(make([]byte, 100))+"升升升升升升升升升升升升升升升升升升升升升升升升升升升升升升升升升升升升升升")))
}

// TestEndsWithItsContext ends a module in its waits: nothing answers it, and at
// real pace each wait is longer than the test.
func TestEndsWithItsContext(t *testing.T) {
	t.Parallel()
	reason := errors.New("enough")
	for _, d := range Dialects() {
		mute := listen(t, func([]byte) [][]byte { return nil })
		if !d.datagrams() {
			mute = webServer(t, func(*request) string { return "" })
		}
		o := options(d, mute)
		o.Pace = 1
		m := New(o)
		ctx, cancel := context.WithCancelCause(within(t))
		asked := make(chan error, 1)
		go func() {
			_, err := m.Once(ctx)
			asked <- err
		}()
		require.Eventually(t, func() bool { return m.State().Phase == Asking }, time.Minute, time.Millisecond)
		cancel(reason)
		require.ErrorIs(t, <-asked, reason, d)
		require.ErrorIs(t, m.Run(ctx), reason, d)
		require.Equal(t, Off, m.State().Phase)
	}
}

func TestInstallsDecides(t *testing.T) {
	t.Parallel()
	d := &depot{image: []byte("a vendor's file of which only the user knows what it is")}
	o := options(UDP, listen(t, d.answer))
	var seen []byte
	o.KeepImage = false
	o.Installs = func(image []byte) (string, error) {
		seen = image
		return "1.0.1", nil
	}
	m := New(o)
	got, err := m.Once(within(t))
	require.NoError(t, err)
	require.Equal(t, Installed, got.Outcome)
	require.Equal(t, "1.0.1", m.Version())
	require.Equal(t, d.image, seen)
	require.Nil(t, m.Stored())

	o.Installs = nil
	got, err = New(o).Once(within(t))
	require.NoError(t, err)
	require.Equal(t, KeptOld, got.Outcome, "without Installs it is no image")
}
