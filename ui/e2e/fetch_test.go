//go:build e2e && linux

package e2e_test

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"fotabench/devices/devicetest/vacant"
)

// free is a port that nobody but who is told to listens on.
func free(t *testing.T) int {
	t.Helper()
	_, port, err := net.SplitHostPort(vacant.TCP(t))
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// listens starts a server and waits until it takes connections.
func listens(t *testing.T, port int, config, text string, name string, args ...string) {
	t.Helper()
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	program, err := exec.LookPath(name)
	if err != nil {
		// Debian keeps servers out of people's path.
		program = filepath.Join("/usr/sbin", name)
	}
	start(t, exec.Command(program, args...))
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		if conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
			_ = conn.Close()
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatalf("%s does not come up", name)
}

// readable lets servers that give up root read a file's folder.
func readable(t *testing.T, file string) (folder string) {
	t.Helper()
	folder, err := os.MkdirTemp("", "served")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	body, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, filepath.Base(file)), body, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	return folder
}

func ftpServer(t *testing.T, root string) string {
	t.Helper()
	port, work := free(t), t.TempDir()
	config := filepath.Join(work, "vsftpd.conf")
	listens(t, port, config, fmt.Sprintf(`listen=YES
listen_ipv6=NO
listen_address=127.0.0.1
listen_port=%d
background=NO
anonymous_enable=YES
no_anon_password=YES
local_enable=NO
anon_root=%s
run_as_launching_user=YES
secure_chroot_dir=%s
seccomp_sandbox=NO
isolate=NO
isolate_network=NO
xferlog_enable=NO
pasv_address=127.0.0.1
`, port, root, work), "vsftpd", config)
	return fmt.Sprintf("ftp://127.0.0.1:%d", port)
}

func webServer(t *testing.T, root string) string {
	t.Helper()
	port, work := free(t), t.TempDir()
	config := filepath.Join(work, "nginx.conf")
	listens(t, port, config, fmt.Sprintf(`daemon off; master_process off; worker_processes 1;
pid %[1]s/pid; error_log stderr;
events { worker_connections 64; }
http { access_log off; client_body_temp_path %[1]s/a; proxy_temp_path %[1]s/b; fastcgi_temp_path %[1]s/c; uwsgi_temp_path %[1]s/d; scgi_temp_path %[1]s/e;
  server { listen 127.0.0.1:%[2]d; root %[3]s; default_type application/octet-stream; } }
`, work, port, root), "nginx", "-p", work, "-e", "stderr", "-c", config)
	return fmt.Sprintf("http://127.0.0.1:%d", port)
}

// TestTheModuleFetches: the module itself fetches the package, from our own host,
// from nginx and from vsftpd, and then reports the target version.
func TestTheModuleFetches(t *testing.T) {
	for name, source := range map[string]func(t *testing.T, file string) []string{
		"our own host": func(*testing.T, string) []string {
			return []string{"--method", "http", "--host", "127.0.0.1:0"}
		},
		"nginx": func(t *testing.T, file string) []string {
			return []string{"--method", "http", "--url", webServer(t, readable(t, file)) + "/" + filepath.Base(file)}
		},
		"vsftpd": func(t *testing.T, file string) []string {
			return []string{"--method", "ftp", "--url", ftpServer(t, readable(t, file)) + "/" + filepath.Base(file)}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			port, file := module(t)
			args := append([]string{"--port", port, "--package", file, "--accept", "reach=the module is simulated"}, source(t, file)...)
			lines, exit := upgrade(t, t.TempDir(), nil, args...)
			if exit != 0 || last(t, lines).Outcome != "verified" {
				t.Errorf("exit %d with outcome %q: %s", exit, last(t, lines).Outcome, last(t, lines).Text)
			}
		})
	}
}

// TestAnOriginThatServesSomethingElse: it is found before the module is told.
func TestAnOriginThatServesSomethingElse(t *testing.T) {
	port, file := module(t)
	folder := readable(t, file)
	served := filepath.Join(folder, filepath.Base(file))
	body, err := os.ReadFile(served)
	if err != nil {
		t.Fatal(err)
	}
	body[len(body)/2] ^= 1
	if err := os.WriteFile(served, body, 0o644); err != nil {
		t.Fatal(err)
	}
	url := webServer(t, folder) + "/" + filepath.Base(file)
	lines, exit := upgrade(t, t.TempDir(), nil, "--port", port, "--package", file, "--method", "http", "--url", url, "--accept", "reach=simulated")
	if exit != 3 || last(t, lines).Outcome != "refused" {
		t.Errorf("exit %d with outcome %q", exit, last(t, lines).Outcome)
	}
	for _, l := range lines {
		if l.Stage == "deliver" {
			t.Errorf("the module was told: %+v", l)
		}
	}
}
