//go:build unix

package atmodem

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fotabench/devices"
)

// peer gives a foreign program; without it the test is skipped, unless
// FOTABENCH_PEERS=required, as in CI.
func peer(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil && os.Getenv("FOTABENCH_PEERS") == "required" {
		t.Fatalf("%s is not installed, but FOTABENCH_PEERS=required", name)
	} else if err != nil {
		t.Skipf("%s is not installed", name)
	}
	return path
}

// onTerminal powers a module on behind a pseudo terminal.
func onTerminal(t *testing.T, o Options) (*Module, string) {
	t.Helper()
	o.Restart, o.Install, o.Ready = 200*time.Millisecond, 500*time.Millisecond, 300*time.Millisecond
	m, err := New(t.Context(), o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, m.Close()) })
	path := filepath.Join(t.TempDir(), "ttyUSB2")
	_, err = m.ListenPTY(devices.RoleAT, path)
	require.NoError(t, err)
	return m, path
}

// program is an upgrade as a program that knows nothing of ours does it, with the
// terminal's own calls.
const program = `
import os, re, select, sys, termios, time, tty
path, image = sys.argv[1], open(sys.argv[2], 'rb').read()
seen = b''
def open_port():
    for _ in range(600):
        try:
            fd = os.open(path, os.O_RDWR | os.O_NOCTTY)
            tty.setraw(fd)
            return fd
        except OSError:
            time.sleep(0.05)
    sys.exit('the port did not come back')
def until(pattern, seconds=30):
    global seen
    end = time.time() + seconds
    while True:
        hit = re.search(pattern, seen)
        if hit:
            seen = seen[hit.end():]
            return hit
        left = end - time.time()
        if left < 0: sys.exit('no %r in %r' % (pattern, seen[-200:]))
        if select.select([fd], [], [], left)[0]:
            got = os.read(fd, 4096)
            if not got: raise OSError('the terminal hung up')
            seen += got
def ask(command, pattern=rb'\r\nOK\r\n'):
    os.write(fd, command.encode() + b'\r')
    return until(pattern)
fd = open_port()
ask('ATE0')
print(ask('AT+QGMR', rb'\r\n(\S+)\r\n\r\nOK\r\n').group(1).decode())
ask('AT+QFUPL="dfota.bin",%d,10,1' % len(image), rb'\r\nCONNECT\r\n')
for at in range(0, len(image), 1024):
    piece = image[at:at+1024]
    while piece: piece = piece[os.write(fd, piece):]
    if at + 1024 <= len(image): until(b'A')
size, sum = until(rb'\+QFUPL: (\d+),([0-9a-f]+)\r\n\r\nOK\r\n').groups()
want = 0
for i in range(0, len(image) & ~1, 2): want ^= image[i] << 8 | image[i+1]
if len(image) % 2: want ^= image[-1] << 8
assert int(size) == len(image) and int(sum, 16) == want, (size, sum, want)
try: ask('AT+QFOTADL="/data/ufs/dfota.bin"')
except OSError: pass # its last words may be lost with the terminal
def gone():
    try:
        while True:
            if not os.read(fd, 4096): return
    except OSError:
        return
    finally:
        os.close(fd)
gone(); fd = open_port()
while until(rb'"UPDATING",(\d+)%').group(1) != b'100': pass
until(rb'"END",0\r\n')
gone(); fd = open_port()
until(rb'\r\nRDY\r\n')
seen = b''
ask('ATE0')
print(ask('AT+QGMR', rb'\r\n(E\S+)\r\n\r\nOK\r\n').group(1).decode())
`

// A program in another language upgrades the module through the system's
// terminal, restarts and all.
func TestForeignUpgrade(t *testing.T) {
	t.Parallel()
	python := peer(t, "python3")
	m, path := onTerminal(t, Options{})
	image := filepath.Join(t.TempDir(), "image")
	require.NoError(t, os.WriteFile(image, DemoPackage(old, next, 100_001, 5), 0o600))
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, python, "-c", program, path, image).CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Equal(t, old+"\n"+next+"\n", string(out))
	require.Equal(t, 2, m.State().Restarts)
}

// socat speaks to the port as a person's terminal program would.
func TestSocat(t *testing.T) {
	t.Parallel()
	socat := peer(t, "socat")
	_, path := onTerminal(t, Options{Family: "BG96"})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, socat, "-t2", "-", path+",raw,echo=0,crnl")
	cmd.Stdin = strings.NewReader("ATE0\nATI\nAT+QFLDS=\"UFS\"\n")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Contains(t, string(out), "BG96\n")
	require.Contains(t, string(out), "Revision: BG96MAR02A07M1G\n")
	require.Contains(t, string(out), "+QFLDS: 4194304,4194304\n")
}
