//go:build e2e && linux

package e2e_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creack/pty"

	"fotabench/devices/devicetest/vacant"
	"fotabench/updater/secrets"
)

// typist sits at a shell on a terminal.
type typist struct {
	t    *testing.T
	hand *os.File

	mu     sync.Mutex
	screen bytes.Buffer
}

// shells are the shells that complete, with what makes them do so; each is what a person
// types. A prompt of one sign keeps the screen simple.
var shells = map[string]struct {
	args  []string
	setUp string
}{
	"bash": {[]string{"--norc", "--noprofile", "-i"}, "PS1='$ '; . /usr/share/bash-completion/bash_completion; source <(fotabench completion bash)"},
	"zsh":  {[]string{"-f", "-i"}, "PS1='$ '; autoload -U compinit; compinit -u -D; source <(fotabench completion zsh)"},
	"fish": {[]string{"--no-config", "--private", "-i"}, "function fish_prompt; echo '$ '; end; fotabench completion fish | source"},
}

// sits starts a shell that knows the program by its name.
func sits(t *testing.T, shell string) *typist {
	t.Helper()
	path, err := exec.LookPath(shell)
	if err != nil {
		if os.Getenv("FOTABENCH_PEERS") == "required" {
			t.Fatalf("%s is required", shell)
		}
		t.Skipf("%s is not installed", shell)
	}
	home, bin := t.TempDir(), t.TempDir()
	if err := os.Symlink(executable(t), filepath.Join(bin, "fotabench")); err != nil {
		t.Fatal(err)
	}
	c := exec.Command(path, shells[shell].args...)
	c.Dir = home
	c.Env = []string{"HOME=" + home, "PATH=" + bin + ":" + os.Getenv("PATH"), "TERM=xterm", "LANG=C.UTF-8", "XDG_DATA_HOME=" + home, "XDG_CONFIG_HOME=" + home}
	hand, err := pty.StartWithSize(c, &pty.Winsize{Rows: 50, Cols: 500})
	if err != nil {
		t.Fatal(err)
	}
	s := &typist{t: t, hand: hand}
	var reading sync.WaitGroup
	reading.Go(func() {
		p := make([]byte, 4096)
		for {
			n, err := hand.Read(p)
			s.mu.Lock()
			s.screen.Write(p[:n])
			s.mu.Unlock()
			if err != nil {
				return
			}
		}
	})
	t.Cleanup(func() {
		_ = c.Process.Kill()
		_ = c.Wait() // it was killed
		_ = hand.Close()
		reading.Wait()
	})
	s.types(shells[shell].setUp + "\r")
	s.said("") // it is ready when it says so
	return s
}

func (s *typist) types(text string) {
	s.t.Helper()
	if _, err := s.hand.WriteString(text); err != nil {
		s.t.Fatal(err)
	}
}

// echoed is what a shell prints for the line that said makes of what was typed: not what it
// shows of the typing, where the word is in two parts.
var echoed = regexp.MustCompile(`typed<([^>]*)>`)

// said lets the shell print the line that stands there now, with what it was completed to,
// instead of running it.
func (s *typist) said(line string) string {
	s.t.Helper()
	s.mu.Lock()
	s.screen.Reset()
	s.mu.Unlock()
	// To the beginning of the line, and to its end.
	s.types(line + "\x01" + `echo ty""ped"<` + "\x05" + `>"` + "\r")
	for limit := time.Now().Add(patience); time.Now().Before(limit); time.Sleep(5 * time.Millisecond) {
		s.mu.Lock()
		found := echoed.FindStringSubmatch(s.screen.String())
		s.mu.Unlock()
		if found != nil {
			return found[1]
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.t.Fatalf("%q: the shell says %q", line, s.screen.String())
	return ""
}

// declined makes a plan whose only device was answered with no, so that it can be retried.
func declined(t *testing.T, say func(args ...string) []byte, pkg, port string) (plan, device string) {
	t.Helper()
	var who struct{ IMEI string }
	if err := json.Unmarshal(say("identify", "--port", port, "--json"), &who); err != nil || who.IMEI == "" {
		t.Fatalf("%+v, %v", who, err)
	}
	document := filepath.Join(t.TempDir(), "plan.json")
	text := `{"name":"Desk","components":[{"package":"` + pkg + `"}],"confirm":"confirmed","texts":{"en":"Now?","zh-Hans":"现在？"}}`
	if err := os.WriteFile(document, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var made struct{ Plan string }
	if err := json.Unmarshal(say("plan", "create", document, "--json"), &made); err != nil || made.Plan == "" {
		t.Fatalf("%+v, %v", made, err)
	}
	say("plan", "activate", made.Plan, "--reason", "simulators only")
	say("plan", "answer", made.Plan, who.IMEI, "no", "--port", port)
	return made.Plan, who.IMEI
}

// TestShellsComplete: bash, zsh and fish complete a verb, the ids of a package, an upgrade and
// a plan's device, and a product key by the scripts that the program prints, when a person
// presses Tab.
func TestShellsComplete(t *testing.T) {
	data, file := t.TempDir(), filepath.Join(t.TempDir(), "fw.bin")
	module := modems(t, file, 1)[0]
	say := func(args ...string) []byte {
		return command(t, append([]string{"--lang", "en", "--data-dir", data}, args...)...)
	}
	var taken struct{ ID string }
	if err := json.Unmarshal(say("library", "import", file, "--json"), &taken); err != nil || len(taken.ID) != 64 {
		t.Fatalf("%+v, %v", taken, err)
	}
	pkg := taken.ID
	// Nobody answers there, which is an upgrade that was refused.
	refused := exec.CommandContext(t.Context(), executable(t), "--data-dir", data, "upgrade", "--port", "tcp://"+vacant.TCP(t), "--family", "quectel", "--from-library", pkg, "--yes")
	if out, _ := refused.CombinedOutput(); refused.ProcessState.ExitCode() != 3 {
		t.Fatalf("exit %d: %s", refused.ProcessState.ExitCode(), out)
	}
	var past struct{ Job string }
	if err := json.Unmarshal(say("history", "--json"), &past); err != nil || len(past.Job) < 8 {
		t.Fatalf("job %q: %v", past.Job, err)
	}
	plan, device := declined(t, say, pkg, module)
	kept, err := secrets.Open(t.Context(), secrets.Options{Folder: data, FileOnly: true})
	if err == nil {
		err = kept.Set(t.Context(), secrets.ProductName("p111ph"), "secret")
	}
	if err != nil {
		t.Fatal(err)
	}
	in := "fotabench --data-dir " + data + " "
	for shell := range shells {
		t.Run(shell, func(t *testing.T) {
			t.Parallel()
			s := sits(t, shell)
			for typed, want := range map[string]string{
				"fotabench libr":                         "fotabench library",
				in + "plan prev":                         in + "plan preview",
				"fotabench upgrade --checks-o":           "fotabench upgrade --checks-only",
				in + "library show ":                     in + "library show " + pkg,
				in + "library show " + pkg[:3]:           in + "library show " + pkg,
				in + "upgrade --from-library " + pkg[:3]: in + "upgrade --from-library " + pkg,
				in + "log ":                              in + "log " + past.Job,
				in + "plan retry " + plan + " ":          in + "plan retry " + plan + " " + device,
				in + "plan retry " + plan + " 8":         in + "plan retry " + plan + " " + device,
				in + "offers forget ":                    in + "offers forget p111ph",
				in + "history show " + past.Job[:4]:      in + "history show " + past.Job,
			} {
				if got := strings.TrimSpace(s.said(typed + "\t")); got != want {
					t.Errorf("%q becomes %q, want %q", typed, got, want)
				}
			}
		})
	}
}
