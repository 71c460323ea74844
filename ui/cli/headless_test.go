package cli

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"fotabench/devices"
	"fotabench/ui/words"
	"fotabench/updater/settings"
)

var (
	// pressed are the codes of what a person presses in the window, or sets there.
	pressed = regexp.MustCompile(`^ui\.(act|settings\.act|away\.act|menu|settings\.label)\.[a-z]+$`)
	// besides are such codes with other names.
	besides = []devices.Code{"ui.label.language", "ui.label.look", "ui.label.folder", "ui.label.version", "ui.pick.new", "ui.pick.replace", "ui.pick.other"}

	bold   = regexp.MustCompile(`\*\*(.+?)\*\*`)
	quoted = regexp.MustCompile("`([^`]+)`")
)

// TestEachActionHasItsVerb holds the guide's list of what the window does against the window
// and against the verbs: no button, menu entry or setting is lacking, and each verb and flag
// that is named exists.
func TestEachActionHasItsVerb(t *testing.T) {
	page, err := os.ReadFile("../../docs/guide/headless.md")
	if err != nil {
		t.Fatal(err)
	}
	en, err := words.New(words.English)
	if err != nil {
		t.Fatal(err)
	}
	_, verbs := tree(t)
	listed, named := map[string]bool{}, ""
	for line := range strings.Lines(string(page)) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), " | ")
		if len(cells) != 2 || !strings.Contains(line, "**") {
			continue
		}
		for _, m := range bold.FindAllStringSubmatch(cells[0], -1) {
			listed[m[1]] = true
		}
		named += cells[1]
		found := quoted.FindAllStringSubmatch(cells[1], -1)
		if len(found) == 0 && !strings.HasPrefix(strings.TrimSpace(cells[1]), "– ") {
			t.Errorf("neither a verb nor why there is none: %s", line)
		}
		for _, m := range found {
			if wrong := unspoken(verbs, m[1]); wrong != "" {
				t.Errorf("%s: %s", m[1], wrong)
			}
		}
	}
	lacks := func(code devices.Code) {
		if !listed[en.Say(code)] {
			t.Errorf("%s, %q, is not in the list: which verb does it?", code, en.Say(code))
		}
	}
	for _, code := range en.Codes() {
		if pressed.MatchString(code) {
			lacks(devices.Code(code))
		}
	}
	for _, code := range besides {
		lacks(code)
	}
	for _, f := range settings.Fields() {
		if !strings.Contains(named, "settings set "+f.Name+" ") {
			t.Errorf("settings set %s is not in the list", f.Name)
		}
	}
}

// unspoken tells what is wrong with a call as it is written in the guide, "" if nothing is. A
// call without the program's name is of flags that some verb has.
func unspoken(verbs []*cobra.Command, call string) string {
	parts := strings.Fields(call)
	at := verbs[0]
	if parts[0] == at.Name() {
		parts = parts[1:]
		for len(parts) > 0 {
			i := slices.IndexFunc(at.Commands(), func(c *cobra.Command) bool { return c.Name() == parts[0] })
			if i < 0 {
				break
			}
			at, parts = at.Commands()[i], parts[1:]
		}
		if len(parts) > 0 && at.HasSubCommands() && !strings.HasPrefix(parts[0], "-") && at.Args != nil && at.Args(at, parts[:1]) != nil {
			return "there is no verb " + parts[0]
		}
		verbs = []*cobra.Command{at}
	}
	for _, p := range parts {
		flag, dashed := strings.CutPrefix(p, "--")
		if dashed && !slices.ContainsFunc(verbs, func(c *cobra.Command) bool {
			return c.Flags().Lookup(flag) != nil || c.InheritedFlags().Lookup(flag) != nil
		}) {
			return "there is no flag " + p
		}
	}
	return ""
}

// TestEachActionHasItsVerbNotices: a verb or a flag that is gone would be noticed.
func TestEachActionHasItsVerbNotices(t *testing.T) {
	_, verbs := tree(t)
	for _, call := range []string{"fotabench frob", "fotabench plan frob ID", "fotabench upgrade --frob", "--frob", "fotabench history --frob DAY"} {
		if unspoken(verbs, call) == "" {
			t.Errorf("%q is taken for a call", call)
		}
	}
	for _, call := range []string{"fotabench plan retry ID DEVICE", "fotabench upgrade --json", "--data-dir FOLDER", "fotabench settings proxy URL"} {
		if wrong := unspoken(verbs, call); wrong != "" {
			t.Errorf("%q: %s", call, wrong)
		}
	}
}
