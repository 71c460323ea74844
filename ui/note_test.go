package ui

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"fotabench/devices"
	"fotabench/packages"
	"fotabench/ui/words"
	"fotabench/updater"
)

// TestEveryValueHasItsWords: where a code is made of a value's name, each value
// has a sentence in both languages.
func TestEveryValueHasItsWords(t *testing.T) {
	var codes []devices.Code
	add := func(prefix string, names ...string) {
		for _, n := range names {
			codes = append(codes, devices.Code(prefix+n))
		}
	}
	for _, s := range updater.Stages() {
		add("stage.", string(s))
		add("ui.stage.", string(s))
		for _, c := range []updater.CancelMeaning{updater.CancelCleanUp, updater.CancelRefused} {
			add("ui.safety.", safety(&run{stage: s, cancel: c}))
		}
	}
	for _, o := range []updater.Outcome{updater.Verified, updater.FailedOld, updater.Uncertain, updater.Cancelled, updater.RefusedBefore} {
		for _, prefix := range []string{"outcome.", "ui.title.", "ui.ended.", "ui.next."} {
			add(prefix, string(o))
		}
	}
	for _, c := range []updater.CancelMeaning{
		updater.CancelSafe, updater.CancelCleanUp, updater.CancelAsk, updater.CancelByRestart, updater.CancelDisarm,
		updater.CancelRefused, updater.CancelWatching, updater.CancelNothing,
	} {
		add("cancel.", string(c), string(c)+".why")
		add("ui.quit.", string(c))
	}
	for _, m := range devices.Methods() {
		add("ui.method.", string(m), string(m)+".how", string(m)+".short")
	}
	for _, r := range []devices.Role{devices.RoleREPL, devices.RoleAT, devices.RoleDiag, devices.RoleNMEA, devices.RoleModem, devices.RoleDownload} {
		add("ui.role.", string(r))
	}
	add("ui.component.", string(packages.FOTA), string(packages.SOTA), string(packages.App))
	add("ui.kind.", string(packages.Full), string(packages.Delta))
	for _, l := range looks {
		add("ui.look.", string(l))
	}
	add("ui.check.", "identity", "model", "source", "version", "method", "reach", "size", "space", "files", "hashes", "battery", "signal", "url", "repeat")
	for _, lang := range bothLanguages {
		b, err := words.New(lang)
		assert.NoError(t, err)
		for _, c := range codes {
			assert.True(t, b.Has(c), "%s: %s", lang, c)
		}
	}
}
