package bench

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fotabench/devices"
	"fotabench/updater"
)

// giverDir makes the program under test one that gives a package to whoever asks, and keeps
// records of that there, until it is killed.
const giverDir = "FOTABENCH_TEST_GIVER_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(giverDir); dir != "" {
		if err := giver(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

// giver gives until its input ends, and says where.
func giver(dir string) error {
	b := New()
	_, err := updater.Open(context.Background(), updater.Config{Drivers: b.Drivers(), Giver: b, DataDir: dir})
	if err != nil {
		return err
	}
	plan, err := ReadPlan(filepath.Join(dir, "plan.json"))
	if err != nil {
		return err
	}
	if _, err := b.apply(context.Background(), plan, dir, nil); err != nil {
		return err
	}
	var at []string
	for _, s := range []Service{LuatUDP, LuatHTTP} {
		if err := b.On(context.Background(), s, Options{Listen: "127.0.0.1:0"}); err != nil {
			return err
		}
		for _, st := range b.Status() {
			if st.Service == s {
				at = append(at, place(st.Address))
			}
		}
	}
	if err := json.NewEncoder(os.Stdout).Encode(at); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// firstOf asks as a device with that IMEI over one of the services, and tells whether it had
// the first bytes of the package.
func firstOf(ctx context.Context, at []string, imei string, overUDP bool) bool {
	if !overUDP {
		ask, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+at[1]+"/update?project_key=p&imei="+imei+"&firmware_name=D_Luat&version=1.0.0", nil)
		if err != nil {
			return false
		}
		answer, err := http.DefaultTransport.RoundTrip(ask)
		if err != nil {
			return false
		}
		defer answer.Body.Close()
		one := make([]byte, 1)
		n, _ := answer.Body.Read(one)
		return answer.StatusCode == http.StatusOK && n == 1
	}
	conn, err := net.Dial("udp4", at[0])
	if err != nil {
		return false
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })()
	buf := make([]byte, 1500)
	say := func(text string) string {
		if _, err := io.WriteString(conn, text); err != nil {
			return ""
		}
		n, err := conn.Read(buf)
		if err != nil {
			return ""
		}
		return string(buf[:n])
	}
	offer := strings.Split(say(imei+",D_Luat,1.0.0"), ",")
	return len(offer) == 4 && strings.HasPrefix(say("Get1,"+offer[1]), "\x00\x01")
}

// killedAt is how many random moments are tried.
const killedAt = 50

// TestKilledWhileGiving: whenever a program that gives is killed, whoever had the first byte
// of a package from it has a record.
func TestKilledWhileGiving(t *testing.T) {
	t.Parallel()
	served := 0
	for n := range killedAt {
		served += killedOnce(t, n)
	}
	t.Logf("%d devices had something in %d rounds", served, killedAt)
	if served < killedAt {
		t.Errorf("%d devices in %d rounds had anything: nothing was tried", served, killedAt)
	}
}

// killedOnce kills a giver at a random moment, and gives how many devices had something of it.
func killedOnce(t *testing.T, round int) int {
	dir := folderOf(t)
	written(t, dir, "plan.json", `{`+one+`,"unknown":"register","rules":[{"package":"p"}]}`)
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), giverDir+"="+dir)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	defer in.Close()
	line, err := bufio.NewReader(out).ReadBytes('\n')
	var at []string
	if err = errors.Join(err, json.Unmarshal(line, &at)); err != nil || len(at) != 2 {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		t.Fatalf("the giver says %q: %v", line, err)
	}
	ctx, stop := context.WithCancel(t.Context())
	var mu sync.Mutex
	had := map[devices.Address]bool{}
	var asking sync.WaitGroup
	for lane := range 8 {
		asking.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				imei := fmt.Sprintf("86%03d%02d%08d", round, lane, i)
				if firstOf(ctx, at, imei, lane%2 == 0) {
					mu.Lock()
					had[devices.Address("luat:imei:"+imei)] = true
					mu.Unlock()
				}
			}
		})
	}
	time.Sleep(time.Duration(20+rand.IntN(180)) * time.Millisecond) // any moment
	err = cmd.Process.Kill()
	_ = cmd.Wait()
	stop()
	asking.Wait()
	require.NoError(t, err)
	j, notes, err := updater.OpenJournal(dir)
	require.NoError(t, err)
	require.Empty(t, notes)
	defer j.Close()
	records, err := j.Jobs(0)
	require.NoError(t, err)
	given := len(had)
	for _, r := range records {
		delete(had, r.Plan.Address)
	}
	for at := range had {
		t.Errorf("round %d: %s had something of %d, and there is no record of it", round, at, given)
	}
	return given
}
