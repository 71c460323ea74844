package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	mochi "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/listeners"
	"github.com/mochi-mqtt/server/v2/packets"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fotabench/devices"
	"fotabench/devices/checkin"
	"fotabench/devices/sim/alinkdevice"
	"fotabench/packages"
	"fotabench/ui/demo"
)

const (
	// pace makes ten seconds of a device's time 50 ms.
	pace       = 0.005
	productKey = "a1Fotabench"
	secretText = "hunter2-correct-horse"
	// toVersion is what demo.WriteFleetPackage brings.
	toVersion = "1.0.1"
)

// background runs something until the test ends, and waits for it then.
func background(t testing.TB, run func(context.Context) error) {
	t.Helper()
	enough := errors.New("the test is over")
	ctx, stop := context.WithCancelCause(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := run(ctx); !errors.Is(err, enough) {
			t.Errorf("it ended with %v", err)
		}
	})
	t.Cleanup(func() {
		stop(enough)
		running.Wait()
	})
}

// login is who Aliyun device number i of a fleet is.
func login(i int) (string, string, string) { return productKey, fmt.Sprintf("dev%03d", i), secretText }

// apply writes a plan and makes it the bench's.
func apply(t testing.TB, b *Bench, folder, text string) {
	t.Helper()
	p, err := ReadPlan(written(t, folder, "plan.json", text))
	require.NoError(t, err)
	_, err = b.apply(t.Context(), p, folder, nil)
	require.NoError(t, err)
}

// allRun fails unless count devices come to run what the package brings, each told
// by itself.
func allRun(t testing.TB, b *Bench, count int) {
	t.Helper()
	until(t, fmt.Sprintf("%d verified devices", count), func() bool { return b.Desk().Counts().Verified == int64(count) })
	guests := b.Desk().Guests(0)
	require.Len(t, guests, count)
	for _, g := range guests {
		assert.Equal(t, checkin.Verified, g.Phase, "%s: %v", g.Address, g.Why)
		assert.Equal(t, toVersion, g.Identity.Firmware)
		assert.Equal(t, g.Total, g.Done)
	}
	assert.Zero(t, b.Desk().Counts().Failed)
}

// leave switches a service off while the devices are still there, as a person does
// who has seen enough.
func leave(t testing.TB, b *Bench, s Service) {
	t.Helper()
	until(t, "all connections to be quiet", func() bool { return count(status(t, b, s), CountOpen) == int64(len(b.Desk().Guests(0))) })
	assert.NoError(t, b.Off(s))
}

// fleetPackage writes the package for devices of a kind and gives its folder.
func fleetPackage(t testing.TB, kind demo.Kind) string {
	t.Helper()
	folder := t.TempDir()
	require.NoError(t, demo.WriteFleetPackage(filepath.Join(folder, "fw.bin"), kind))
	return folder
}

// TestLuatFleet: all modules of a fleet come to run what the plan gives them, over
// either protocol, and what happened to each is heard.
func TestLuatFleet(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind    demo.Kind
		service Service
		count   int
	}{{demo.LuatHTTP, LuatHTTP, 8}, {demo.LuatUDP, LuatUDP, 20}} {
		t.Run(string(c.kind), func(t *testing.T) {
			t.Parallel()
			b, folder := newBench(t), fleetPackage(t, c.kind)
			var mu sync.Mutex
			heard, answers := map[string]int{}, 0
			b.Hear(Hooks{
				Device: func(e checkin.Event) {
					mu.Lock()
					defer mu.Unlock()
					heard[e.What]++
				},
				Service: func(e Entry) {
					mu.Lock()
					defer mu.Unlock()
					if e.Luat != nil && e.Service == c.service && e.Aliyun == nil && e.Access == nil {
						answers++
					}
				},
			})
			at := on(t, b, c.service)
			apply(t, b, folder, `{"unknown":"register","packages":[{"name":"fw","files":["fw.bin"]}],"rules":[{"package":"fw","family":"luat"}]}`)
			background(t, func(ctx context.Context) error {
				return demo.Fleet{Kind: c.kind, Server: at, Count: c.count, Pace: pace}.Run(ctx, nil)
			})
			allRun(t, b, c.count)
			st := status(t, b, c.service)
			assert.GreaterOrEqual(t, count(st, CountAnswered), int64(c.count))
			assert.GreaterOrEqual(t, count(st, CountBytes), int64(c.count)*256<<10)
			// A service tells of an answer after it went out, when the desk knows already.
			until(t, "every answer to be told", func() bool {
				mu.Lock()
				defer mu.Unlock()
				return answers >= 2*c.count && heard[string(checkin.Verified)] >= c.count
			})
			mu.Lock()
			defer mu.Unlock()
			for _, what := range []checkin.Phase{checkin.Armed, checkin.Fetching, checkin.Verified} {
				assert.Equal(t, c.count, heard[string(what)], what)
			}
		})
	}
}

// TestLuatFleetIsRefused: without a plan nobody is given anything, and a plan that
// refuses whom it does not list gives it to those it lists.
func TestLuatFleetIsRefused(t *testing.T) {
	t.Parallel()
	b, folder := newBench(t), fleetPackage(t, demo.LuatUDP)
	at := on(t, b, LuatUDP)
	background(t, func(ctx context.Context) error {
		return demo.Fleet{Kind: demo.LuatUDP, Server: at, Count: 3, Pace: pace}.Run(ctx, nil)
	})
	until(t, "three devices", func() bool { return b.Desk().Counts().Devices == 3 })
	guests := b.Desk().Guests(0)
	for _, g := range guests {
		assert.Equal(t, checkin.Idle, g.Phase)
	}
	listed := guests[1]
	apply(t, b, folder, fmt.Sprintf(`{"packages":[{"name":"fw","files":["fw.bin"]}],"devices":[{"imei":%q,"package":"fw"}]}`, listed.Identity.IMEI))
	phase := func(at devices.Address) checkin.Phase {
		g, _ := b.Desk().Guest(at)
		return g.Phase
	}
	until(t, "the listed one", func() bool { return phase(listed.Address) == checkin.Verified })
	for _, g := range guests {
		if g.Address != listed.Address {
			until(t, "the others to be refused", func() bool { return phase(g.Address) == checkin.Refused })
		}
	}
	assert.EqualValues(t, 1, b.Desk().Counts().Verified)
}

// TestAliyunFleet: all devices of a plan log in with their secrets and come to run
// what it gives them, over each way that it may travel.
func TestAliyunFleet(t *testing.T) {
	t.Parallel()
	const many = 6
	var list []string
	for i := range many {
		key, name, secret := login(i)
		list = append(list, fmt.Sprintf(`{"productKey":%q,"deviceName":%q,"secret":%q,"package":"fw"}`, key, name, secret))
	}
	for name, c := range map[string]struct {
		over    string
		host    Service
		flavour string
	}{
		"from our own host":            {`"over":"http",`, HTTP, alinkdevice.LinkSDK},
		"from where nobody says":       {``, HTTP, alinkdevice.Lenient},
		"over MQTT":                    {`"over":"mqtt",`, "", alinkdevice.LinkSDK},
		"over MQTT, with a host there": {`"over":"mqtt",`, HTTP, alinkdevice.Lenient},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, folder := newBench(t), fleetPackage(t, demo.Aliyun)
			if c.host != "" {
				on(t, b, c.host)
			}
			at := on(t, b, MQTT)
			apply(t, b, folder, `{"packages":[{"name":"fw",`+c.over+`"files":["fw.bin"]}],"devices":[`+strings.Join(list, ",")+`]}`)
			background(t, func(ctx context.Context) error {
				return demo.Fleet{Kind: demo.Aliyun, Server: "tcp://" + at, Count: many, Pace: pace, Flavour: c.flavour, Login: login}.Run(ctx, nil)
			})
			allRun(t, b, many)
			defer leave(t, b, MQTT)
			mqtt, size := status(t, b, MQTT), int64(256<<10)
			assert.GreaterOrEqual(t, count(mqtt, CountPushes), int64(many))
			if strings.Contains(c.over, "mqtt") {
				assert.GreaterOrEqual(t, count(mqtt, CountBytes), many*size)
				return
			}
			assert.Zero(t, count(mqtt, CountBytes))
			assert.GreaterOrEqual(t, count(status(t, b, HTTP), CountBytes), many*size)
		})
	}
}

// TestSetRulesTells: devices that are connected and would not ask again are told
// when there is something for them; those that are not registered never get in.
func TestSetRulesTells(t *testing.T) {
	t.Parallel()
	b, folder := newBench(t), fleetPackage(t, demo.Aliyun)
	at := on(t, b, MQTT)
	for i := range 3 {
		b.Register(login(i))
	}
	stranger := alinkdevice.New(alinkdevice.Options{
		Server: "tcp://" + at, ProductKey: productKey, DeviceName: "stranger", DeviceSecret: secretText, Pace: pace,
	})
	background(t, stranger.Run)
	background(t, func(ctx context.Context) error {
		return demo.Fleet{Kind: demo.Aliyun, Server: "tcp://" + at, Count: 3, Pace: pace, Login: login}.Run(ctx, nil)
	})
	until(t, "three devices that reported", func() bool {
		return len(b.Desk().Guests(0)) == 3 && count(status(t, b, MQTT), CountInforms) == 3 && stranger.State().Refusals > 0
	})
	assert.Zero(t, count(status(t, b, MQTT), CountPushes))
	apply(t, b, folder, `{"unknown":"register","packages":[{"name":"fw","files":["fw.bin"],"over":"mqtt"}],"rules":[{"package":"fw","family":"aliyun"}]}`)
	allRun(t, b, 3)
	defer leave(t, b, MQTT)
	assert.Zero(t, stranger.State().Connects)
	assert.Positive(t, count(status(t, b, MQTT), CountRefused))
}

// open is the rule of a broker that lets everybody do everything.
type open struct{ mochi.HookBase }

func (*open) Provides(event byte) bool {
	return event == mochi.OnConnectAuthenticate || event == mochi.OnACLCheck
}
func (*open) OnConnectAuthenticate(*mochi.Client, packets.Packet) bool { return true }
func (*open) OnACLCheck(*mochi.Client, string, bool) bool              { return true }

// TestSomebodyElsesBroker: the devices of a broker that is not ours are served
// through it; when it is gone, that is remarked.
func TestSomebodyElsesBroker(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", anywhere)
	require.NoError(t, err)
	broker := mochi.New(&mochi.Options{Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, broker.AddHook(new(open), nil))
	require.NoError(t, broker.AddListener(listeners.NewNet("all", l)))
	require.NoError(t, broker.Serve())
	end := sync.OnceFunc(func() { assert.NoError(t, broker.Close()) })
	t.Cleanup(end)
	at := "tcp://" + l.Addr().String()

	b, folder := newBench(t), fleetPackage(t, demo.Aliyun)
	require.NoError(t, b.On(t.Context(), MQTTClient, Options{Listen: at, User: "desk", Password: secretText}))
	// A broker keeps nothing for who comes later, and these devices speak only once.
	until(t, "the subscription", func() bool {
		return len(broker.Topics.Subscribers("/ota/device/inform/k/d").Subscriptions) > 0
	})
	st := status(t, b, MQTTClient)
	assert.True(t, st.On)
	assert.Equal(t, at, st.Address)
	assert.Empty(t, st.Remarks)
	apply(t, b, folder, `{"unknown":"register","packages":[{"name":"fw","files":["fw.bin"],"over":"mqtt"}],"rules":[{"package":"fw"}]}`)
	background(t, func(ctx context.Context) error {
		return demo.Fleet{Kind: demo.Aliyun, Server: at, Count: 3, Pace: pace, Login: login}.Run(ctx, nil)
	})
	allRun(t, b, 3)
	for _, g := range b.Desk().Guests(0) {
		assert.True(t, g.Simulated, "%s says that it is simulated", g.Address)
	}
	assert.NotContains(t, fmt.Sprint(b.Status()), secretText)
	end()
	until(t, "the remark", func() bool {
		return slices.ContainsFunc(status(t, b, MQTTClient).Remarks, func(r Remark) bool { return r.Code == NoteBrokerLost })
	})
}

// fetched asks for a file and gives its bytes.
func fetched(t testing.TB, url string) ([]byte, error) {
	t.Helper()
	transport := &http.Transport{TLSClientConfig: insecure, DisableKeepAlives: true}
	answer, err := (&http.Client{Transport: transport, Timeout: patience}).Get(url)
	require.NoError(t, err)
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, errors.New(answer.Status)
	}
	return io.ReadAll(answer.Body)
}

// shareOf opens the package of a folder for sharing.
func shareOf(t testing.TB, folder string) []packages.File {
	t.Helper()
	p, err := packages.Open(t.Context(), []string{filepath.Join(folder, "a.bin"), filepath.Join(folder, "b.bin")}, packages.OpenOptions{})
	require.NoError(t, err)
	return p.Files
}

// TestShare: each device has a place of its own on our HTTP host, else on HTTPS;
// what was handed out is counted, and a place that is shut gives nothing.
func TestShare(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	files := shareOf(t, folderOf(t))
	_, _, err := b.Share(t.Context(), files)
	require.ErrorIs(t, err, devices.Absent)
	e, _ := errors.AsType[*devices.Error](err)
	assert.Equal(t, NoteOff, e.Note)
	assert.Nil(t, b.shareIfOn())

	for _, s := range []Service{HTTPS, HTTP} {
		on(t, b, s)
		ctx, stop := context.WithCancel(t.Context())
		sources, shut, err := b.shareIfOn()(ctx, files)
		require.NoError(t, err)
		stop() // whoever asked may be gone before the device fetches
		require.Len(t, sources, 2)
		scheme := strings.ToLower(string(s)) + "://"
		for i, want := range []string{"package a", "package b"} {
			require.True(t, strings.HasPrefix(sources[i].URL, scheme), sources[i].URL)
			assert.Zero(t, sources[i].Served())
			body, err := fetched(t, sources[i].URL)
			require.NoError(t, err)
			assert.Equal(t, want, string(body))
			until(t, "the bytes to be counted", func() bool { return sources[i].Served() == int64(len(want)) })
		}
		other, shutOther, err := b.Share(t.Context(), files)
		require.NoError(t, err)
		assert.NotEqual(t, sources[0].URL, other[0].URL)
		sources[0].Cut()
		_, err = fetched(t, sources[0].URL)
		assert.Error(t, err, "it was cut")
		_, err = fetched(t, other[0].URL)
		assert.NoError(t, err, "another device's place stays")
		shut()
		shutOther()
		_, err = fetched(t, other[0].URL)
		assert.Error(t, err, "it was shut")
	}
}

// TestShareCuts: a transfer under way ends when it is cut, and counts no more.
func TestShareCuts(t *testing.T) {
	t.Parallel()
	b, folder := newBench(t), t.TempDir()
	written(t, folder, "big.bin", strings.Repeat("0123456789abcdef", 1<<20))
	p, err := packages.Open(t.Context(), []string{filepath.Join(folder, "big.bin")}, packages.OpenOptions{})
	require.NoError(t, err)
	on(t, b, HTTP)
	sources, shut, err := b.Share(t.Context(), p.Files)
	require.NoError(t, err)
	defer shut()
	answer, err := http.Get(sources[0].URL)
	require.NoError(t, err)
	defer answer.Body.Close()
	_, err = io.ReadFull(answer.Body, make([]byte, 1000))
	require.NoError(t, err)
	sources[0].Cut()
	after := sources[0].Served()
	n, err := io.Copy(io.Discard, answer.Body)
	assert.Error(t, err, "the length was promised")
	assert.Less(t, n, p.Size()-1000)
	assert.Equal(t, after, sources[0].Served())
	assert.Positive(t, after)
}

// TestHost: the engine finds the host that is on at an address, and no other.
func TestHost(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	files := shareOf(t, folderOf(t))
	at := on(t, b, HTTPS)
	for range 5 { // its port is named: another program may have taken it in between
		if err := b.On(t.Context(), HTTPS, Options{Listen: at}); err == nil {
			break
		}
		at = on(t, b, HTTPS)
	}
	none, err := b.Host(t.Context(), devices.HTTP, "127.0.0.1:1", files)
	require.NoError(t, err)
	require.Nil(t, none)
	share, err := b.Host(t.Context(), devices.HTTP, at, files)
	require.NoError(t, err)
	require.NotNil(t, share)
	body, err := fetched(t, share.URLs()[0])
	require.NoError(t, err)
	assert.Equal(t, "package a", string(body))
	require.NoError(t, share.Close())
	require.NoError(t, b.Off(HTTPS))
	share, err = b.Host(t.Context(), devices.HTTP, at, files)
	require.NoError(t, err)
	assert.Nil(t, share)
}

// apply opens a plan and lets it decide.
func (b *Bench) apply(ctx context.Context, plan *Plan, folder string, judge Judge) (*checkin.Rules, error) {
	rules, err := b.Open(ctx, plan, "plan.json", folder, judge)
	if err == nil {
		b.Decide(plan, rules)
	}
	return rules, err
}

// TestApplyKeeps: a plan with a mistake changes nothing: neither the rules nor who is
// registered.
func TestApplyKeeps(t *testing.T) {
	t.Parallel()
	b, folder := newBench(t), folderOf(t)
	p, err := ReadPlan(written(t, folder, "plan.json", `{`+one+`,"devices":[{"productKey":"k","deviceName":"d","secret":"s"},{"imei":"1"}]}`))
	require.NoError(t, err)
	_, err = b.apply(t.Context(), p, folder, nil)
	require.ErrorContains(t, err, "plan plan.json: devices[1]")
	_, known := b.secret("k", "d")
	assert.False(t, known)
	p.Devices = p.Devices[:1]
	_, err = b.apply(t.Context(), p, folder, nil)
	require.NoError(t, err)
	secret, known := b.secret("k", "d")
	assert.True(t, known)
	assert.Equal(t, "s", secret)
	_, known = b.secret("k", "e")
	assert.False(t, known)
}

// TestDrivers: the bench brings the drivers of the devices that come to it.
func TestDrivers(t *testing.T) {
	t.Parallel()
	var families []string
	for _, d := range New().Drivers() {
		families = append(families, d.Family())
	}
	assert.Equal(t, []string{"luat", "aliyun"}, families)
}

// TestShareAll: each package of the plan can be fetched from each host that is on, by
// whoever is told the URL, until the next plan.
func TestShareAll(t *testing.T) {
	t.Parallel()
	b, folder := newBench(t), fleetPackage(t, demo.LuatUDP)
	on(t, b, HTTP)
	on(t, b, FTP)
	p, err := parsePlan("plan.json", []byte(`{"packages":[{"name":"fw","files":["fw.bin"]}],"rules":[{"package":"fw"},{"package":"fw","family":"luat"}]}`))
	require.NoError(t, err)
	rules, err := b.apply(t.Context(), p, folder, nil)
	require.NoError(t, err)
	all, err := b.ShareAll(t.Context(), rules)
	require.NoError(t, err)
	require.Len(t, all, 2)
	want, err := os.ReadFile(filepath.Join(folder, "fw.bin"))
	require.NoError(t, err)
	body, err := fetched(t, all[0].URLs[0])
	require.NoError(t, err)
	assert.Equal(t, want, body)
	assert.Equal(t, FTP, all[1].Service)
	assert.Contains(t, all[1].URLs[0], "@127.0.0.1:")
	again, err := b.apply(t.Context(), p, folder, nil)
	require.NoError(t, err)
	kept, err := b.ShareAll(t.Context(), again)
	require.NoError(t, err)
	assert.Equal(t, all, kept, "who fetches there is not cut off")
	body, err = fetched(t, all[0].URLs[0])
	require.NoError(t, err)
	assert.Equal(t, want, body)
	none, err := b.ShareAll(t.Context(), &checkin.Rules{})
	require.NoError(t, err)
	assert.Empty(t, none)
	_, err = fetched(t, all[0].URLs[0])
	assert.Error(t, err, "the plan before is over")
}
