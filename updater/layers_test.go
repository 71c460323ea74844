package updater

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// layer is a rule of the house: which room must not import which others, and
// why. "devices/…" is devices and all below it, "devices" that package alone.
type layer struct {
	room string
	must []string
	why  string
}

// support are rooms that only tests may import, so that they may know rooms above
// them: the conformance suite runs the engine itself over each driver.
var support = []string{"devices/devicetest", "devices/devicetest/vacant"}

const module = "fotabench"

var layers = []layer{
	{"packages/…", []string{"devices/…", "updater/…", "ui/…", "assets/…"}, "packages are what can be installed; they know nobody"},
	{"devices/…", []string{"updater/…", "ui/…"}, "devices are below the engine; a driver that knows it cannot be tested alone"},
	{"updater/…", []string{"ui/…", "devices/quecpython/…", "devices/quecthing", "devices/haas/…", "devices/luat/…", "devices/aliyun/…", "devices/checkin/…", "devices/quectel/…", "devices/at/…", "devices/repl/…", "devices/sim/…", "assets/…"}, "the engine knows no protocol and no window"},
	{"updater/secrets", []string{"updater", "updater/origin", "updater/rollout/…", "packages"}, "a safe knows nobody who has something in it"},
	{"updater/home", []string{"updater", "updater/settings", "updater/secrets", "updater/rollout/…", "packages/library"}, "where everything is kept does not depend on who keeps it there"},
	{"updater/settings", []string{"updater", "updater/rollout/…", "packages", "packages/library"}, "what is set does not depend on who heeds it"},
	{"packages", []string{"packages/signature", "packages/library"}, "what a package is does not depend on who vouches for it or where it is kept"},
	{"packages/durable", []string{"packages", "packages/signature", "packages/library"}, "a file is written without a word about what it says"},
	{"updater/origin", []string{"updater"}, "an origin serves the engine and does not know it"},
	{"updater", []string{"updater/rollout/…"}, "the engine does one upgrade at a time; it does not know who plans many"},
	{"updater/rollout", []string{"updater/rollout/…", "updater/origin"}, "a plan speaks to the engine alone; lists and files are brought to it"},
	{"assets/…", []string{"packages/…", "updater/…", "ui/…"}, "assets are bytes and their typed doors; they make no decisions"},
	{"devices", []string{"devices/…", "assets/…"}, "the vocabulary knows no one who speaks it"},
	{"devices/link/…", []string{"devices/repl/…", "devices/quecpython/…", "devices/sim/…"}, "a byte link knows no protocol"},
	{"devices/checkin/…", []string{"devices/luat/…", "devices/aliyun/…", "devices/sim/…", "assets/…"}, "the desk knows no protocol"},
	{"devices/luat/…", []string{"devices/aliyun/…", "devices/quecpython/…", "devices/repl/…", "devices/sim/…"}, "drivers do not know each other, nor the simulators they are tried against"},
	{"devices/aliyun/…", []string{"devices/luat/…", "devices/quecpython/…", "devices/repl/…", "devices/sim/…"}, "drivers do not know each other, nor the simulators they are tried against"},
	{"devices/haas/…", []string{"devices/luat/…", "devices/aliyun/…", "devices/quecpython/…", "devices/sim/…"}, "drivers do not know each other, nor the simulators they are tried against"},
	{"devices/quecthing/…", []string{"devices/luat/…", "devices/aliyun/…", "devices/quecpython/…", "devices/haas/…", "devices/quectel/…", "devices/checkin/…", "devices/sim/…", "assets/…"}, "drivers do not know each other, nor the simulators they are tried against"},
	{"devices/quecthing/rule", []string{"devices/quecthing", "devices/repl/…", "devices/link/…", "devices/at/…"}, "a rule looks at what is offered and asks nobody"},
	{"devices/repl/…", []string{"devices/quecpython/…", "devices/sim/…", "packages/…", "assets/…"}, "a protocol client knows no vendor and no package"},
	{"devices/at/…", []string{"devices/quectel/…", "devices/quecpython/…", "devices/haas/…", "devices/luat/…", "devices/aliyun/…", "devices/checkin/…", "devices/repl/…", "devices/sim/…", "packages/…", "assets/…"}, "a protocol client knows no vendor and no package"},
	{"devices/quectel/…", []string{"devices/quecpython/…", "devices/haas/…", "devices/luat/…", "devices/aliyun/…", "devices/checkin/…", "devices/repl/…", "devices/sim/…", "assets/…"}, "drivers do not know each other, nor the simulators they are tried against"},
	{"devices/quecpython/…", []string{"devices/sim/…"}, "a driver that shares code with its simulator makes both wrong together"},
	{"devices/sim/…", []string{"devices/quecpython/…", "devices/quecthing/…", "devices/haas/…", "devices/luat/…", "devices/aliyun/…", "devices/checkin/…", "devices/repl/…", "devices/at/…", "devices/quectel/…"}, "a simulator executes what it is sent; it shares no codec with the driver it tests"},
	{"ui/words", []string{"ui", "ui/cli", "ui/widgets", "ui/theme"}, "reports and the command line use words without a window"},
	{"ui/evidence/…", []string{"ui", "ui/bench", "ui/cli", "ui/demo", "ui/widgets", "ui/theme"}, "reports are made and checked without a window"},
	{"ui/evidence/pdf", []string{"updater/…", "devices/…", "packages/…", "assets/…", "ui/words"}, "a writer of PDF files knows no reports"},
	{"ui/bench", []string{"ui", "ui/cli", "ui/widgets", "ui/theme"}, "the services run without a window"},
	{"ui/cli", []string{"ui", "ui/widgets", "ui/theme"}, "the command line works on desks without OpenGL"},
}

// covers tells whether pattern names the room.
func covers(pattern, room string) bool {
	base, below := strings.CutSuffix(pattern, "/…")
	return room == base || below && strings.HasPrefix(room, base+"/")
}

// fyneHomes may import Fyne; so may main.
var fyneHomes = []string{"", "ui", "ui/theme", "ui/widgets", "ui/e2e"}

// TestLayers holds the tree to its directions: ui → updater → devices → packages.
func TestLayers(t *testing.T) {
	rooms := listed(t)
	if len(rooms) < 5 {
		t.Fatalf("only %d packages found", len(rooms))
	}
	for room, imports := range rooms {
		for _, i := range imports {
			if inner := strings.TrimPrefix(i, module+"/"); slices.Contains(support, inner) && !slices.Contains(support, room) {
				t.Errorf("%s imports %s: it is for tests", room, inner)
			}
			if slices.Contains(support, room) {
				continue
			}
			inner, ours := strings.CutPrefix(i, module+"/")
			for _, l := range layers {
				forbidden := func(pattern string) bool { return covers(pattern, inner) }
				if ours && covers(l.room, room) && slices.ContainsFunc(l.must, forbidden) {
					t.Errorf("%s imports %s: %s", room, inner, l.why)
				}
			}
			if strings.HasPrefix(i, "fyne.io/") && !slices.Contains(fyneHomes, room) {
				t.Errorf("%s imports %s: Fyne lives in ui and main only, everything else builds without cgo", room, i)
			}
		}
	}
}

// listed gives the imports of every package of the module, without its tests.
func listed(t *testing.T) map[string][]string {
	t.Helper()
	cmd := exec.Command("go", "list", "-e", "-json=ImportPath,Imports", "./...")
	cmd.Dir = ".."
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	rooms := map[string][]string{}
	dec := json.NewDecoder(strings.NewReader(string(out)))
	for {
		var p struct {
			ImportPath string
			Imports    []string
		}
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return rooms
		} else if err != nil {
			t.Fatal(err)
		}
		rooms[strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/")] = p.Imports
	}
}

// TestLayersBite: rules that match nothing would hold everything.
func TestLayersBite(t *testing.T) {
	for _, c := range []struct {
		pattern, room string
		want          bool
	}{
		{"packages/…", "packages", true},
		{"packages/…", "packages/x", true},
		{"packages/…", "packagesx", false},
		{"devices", "devices/link", false},
		{"devices/sim/…", "devices/sim/micropython", true},
		{"updater", "updater/origin", false},
	} {
		if got := covers(c.pattern, c.room); got != c.want {
			t.Errorf("%s covers %s: %v", c.pattern, c.room, got)
		}
	}
}
