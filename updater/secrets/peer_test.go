package secrets

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"fotabench/devices"
)

// The environment of the test binary that runs on a bus of its own.
const (
	childFolder = "FOTABENCH_TEST_FOLDER"
	childStage  = "FOTABENCH_TEST_STAGE"
)

// session starts a keyring on its bus, with files of its own, and runs the test in it;
// then without it.
const session = `
printf test | gnome-keyring-daemon --unlock --foreground --components=secrets >/dev/null 2>&1 &
keyring=$!
trap 'kill $keyring 2>/dev/null' EXIT
for i in $(seq 100); do
	dbus-send --session --print-reply --dest=org.freedesktop.DBus / org.freedesktop.DBus.NameHasOwner \
		string:org.freedesktop.secrets | grep -q true && break
	sleep 0.1
done
FOTABENCH_TEST_STAGE=keyring "$0" -test.run '^TestInSession$' -test.v || exit 1
kill $keyring; wait $keyring
FOTABENCH_TEST_STAGE=gone "$0" -test.run '^TestInSession$' -test.v
`

// TestSecretService keeps secrets in a real keyring of the Secret Service, away from
// that of the person who runs the test.
func TestSecretService(t *testing.T) {
	for _, tool := range []string{"dbus-run-session", "dbus-send", "gnome-keyring-daemon", "bash"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("%s is not installed", tool)
		}
	}
	dir, self := t.TempDir(), os.Args[0]
	folder := filepath.Join(dir, "data")
	plain := opened(t, Options{Folder: folder, FileOnly: true})
	if err := plain.Set(t.Context(), "old", hidden); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "dbus-run-session", "--", "bash", "-c", session, self)
	cmd.Env = append(
		os.Environ(),
		"HOME="+dir, "XDG_DATA_HOME="+dir, "XDG_RUNTIME_DIR="+dir, "XDG_CACHE_HOME="+dir, childFolder+"="+folder,
	)
	out, err := cmd.CombinedOutput()
	if err != nil || strings.Count(string(out), "--- PASS: TestInSession") != 2 {
		t.Fatalf("%v\n%s", err, out)
	}
}

// TestInSession is what TestSecretService runs on the bus.
func TestInSession(t *testing.T) {
	o := Options{Folder: os.Getenv(childFolder)}
	if o.Folder == "" {
		t.Skip("run by TestSecretService")
	}
	s := opened(t, o)
	if os.Getenv(childStage) == "gone" {
		if _, err := s.Get(t.Context(), "old"); s.Where() != File || !errors.Is(err, devices.Denied) {
			t.Errorf("%s, %v", s.Where(), err)
		}
		return
	}
	if got, err := s.Get(t.Context(), "old"); got != hidden || err != nil || s.Where() != Keyring {
		t.Errorf("%q, %v, %s", got, err, s.Where())
	}
	if strings.Contains(fileText(t, o.Folder), "value") {
		t.Error("the file still holds it")
	}
	for _, value := range []string{"", "密码\n", strings.Repeat("x", MaxValue)} {
		if err := s.Set(t.Context(), "new", value); err != nil {
			t.Fatal(err)
		}
		if got, err := opened(t, o).Get(t.Context(), "new"); got != value || err != nil {
			t.Errorf("%q, %v", got, err)
		}
	}
	if err := s.Delete(t.Context(), "new"); err != nil {
		t.Error(err)
	}
	if _, err := s.Get(t.Context(), "new"); !errors.Is(err, devices.Absent) {
		t.Errorf("%v", err)
	}
}
