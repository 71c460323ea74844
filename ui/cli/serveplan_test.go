package cli

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fotabench/devices/devicetest/vacant"
	"fotabench/devices/sim"
	"fotabench/ui/bench"
	"fotabench/ui/demo"
	"fotabench/ui/words"
)

// rewrite puts another text in the place of a file, as an editor does, and gives it a new
// time of change, however coarse the clock of the disk is.
func rewrite(t testing.TB, path, text string) {
	t.Helper()
	next := path + ".next"
	require.NoError(t, os.WriteFile(next, []byte(text), 0o600))
	later := time.Now().Add(time.Duration(len(text)) * time.Second)
	require.NoError(t, os.Chtimes(next, later, later))
	require.NoError(t, os.Rename(next, path))
}

// saw waits for the n-th line of an event and gives it.
func (r *runs) saw(event string, n int) (found note) {
	r.t.Helper()
	until(r.t, event, func() bool {
		seen := 0
		for _, one := range r.notes() {
			if one.Event == event {
				found = one
				seen++
			}
		}
		return seen >= n
	})
	return found
}

// TestServeTakesUp: a changed plan decides without a restart; one with a mistake is told
// and changes nothing.
func TestServeTakesUp(t *testing.T) {
	t.Parallel()
	plan := planned(t, demo.LuatUDP, `{"unknown":"register"}`)
	r := begin(t, "serve", "--json", "--plan", plan, "--luat-udp", anywhere)
	at := r.where(bench.LuatUDP)[0]
	fleet := func(first int) {
		background(t, func(ctx context.Context) error {
			return demo.Fleet{Kind: demo.LuatUDP, Server: at, Count: 1, First: first, Pace: pace}.Run(ctx, nil)
		})
	}
	fleet(1)
	r.saw("refused", 1)
	rewrite(t, plan, forAll)
	said := r.saw("plan", 1)
	assert.Equal(t, "plan.json", said.Plan)
	assert.Equal(t, "plan.json was taken up: 1 packages, 0 devices, 1 rules.", said.Text)
	r.saw("verified", 1)

	for i, c := range []struct{ text, says string }{
		{strings.Replace(forAll, "fw.bin", "gone.bin", 1), "packages[0]"},
		{forAll[:len(forAll)-3], "unexpected EOF"},
	} {
		rewrite(t, plan, c.text)
		kept := r.saw("kept", i+1)
		assert.Equal(t, "plan.json", kept.Plan)
		assert.Contains(t, kept.Text, c.says)
		assert.Contains(t, kept.Text, "What was decided before still holds.")
	}
	require.NoError(t, os.Remove(plan))
	assert.Contains(t, r.saw("kept", 3).Text, "cannot be read")
	fleet(2)
	r.saw("verified", 2)
	assert.Equal(t, ExitVerified, r.interrupt(), "%s", &r.err)
	off(t, r.config.Bench)
}

// TestServeKeepsFetching: who is in the middle of a fetch goes on when the plan changes,
// whether a rule gave it the package or its URL was typed.
func TestServeKeepsFetching(t *testing.T) {
	t.Parallel()
	plan := planned(t, demo.LuatHTTP, forAll)
	r := begin(t, "serve", "--json", "--show-urls", "--plan", plan, "--luat-http", anywhere, "--http", anywhere)
	at := r.where(bench.LuatHTTP)[0]
	answer, err := http.Get(r.saw("shared", 1).Address)
	require.NoError(t, err)
	defer answer.Body.Close()
	_, err = io.CopyN(io.Discard, answer.Body, 1000)
	require.NoError(t, err)
	slow, err := sim.ParseFaults([]string{"slow=60000"}, demo.FleetKinds(demo.LuatHTTP))
	require.NoError(t, err)
	background(t, func(ctx context.Context) error {
		return demo.Fleet{Kind: demo.LuatHTTP, Server: at, Count: 1, Faults: slow, Pace: noticed}.Run(ctx, nil)
	})
	device := r.saw("fetching", 1).Device
	rewrite(t, plan, strings.Replace(forAll, `"rules"`, `"simulated":["x"],"rules"`, 1))
	r.saw("plan", 1)
	rest, err := io.Copy(io.Discard, answer.Body)
	require.NoError(t, err)
	assert.EqualValues(t, 256<<10-1000, rest)
	r.saw("verified", 1)
	assert.Equal(t, "armed fetching waiting verified", strings.Join(r.events(device), " "))
	assert.Equal(t, 1, strings.Count(r.out.String(), `"event":"shared"`), "the URL still holds: it is not told again")
}

// TestServeServices: services that the plan file names are switched as it says; those of
// flags stay.
func TestServeServices(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", anywhere)
	require.NoError(t, err)
	port := vacant.TCP(t)
	with := func(services string) string { return `{"services":{` + services + `}}` }
	plan := planned(t, demo.LuatUDP, with(`"http":"`+anywhere+`"`))
	r := begin(t, "serve", "--json", "--plan", plan, "--luat-udp", anywhere)
	before := r.where(bench.LuatUDP, bench.HTTP)
	_, place, _ := strings.Cut(strings.TrimSuffix(before[1], "/"), "://")
	vacant.Stay(t, place)

	rewrite(t, plan, with(`"luat-http":"`+port+`","http":""`))
	r.saw("plan", 1)
	assert.Equal(t, "http", r.saw("off", 1).Service)
	assert.Equal(t, "http://"+port+"/", r.where(bench.LuatHTTP)[0])
	_, err = http.Get(before[1])
	assert.Error(t, err, "it is off")

	for i, c := range []struct{ services, says string }{
		{`"luat-udp":"` + anywhere + `"`, "services.luat-udp: nothing: it was named on the command line"},
		{`"mqtt-client":"mqtt://127.0.0.1:1"`, "services.mqtt-client: tcp://host:port or ssl://host:port"},
		{`"gopher":"` + anywhere + `"`, "gopher"},
	} {
		rewrite(t, plan, with(c.services))
		assert.Contains(t, r.saw("kept", i+1).Text, c.says)
	}
	rewrite(t, plan, with(`"luat-http":"`+port+`","ftp":"`+taken.Addr().String()+`","https":"`+anywhere+`"`))
	r.saw("plan", 2)
	trouble := r.saw("trouble", 1)
	assert.Equal(t, []string{"ftp", taken.Addr().String()}, []string{trouble.Service, trouble.Address})
	assert.Contains(t, trouble.Text, "Another program already serves at")
	r.where(bench.HTTPS)
	require.NoError(t, taken.Close())
	r.interrupts <- syscall.SIGHUP
	r.saw("plan", 3)
	r.where(bench.FTP)
	var told []string
	for _, n := range r.notes() {
		if n.Event == "on" {
			told = append(told, n.Service)
		}
	}
	assert.Equal(t, []string{"luat-udp", "http", "luat-http", "https", "ftp"}, told, "what stays on is told once")
	assert.Equal(t, ExitVerified, r.interrupt(), "%s", &r.err)
	off(t, r.config.Bench)
}

// TestServeHangup: without a plan there is nothing to read anew, and the signal ends it.
func TestServeHangup(t *testing.T) {
	t.Parallel()
	r := begin(t, "serve", "--json", "--luat-udp", anywhere)
	r.where(bench.LuatUDP)
	r.interrupts <- syscall.SIGHUP
	select {
	case code := <-r.exit:
		r.ended = true
		assert.Equal(t, ExitVerified, code)
	case <-time.After(patience):
		t.Fatal("it goes on")
	}
}

// TestServeTakesUpWithoutURLs: where URLs for people cannot be made, the rest of a changed file
// holds and is told; only what failed is told as trouble.
func TestServeTakesUpWithoutURLs(t *testing.T) {
	t.Parallel()
	plan := planned(t, demo.LuatUDP, `{"services":{"luat-udp":"`+anywhere+`"}}`)
	book, err := words.New("en")
	require.NoError(t, err)
	a := &app{Config: Config{Bench: bench.New()}, book: book}
	var told []note
	at := anywhere
	asked := serving{plan: plan, urls: true, listen: map[bench.Service]*string{bench.HTTP: &at}, tlsMin: "1.0", tlsMax: "1.3"}
	o, next, err := a.prepareStand(t.Context(), asked, func(n note, _ string) {
		told = append(told, n)
		if n.Event == "off" { // the file was read, and its URLs come next
			assert.NoError(t, os.Remove(filepath.Join(filepath.Dir(plan), "fw.bin")))
		}
	})
	require.NoError(t, err)
	defer func() { assert.NoError(t, a.Bench.Close()) }()
	require.NoError(t, o.open(t.Context(), next))
	told = nil
	rewrite(t, plan, forAll)
	o.again(t.Context())
	var events []string
	for _, n := range told {
		events = append(events, n.Event)
	}
	require.Equal(t, []string{"off", "plan", "trouble"}, events)
	assert.Equal(t, "plan.json was taken up: 1 packages, 0 devices, 1 rules.", told[1].Text)
	assert.Contains(t, told[2].Text, "Not all packages of plan.json can be fetched by hand: ")
	assert.Contains(t, told[2].Text, "fw.bin")
}

// TestServePlanForPeople: what was taken up is told in a sentence.
func TestServePlanForPeople(t *testing.T) {
	t.Parallel()
	plan := planned(t, demo.LuatUDP, `{"services":{}}`)
	r := begin(t, "serve", "--plan", plan, "--http", anywhere)
	until(t, "that it was read", func() bool { return strings.Contains(r.out.String(), "http://") })
	for i, c := range []struct{ text, says string }{
		{fmt.Sprintf(`{"services":{"luat-udp":%q}}`, anywhere), "luat-udp     udp://127.0.0.1:"},
		{`{"services":{}} `, "luat-udp is off."},
		{`{`, filepath.Base(plan) + " was not taken up: plan plan.json: near byte"},
	} {
		rewrite(t, plan, c.text)
		until(t, c.says, func() bool { return strings.Contains(r.out.String(), c.says) })
		if i < 2 {
			until(t, "that it was taken up", func() bool { return strings.Count(r.out.String(), "plan.json was taken up: 0 packages") == i+1 })
		}
	}
	assert.Equal(t, ExitVerified, r.interrupt(), "%s", &r.err)
}

// TestPlanRunTakesUp: the file of the services may change while plans are carried out.
func TestPlanRunTakesUp(t *testing.T) {
	t.Parallel()
	lib, pkg := stocked(t)
	id := lib.created(t, `{"name":"Field","components":[{"package":"`+pkg+`"}],"targets":{"allow":["imei:860000000000017"]}}`)
	lib.plans(t, ExitVerified, "activate", id, "--reason", "simulators only")
	desk := lib.file(t, "bench.json", `{"services":{}}`)
	r := atBench(t, lib.dir, "plan", "run", "--bench", desk, "--json")
	until(t, "that it runs", func() bool { return strings.Contains(r.out.String(), `"event":"begins"`) })
	for _, c := range []struct{ text, says string }{
		{`{"services":{"luat-udp":"` + anywhere + `"}}`, `"event":"on","service":"luat-udp"`},
		{`{"services":{"luat-udp":"` + anywhere + `"}`, `"event":"kept"`},
		{`{}`, `"event":"off","service":"luat-udp"`},
	} {
		rewrite(t, desk, c.text)
		until(t, c.says, func() bool { return strings.Contains(r.out.String(), c.says) })
	}
	require.Equal(t, ExitVerified, r.interrupt(), "%s", &r.err)
	off(t, r.config.Bench)
}
