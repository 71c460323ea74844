package ui

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/storage"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fotabench/devices"
	"fotabench/ui/cli"
	"fotabench/ui/widgets"
	"fotabench/ui/words"
	"fotabench/updater/rollout"
)

// under finds the field below a label, as a person does.
func under[T fyne.CanvasObject](b *desk, label devices.Code) (field T) {
	b.t.Helper()
	below := false
	for _, o := range find[fyne.CanvasObject](b) {
		if l, ok := o.(*widgets.Line); ok && l.Text() == b.book.Say(label) {
			below = true
		}
		if x, ok := o.(T); ok && below {
			return x
		}
	}
	b.t.Fatalf("there is no field below %q; there is:\n%s", b.book.Say(label), b.text())
	return field
}

// write replaces what stands in the field below a label.
func (b *desk) write(label devices.Code, text string) {
	b.t.Helper()
	e := under[*widgets.Entry](b, label)
	e.SetText("")
	test.Type(e, text)
}

// files makes a folder the person's home, with these files in it.
func files(t *testing.T, texts map[string]string) (home string) {
	t.Helper()
	home = t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("USERPROFILE", home)
	for name, text := range texts {
		require.NoError(t, os.WriteFile(filepath.Join(home, name), []byte(text), 0o600))
	}
	return home
}

// TestAPlanIsFilledIn: each field by its label, with what is wrong told below it and
// nothing lost; a table through the file dialog; the outcome as a table.
func TestAPlanIsFilledIn(t *testing.T) {
	for _, lang := range bothLanguages {
		t.Run(lang, func(t *testing.T) {
			home := files(t, map[string]string{"devices.csv": "imei,list\n860000000000007,\n860000000000008,deny\n8.6E+14,\n"})
			b, pkg := newPlanDesk(t, lang)
			b.tap(actNewPlan)
			b.write(labelPlanName, "Herbst 秋")
			packages := find[*widget.Select](b)[0]
			packages.SetSelectedIndex(0)
			b.write(labelPlanModels, "EC25, EC21")
			b.write(labelSources, "R01")
			b.write(labelAllow, "860000000000001\nsn:X1")
			b.write(labelRanges, "860000000000001-860000000000099\nhello")
			b.write(labelLeastBattery, "much")
			b.write(labelLeastSignal, "12")
			zone := under[*widgets.SelectEntry](b, labelZone)
			zone.SetText("")
			test.Type(zone, "Nowhere/Land")
			under[*widget.Select](b, labelFromHour).SetSelected("22:00")
			under[*widget.Select](b, labelToHour).SetSelected("06:00")
			under[*widget.Select](b, labelConfirm).SetSelectedIndex(1)
			b.write(labelTextEnglish, "Now?")
			b.write(labelAtOnce, "99")
			b.write(labelStopAfter, "2")

			b.tap(actImportCSV)
			b.pickRow("devices.csv")
			b.tap(actTakeFile)
			b.until("the table", func() bool { return strings.Contains(b.text(), "8.6E+14") })
			shown := b.text()
			assert.Contains(t, shown, b.book.Say(noteTableRead, 1, 1, 0))
			assert.Contains(t, shown, "8.6E+14")
			assert.Equal(t, "imei:860000000000008", under[*widgets.Entry](b, labelDeny).Text)

			// What is no value at all is told, and nothing is kept yet.
			b.tap(actSaveDraft)
			shown = b.text()
			assert.Contains(t, shown, b.book.Say(noteNoRange, "hello"))
			assert.Contains(t, shown, b.book.Say(noteNoNumber, "much"))
			assert.Empty(t, b.lab.Plans.Plans())

			// What is a value, but a wrong one, is kept as a draft and told.
			b.write(labelRanges, "860000000000001-860000000000099")
			b.write(labelLeastBattery, "30")
			b.tap(actSaveDraft)
			require.NotNil(t, b.sheet, "it is not complete")
			require.Len(t, b.lab.Plans.Plans(), 1)
			shown = b.text()
			faults := faultsOf(b.lab.Plans.Plans()[0].Validate())
			require.Len(t, faults, 3, "zone, the other language's text, at once")
			for _, f := range faults {
				assert.Contains(t, shown, b.book.Say(f.Code, f.Args...), f.Field)
			}
			assert.Equal(t, "Herbst 秋", under[*widgets.Entry](b, labelPlanName).Text, "nothing is lost")
			assert.Equal(t, "Now?", under[*widgets.Entry](b, labelTextEnglish).Text)

			zone.SetText("")
			test.Type(zone, "Asia/Shanghai")
			b.write(labelTextChinese, "现在？")
			b.write(labelAtOnce, "4")
			b.tap(actSaveDraft)
			require.Nil(t, b.sheet, "it is complete")
			plans := b.lab.Plans.Plans()
			require.Len(t, plans, 1, "the same draft")
			got := plans[0]
			assert.Equal(t, "Herbst 秋", got.Name)
			assert.Equal(t, pkg.ID, got.Components[0].Package)
			assert.Equal(t, rollout.Targets{
				Models: []string{"EC25", "EC21"}, Sources: []string{"R01"},
				Allow: []string{"imei:860000000000001", "sn:X1", "imei:860000000000007"}, Deny: []string{"imei:860000000000008"},
				Ranges: [][2]uint64{{860000000000001, 860000000000099}},
			}, got.Targets)
			assert.Equal(t, []int{30, 12, 4, 2}, []int{got.MinBattery, got.MinSignal, got.Parallel, got.StopAfter})
			assert.Equal(t, rollout.Window{From: 22, To: 6}, got.Window)
			assert.Equal(t, "Asia/Shanghai", got.Zone)
			assert.Equal(t, map[string]string{rollout.English: "Now?", rollout.Chinese: "现在？"}, got.Texts)

			b.until("the plan on the page", func() bool { return b.state.plans.plan.Name == got.Name })
			b.tap(actExportPlan)
			b.saveTo("Herbst 秋.csv")
			saved := filepath.Join(home, "Herbst 秋.csv")
			b.until("the table", func() bool {
				text, err := os.ReadFile(saved)
				b.render()
				return err == nil && strings.Contains(string(text), "device,model,version,status") && strings.Contains(string(text), "imei:860000000000007,,,unseen,")
			})
		})
	}
}

// TestADropOnTheLibrary: what falls on the window while the library is shown is kept there;
// on the Upgrade page it is the package that is meant.
func TestADropOnTheLibrary(t *testing.T) {
	b := newBench(t, newFakeEngine(), words.English, cli.Window{})
	drop := func(paths ...string) {
		var dropped []fyne.URI
		for _, p := range paths {
			dropped = append(dropped, storage.NewFileURI(p))
		}
		b.drop(dropped)
	}
	path := packageFile(t)
	b.press(fyne.Key4)
	require.Equal(t, placeLibrary, b.page)
	drop(path)
	b.until("the package", func() bool { return len(b.state.library.shown) == 1 && !b.busyLibrary() })
	assert.Contains(t, b.text(), b.state.library.shown[0].Name())
	assert.Nil(t, b.state.pkg.pkg, "it was not chosen for an upgrade")
	drop(path)
	b.until("the end of the second one", func() bool { return !b.busyLibrary() })
	assert.Len(t, b.state.library.shown, 1, "it is there once")
	b.press(fyne.Key1)
	drop(path)
	b.until("the package of the upgrade", func() bool { return b.state.pkg.pkg != nil })
	assert.Len(t, b.state.library.view.Entries, 1)
}
