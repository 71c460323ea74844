package origin

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fotabench/devices"
	"fotabench/devices/devicetest/vacant"
)

// peer finds a program of somebody else to test against. Where it is missing
// the test is skipped, unless FOTABENCH_PEERS=required, as in CI.
func peer(t testing.TB, name string) string {
	t.Helper()
	for _, candidate := range []string{name, "/usr/sbin/" + name, "/usr/local/sbin/" + name, "/opt/homebrew/bin/" + name} {
		if path, err := exec.LookPath(candidate); err == nil {
			return path
		}
	}
	if os.Getenv("FOTABENCH_PEERS") == "required" {
		t.Fatalf("%s is not installed, but FOTABENCH_PEERS=required", name)
	}
	t.Skipf("%s is not installed", name)
	return ""
}

// launch runs a server as a child process on a free port of the loopback device
// until the test ends. Another process may all the same take the port first: then once
// more.
func launch(t testing.TB, start func(port int) *exec.Cmd) (address string) {
	t.Helper()
	for range 5 {
		address = vacant.TCP(t)
		_, number, err := net.SplitHostPort(address)
		require.NoError(t, err)
		port, err := strconv.Atoi(number)
		require.NoError(t, err)
		cmd := start(port)
		said := new(strings.Builder)
		cmd.Stdout, cmd.Stderr = said, said
		require.NoError(t, cmd.Start())
		gone := make(chan struct{})
		go func() { _ = cmd.Wait(); close(gone) }()
		if answers(address, gone) {
			t.Cleanup(func() { _ = cmd.Process.Kill(); <-gone })
			return address
		}
		_ = cmd.Process.Kill()
		<-gone
		t.Logf("%s: %s", cmd.Path, said)
	}
	t.Fatal("the server does not come up")
	return ""
}

func answers(address string, gone <-chan struct{}) bool {
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); {
		if conn, err := net.Dial("tcp", address); err == nil {
			_ = conn.Close()
			return true
		}
		select {
		case <-gone:
			return false
		case <-time.After(20 * time.Millisecond):
		}
	}
	return false
}

// folder holds data under names, readable for servers that give up root.
func folder(t testing.TB, files map[string][]byte) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "origin")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	require.NoError(t, os.Chmod(dir, 0o755))
	for name, data := range files {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), data, 0o644))
	}
	return dir
}

func nginx(t testing.TB, files map[string][]byte) string {
	t.Helper()
	program, root, work := peer(t, "nginx"), folder(t, files), t.TempDir()
	return launch(t, func(port int) *exec.Cmd {
		config := fmt.Sprintf(`daemon off; master_process off; worker_processes 1;
pid %[1]s/pid; error_log stderr;
events { worker_connections 64; }
http { access_log off; client_body_temp_path %[1]s/a; proxy_temp_path %[1]s/b; fastcgi_temp_path %[1]s/c; uwsgi_temp_path %[1]s/d; scgi_temp_path %[1]s/e;
  server { listen 127.0.0.1:%[2]d; root %[3]s; default_type application/octet-stream; location /old/ { return 302 /fw.bin; } } }
`, work, port, root)
		path := filepath.Join(work, "nginx.conf")
		require.NoError(t, os.WriteFile(path, []byte(config), 0o600))
		return exec.Command(program, "-p", work, "-e", "stderr", "-c", path)
	})
}

func vsftpd(t testing.TB, files map[string][]byte) string {
	t.Helper()
	program, root, work := peer(t, "vsftpd"), folder(t, files), t.TempDir()
	empty := folder(t, nil)
	return launch(t, func(port int) *exec.Cmd {
		config := fmt.Sprintf(`listen=YES
listen_ipv6=NO
listen_address=127.0.0.1
listen_port=%d
background=NO
anonymous_enable=YES
no_anon_password=NO
local_enable=NO
anon_root=%s
run_as_launching_user=YES
secure_chroot_dir=%s
seccomp_sandbox=NO
isolate=NO
isolate_network=NO
xferlog_enable=NO
pasv_address=127.0.0.1
`, port, root, empty)
		path := filepath.Join(work, "vsftpd.conf")
		require.NoError(t, os.WriteFile(path, []byte(config), 0o600))
		return exec.Command(program, path)
	})
}

// cutter is a line that breaks: it lies between client and server and ends the
// first connections after so many bytes from the server.
func cutter(t testing.TB, to string, after ...int64) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var all sync.WaitGroup
	t.Cleanup(func() { _ = listener.Close(); all.Wait() })
	all.Go(func() {
		for i := 0; ; i++ {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			limit := int64(1) << 40
			if i < len(after) {
				limit = after[i]
			}
			all.Go(func() { carry(near, to, limit) })
		}
	})
	return listener.Addr().String()
}

func carry(near net.Conn, to string, limit int64) {
	far, err := net.Dial("tcp", to)
	if err != nil {
		_ = near.Close()
		return
	}
	var both sync.WaitGroup
	both.Go(func() { _, _ = io.Copy(far, near); _ = far.Close() })
	_, _ = io.CopyN(near, far, limit)
	_ = near.Close()
	_ = far.Close()
	both.Wait()
}

func TestProveNginx(t *testing.T) {
	big := firmware(3<<20, 4)
	at := nginx(t, map[string][]byte{"fw.bin": big, "固件 1.bin": big})
	for name, url := range map[string]string{
		"straight":        "http://" + at + "/fw.bin",
		"chinese name":    "http://" + at + "/%E5%9B%BA%E4%BB%B6%201.bin",
		"redirect":        "http://" + at + "/old/fw.bin",
		"cut in half":     "http://" + cutter(t, at, 1<<20) + "/fw.bin",
		"cut three times": "http://" + cutter(t, at, 1<<20, 1000, 100_000) + "/fw.bin",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.NoError(t, Prove(t.Context(), Request{URL: url, Want: wanted(big), Proxy: ProxyNone}, nil))
		})
	}
	t.Run("missing", func(t *testing.T) {
		t.Parallel()
		requireNote(t, Prove(t.Context(), Request{URL: "http://" + at + "/none.bin", Want: wanted(big), Proxy: ProxyNone}, nil), devices.Absent, NoteMissing)
	})
	t.Run("folder", func(t *testing.T) {
		t.Parallel()
		requireNote(t, Prove(t.Context(), Request{URL: "http://" + at + "/", Want: wanted(big), Proxy: ProxyNone}, nil), devices.Denied, NoteForbidden)
	})
	t.Run("other file", func(t *testing.T) {
		t.Parallel()
		requireNote(t, Prove(t.Context(), Request{URL: "http://" + at + "/fw.bin", Want: wanted(firmware(3<<20, 5)), Proxy: ProxyNone}, nil), devices.Integrity, NoteDigest)
	})
}

func TestProveVsftpd(t *testing.T) {
	big := firmware(3<<20, 4)
	at := vsftpd(t, map[string][]byte{"fw.bin": big, "固件 1.bin": big, "small.bin": big[:10]})
	for name, row := range map[string]struct {
		url  string
		user string
		kind devices.Kind
		note devices.Code
	}{
		"straight":              {url: "/fw.bin"},
		"chinese name":          {url: "/%E5%9B%BA%E4%BB%B6%201.bin"},
		"missing":               {url: "/none.bin", kind: devices.Absent, note: NoteMissing},
		"other size":            {url: "/small.bin", kind: devices.Integrity, note: NoteSize},
		"bad login":             {url: "/fw.bin", user: "joe", kind: devices.Locked, note: NoteLogin},
		"no path":               {url: "/", kind: devices.Unsupported, note: NoteBadURL},
		"a command in the name": {url: "/fw.bin%0D%0ADELE%20fw.bin", kind: devices.Unsupported, note: NoteBadURL},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := Prove(t.Context(), Request{URL: "ftp://" + at + row.url, User: row.user, Password: "s3cret", Want: wanted(big)}, nil)
			if row.note == "" {
				require.NoError(t, err)
				return
			}
			requireNote(t, err, row.kind, row.note)
			require.NotContains(t, err.Error(), "s3cret")
		})
	}
	t.Run("data line cut twice", func(t *testing.T) {
		t.Parallel()
		cuts := &cutData{limits: []int64{1 << 20, 500_000}}
		err := Prove(t.Context(), Request{URL: "ftp://" + at + "/fw.bin", Want: wanted(big), dial: cuts.dial}, nil)
		require.NoError(t, err)
		require.Equal(t, 3, cuts.data, "data connections")
		require.Less(t, cuts.carried, int64(len(big))+1<<19, "resumed by REST, not begun anew")
	})
	t.Run("control line cut", func(t *testing.T) {
		t.Parallel()
		require.NoError(t, Prove(t.Context(), Request{URL: "ftp://" + cutter(t, at, 30) + "/fw.bin", Want: wanted(big)}, nil))
	})
}

// TestServeToPeers lets well-known clients fetch from our host, in one piece and
// resumed.
func TestServeToPeers(t *testing.T) {
	big := firmware(3<<20, 4)
	for name, args := range map[string][]string{
		"curl":    {"-sS", "--noproxy", "*", "--fail", "-o"},
		"wget":    {"-q", "--no-proxy", "-O"},
		"python3": {"-c", "import sys,shutil,urllib.request as r; shutil.copyfileobj(r.urlopen(sys.argv[2]),open(sys.argv[1],'wb'))"},
	} {
		t.Run(name, func(t *testing.T) {
			program := peer(t, name)
			h := hosted(t, stored(t, "固件.bin", big))
			out := filepath.Join(t.TempDir(), "out.bin")
			said, err := exec.Command(program, append(args, out, h.URLs()[0])...).CombinedOutput()
			require.NoError(t, err, "%s", said)
			got, err := os.ReadFile(out)
			require.NoError(t, err)
			require.Equal(t, hexSum(big), hexSum(got))
			requireCount(t, h, Count{Distinct: int64(len(big)), Handed: int64(len(big)), Requests: 1})
			require.Eventually(t, func() bool { return h.Received(0) }, patience, time.Millisecond)

			if name == "python3" {
				return
			}
			require.NoError(t, os.WriteFile(out, big[:1<<20], 0o600))
			resume := map[string][]string{"curl": {"-C", "-"}, "wget": {"-c"}}[name]
			said, err = exec.Command(program, append(append(resume, args...), out, h.URLs()[0])...).CombinedOutput()
			require.NoError(t, err, "%s", said)
			got, err = os.ReadFile(out)
			require.NoError(t, err)
			require.Equal(t, hexSum(big), hexSum(got))
			requests := h.Count(0).Requests // wget asks HEAD first in some versions
			requireCount(t, h, Count{Distinct: int64(len(big)), Handed: int64(2*len(big) - 1<<20), Requests: requests})
		})
	}
}
