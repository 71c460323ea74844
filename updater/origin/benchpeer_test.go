package origin

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fotabench/packages"
)

// hostRole makes this test program a host of one file instead, so that the
// benchmarks measure a process of its own, as they do with foreign servers.
const hostRole = "FOTABENCH_HOST"

func TestMain(m *testing.M) {
	if role := os.Getenv(hostRole); role != "" {
		if err := playHost(role, os.Args[1]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// playHost serves a file until standard input ends; it prints the URL.
func playHost(role, path string) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	file := wanted(data)
	file.Name, file.Path = filepath.Base(path), path
	ctx := context.Background()
	var share *Share
	switch role {
	case "ftp":
		host, err := OpenFTPHost(ctx, FTPConfig{Listen: "127.0.0.1:0"})
		if err != nil {
			return err
		}
		defer host.Close()
		share, err = host.Share(ctx, []packages.File{file})
		if err != nil {
			return err
		}
	default:
		config := HostConfig{Listen: "127.0.0.1:0"}
		if role == "https" {
			config.TLS = &TLSHost{}
		}
		host, err := OpenHost(ctx, config)
		if err != nil {
			return err
		}
		defer host.Close()
		share, err = host.Share(ctx, []packages.File{file})
		if err != nil {
			return err
		}
	}
	debug.FreeOSMemory()
	fmt.Println(share.URLs()[0])
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// ours is a host in a process of its own; spent tells its processor time, memory
// the bytes that it holds besides the file.
func ours(b *testing.B, role, path string) (at *url.URL, spent func() time.Duration, memory func() int64) {
	b.Helper()
	program, err := os.Executable()
	require.NoError(b, err)
	cmd := exec.Command(program, path)
	cmd.Env = append(os.Environ(), hostRole+"="+role)
	cmd.Stderr = os.Stderr
	stop, err := cmd.StdinPipe()
	require.NoError(b, err)
	said, err := cmd.StdoutPipe()
	require.NoError(b, err)
	require.NoError(b, cmd.Start())
	b.Cleanup(func() {
		_ = stop.Close()
		require.NoError(b, cmd.Wait())
	})
	text, err := bufio.NewReader(said).ReadString('\n')
	require.NoError(b, err)
	at, err = url.Parse(strings.TrimSpace(text))
	require.NoError(b, err)
	return at, spending(cmd), func() int64 { return anonymous(cmd.Process.Pid) }
}

// tick is the unit of times in /proc, 1/sysconf(_SC_CLK_TCK) everywhere on Linux.
const tick = 10 * time.Millisecond

// spending tells the processor time of a process and of its children, those that
// ended included; 0 where the system does not tell.
func spending(cmd *exec.Cmd) func() time.Duration {
	return func() time.Duration {
		pid := cmd.Process.Pid
		sum := spent(strconv.Itoa(pid))
		children, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%[1]d/children", pid))
		for _, child := range strings.Fields(string(children)) {
			sum += spent(child)
		}
		return sum
	}
}

// spent reads utime, stime, cutime and cstime, proc(5).
func spent(pid string) (sum time.Duration) {
	text, _ := os.ReadFile("/proc/" + pid + "/stat")
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	for i := 11; i < 15 && i < len(fields); i++ {
		ticks, _ := strconv.ParseInt(fields[i], 10, 64)
		sum += time.Duration(ticks) * tick
	}
	return sum
}

// anonymous is the resident memory of a process without files, in bytes; 0 where
// the system does not tell.
func anonymous(pid int) int64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for _, line := range strings.Split(string(text), "\n") {
		if rest, ok := strings.CutPrefix(line, "RssAnon:"); ok {
			kb, _ := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(rest, "kB")), 10, 64)
			return kb << 10
		}
	}
	return 0
}

// busyNginx is nginx as one sets it up for speed: a worker per processor.
func busyNginx(b *testing.B, dir string) (at string, spent func() time.Duration) {
	b.Helper()
	program, work := peer(b, "nginx"), b.TempDir()
	var cmd *exec.Cmd
	at = launch(b, func(port int) *exec.Cmd {
		config := fmt.Sprintf(`daemon off; worker_processes auto;
pid %[1]s/pid; error_log stderr crit;
events { worker_connections 1024; }
http { access_log off; sendfile on; keepalive_requests 1000000; open_file_cache max=10;
  client_body_temp_path %[1]s/a; proxy_temp_path %[1]s/b; fastcgi_temp_path %[1]s/c; uwsgi_temp_path %[1]s/d; scgi_temp_path %[1]s/e;
  server { listen 127.0.0.1:%[2]d; root %[3]s; default_type application/octet-stream; } }
`, work, port, dir)
		path := filepath.Join(work, "nginx.conf")
		require.NoError(b, os.WriteFile(path, []byte(config), 0o600))
		cmd = exec.Command(program, "-p", work, "-e", "stderr", "-c", path)
		return cmd
	})
	b.Cleanup(func() {
		// The workers outlive a master that is killed: ask, and wait for the end.
		_ = cmd.Process.Signal(syscall.SIGTERM)
		require.Eventually(b, func() bool {
			conn, err := net.Dial("tcp", at)
			if err == nil {
				_ = conn.Close()
			}
			return err != nil
		}, patience, 5*time.Millisecond)
	})
	return at, spending(cmd)
}

func busyVsftpd(b *testing.B, dir string) (at string, spent func() time.Duration) {
	b.Helper()
	program, work := peer(b, "vsftpd"), b.TempDir()
	empty := folder(b, nil)
	var cmd *exec.Cmd
	at = launch(b, func(port int) *exec.Cmd {
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
max_clients=0
max_per_ip=0
`, port, dir, empty)
		path := filepath.Join(work, "vsftpd.conf")
		require.NoError(b, os.WriteFile(path, []byte(config), 0o600))
		cmd = exec.Command(program, path)
		return cmd
	})
	return at, spending(cmd)
}
