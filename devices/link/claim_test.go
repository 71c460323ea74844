package link

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"fotabench/devices"
)

func TestClaim(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "claims")
	release, err := Claim(dir, "/dev/ttyUSB3", "fotabench on the left screen")
	require.NoError(t, err)
	_, err = Claim(dir, "/dev/ttyUSB3", "the second")
	var e *devices.Error
	require.ErrorAs(t, err, &e)
	require.ErrorIs(t, err, devices.Busy)
	require.Equal(t, NoteClaimed, e.Note)
	require.Equal(t, []any{"/dev/ttyUSB3", "fotabench on the left screen", os.Getpid()}, e.Args)

	other, err := Claim(dir, "/dev/ttyUSB4", "the second")
	require.NoError(t, err, "another port is another claim")
	other()
	release()
	release()
	again, err := Claim(dir, "/dev/ttyUSB3", "the second")
	require.NoError(t, err)
	again()
}

func TestClaimCannotBreakOut(t *testing.T) {
	dir := t.TempDir()
	for _, id := range []string{"../../etc/passwd", "", "模块", "a/b\\c:d", "tcp://host:1"} {
		release, err := Claim(filepath.Join(dir, "claims"), id, "me\nnot a line")
		require.NoError(t, err)
		release()
	}
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 1)
}

// claimant is what the test binary does when it is started as another instance.
const claimant = "FOTABENCH_TEST_CLAIM"

func TestMain(m *testing.M) {
	if dir := os.Getenv(claimant); dir != "" {
		if _, err := Claim(dir, "imei:1", "the first instance"); err != nil {
			os.Exit(1)
		}
		_, _ = os.Stdout.WriteString("held\n")
		_, _ = os.Stdin.Read(make([]byte, 1))
		os.Exit(0)
	}
	if path := os.Getenv(holdPort); path != "" {
		hold(path)
	}
	os.Exit(m.Run())
}

// A second process is refused with the name of the first; the claim of a killed
// process is gone though its note is still there.
func TestClaimOfAnotherProcess(t *testing.T) {
	dir := t.TempDir()
	first := exec.CommandContext(t.Context(), os.Args[0])
	first.Env = append(os.Environ(), claimant+"="+dir)
	out, err := first.StdoutPipe()
	require.NoError(t, err)
	in, err := first.StdinPipe()
	require.NoError(t, err)
	defer in.Close()
	require.NoError(t, first.Start())
	_, err = out.Read(make([]byte, 16))
	require.NoError(t, err)

	_, err = Claim(dir, "imei:1", "the second")
	var e *devices.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, []any{"imei:1", "the first instance", first.Process.Pid}, e.Args)

	require.NoError(t, first.Process.Kill())
	require.Error(t, first.Wait())
	notes, err := filepath.Glob(filepath.Join(dir, "*.txt"))
	require.NoError(t, err)
	require.Len(t, notes, 1, "the killed process left its note")
	release, err := Claim(dir, "imei:1", "the second")
	require.NoError(t, err)
	release()
}
