package library

import (
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"

	"fotabench/packages"
)

// TestEveryFieldCounts: a field that manifests get one day is not forgotten here.
func TestEveryFieldCounts(t *testing.T) {
	kind := reflect.TypeFor[packages.Manifest]()
	require.Len(t, fields, kind.NumField()-1, "all but Source")
	full := packages.Manifest{
		Name: "n", Component: packages.App, Kind: packages.Full, SourceVersion: "1", TargetVersion: "2", Module: "m",
		Models: []string{"EC600N"}, MinBattery: 10, MinSignal: 5,
	}
	for i := range kind.NumField() {
		require.True(t, kind.Field(i).Name == "Source" || !reflect.ValueOf(full).Field(i).IsZero(), "%s: add it above", kind.Field(i).Name)
	}
	require.Equal(t, full, Over(packages.Manifest{}, full))
	require.Equal(t, full, Over(full, packages.Manifest{}))
	for _, f := range fields {
		require.NotEmpty(t, f.text(full), f.name)
		require.Empty(t, f.text(packages.Manifest{}), f.name)
	}
}

// TestEditDeltaOfAManifest: who types that it is a delta need not type again from which
// version; another program reads that entry too.
func TestEditDeltaOfAManifest(t *testing.T) {
	d := newDesk(t, Options{})
	d.file("fw.bin.json", `{"sourceVersion": "1.0", "targetVersion": "1.1"}`)
	e := d.imported(d.file("fw.bin", "bytes"))
	_, err := d.Edit(t.Context(), e.ID, "ann", packages.Manifest{Kind: "Delta"})
	require.NoError(t, err)
	got, err := opened(t, d.Dir(), Options{}).Find(e.ID)
	require.NoError(t, err)
	require.Empty(t, got.Unreadable)
	m := got.Manifest()
	require.Equal(t, packages.Delta, m.Kind)
	require.Equal(t, "1.0", m.SourceVersion)

	other := d.imported(d.file("other.bin", "others"))
	_, err = d.Edit(t.Context(), other.ID, "ann", packages.Manifest{Kind: packages.Delta})
	requireCode(t, err, packages.BadTypedField)
}

func TestEdit(t *testing.T) {
	d := newDesk(t, Options{})
	d.file("fw.bin.json", `{"kind":"full","targetVersion":"1.0"}`)
	e := d.imported(d.file("fw.bin", "x"))
	for name, m := range map[string]packages.Manifest{
		"component": {Component: "BIOS"}, "battery": {MinBattery: 101}, "version": {TargetVersion: "../1"},
		"models": {Models: []string{""}}, "delta from nothing": {Kind: packages.Delta},
	} {
		_, err := d.Edit(t.Context(), e.ID, "", m)
		require.Equal(t, packages.BadTypedField, codeOf(err), name)
	}
	got, err := d.Edit(t.Context(), e.ID, " ann ", packages.Manifest{Kind: "DELTA", SourceVersion: " 0.9 ", Models: []string{"EC200A"}})
	require.NoError(t, err)
	require.Equal(t, "ann", got.Typed.By)
	m := got.Manifest()
	require.Equal(t, packages.Delta, m.Kind)
	require.Equal(t, "0.9", m.SourceVersion)
	require.Equal(t, "1.0", m.TargetVersion, "what nobody typed is the manifest's")
	require.Equal(t, packages.Full, got.Claims[0].Manifest.Kind, "the manifest's word is kept")
	got, err = d.Edit(t.Context(), e.ID, "ann", packages.Manifest{})
	require.NoError(t, err)
	require.Nil(t, got.Typed)
	require.Equal(t, packages.Full, got.Manifest().Kind)
}

// TestGuessedComponent: what a name tells yields to what a manifest says, and disputes
// nothing.
func TestGuessedComponent(t *testing.T) {
	d := newDesk(t, Options{})
	e := d.imported(d.file("a/main.py", "print(1)"))
	require.Equal(t, packages.App, e.Manifest().Component)
	d.file("b/main.py.json", `{"component":"SOTA"}`)
	e = d.imported(d.file("b/main.py", "print(1)"))
	require.Equal(t, packages.SOTA, e.Manifest().Component)
	require.Empty(t, e.Disputes())
}

func TestTypedDigests(t *testing.T) {
	d := newDesk(t, Options{})
	e := d.imported(d.file("fw.bin", "x"))
	right, err := packages.Typed(sum("x"))
	require.NoError(t, err)
	wrong, err := packages.Typed(sum("y"))
	require.NoError(t, err)
	for _, c := range []struct {
		typed []packages.Expected
		level packages.Level
	}{{[]packages.Expected{wrong}, packages.Red}, {[]packages.Expected{right}, packages.Green}, {nil, packages.Amber}} {
		got, err := d.State(t.Context(), e.ID, 0, c.typed...)
		require.NoError(t, err)
		require.Equal(t, c.level, got.Level())
	}
	_, err = d.State(t.Context(), e.ID, 1, right)
	require.Error(t, err)
}

func TestRelease(t *testing.T) {
	d := newDesk(t, Options{})
	e := d.imported(d.file("fw.bin", "x"))
	for _, c := range [][2]string{{"", "why"}, {"ann", " "}} {
		_, err := d.Release(t.Context(), e.ID, c[0], c[1])
		requireCode(t, err, NoReason)
	}
	require.Equal(t, Untested, e.Standing(false))
	require.Equal(t, Proved, e.Standing(true))
	got, err := d.Release(t.Context(), e.ID, "ann", "three modules, one week")
	require.NoError(t, err)
	require.Equal(t, Released, got.Standing(false))
	require.NoError(t, d.Refresh(t.Context()))
	again := opened(t, d.Dir(), Options{})
	kept, err := again.Find(e.ID)
	require.NoError(t, err)
	require.Equal(t, "three modules, one week", kept.Released.Reason)
	got, err = d.State(t.Context(), e.ID, 0, packages.Expected{Algorithm: packages.SHA256, Hex: sum("other"), Source: packages.SourceTyped})
	require.NoError(t, err)
	require.NotNil(t, got.Released)
	require.Equal(t, Untested, got.Standing(false), "contradicted since")
	got, err = d.State(t.Context(), e.ID, 0)
	require.NoError(t, err)
	require.Equal(t, Released, got.Standing(false))
	got, err = d.Withdraw(t.Context(), e.ID)
	require.NoError(t, err)
	require.Equal(t, Untested, got.Standing(false))
}

// TestSourcesAreBounded: the first stays, of the others the latest.
func TestSourcesAreBounded(t *testing.T) {
	e := &Entry{}
	for i := range 3 * maxSources {
		e.remember(Source{How: Chosen, Place: string(rune('A' + i))})
	}
	require.Len(t, e.Sources, maxSources)
	require.Equal(t, "A", e.Sources[0].Place)
	require.Equal(t, string(rune('A'+3*maxSources-1)), e.Sources[maxSources-1].Place)
}

// TestIncomplete: the manifest of a delta that does not say for which version it is taken in,
// told, and completed by a person, whose word is kept like any other; older programs leave
// such an entry alone.
func TestIncomplete(t *testing.T) {
	d := newDesk(t, Options{})
	d.file("fw.bin.json", `{"kind":"delta","targetVersion":"1.1","models":["EC25"]}`)
	fw := d.file("fw.bin", "bytes")
	e := d.imported(fw)
	lacking := []string{packages.FieldSource}
	require.Equal(t, lacking, e.Lacks())
	require.Equal(t, formatLacking, e.Format)
	p, err := d.Package(t.Context(), e.ID)
	require.NoError(t, err, "to export it, or to look at it")
	requireCode(t, p.Complete(), packages.NoSource)
	_, err = d.Release(t.Context(), e.ID, "ann", "tested")
	requireCode(t, err, packages.NoSource)

	_, err = d.Edit(t.Context(), e.ID, "ann", packages.Manifest{Name: "Meter"})
	require.NoError(t, err, "one thing at a time")
	e, err = d.Edit(t.Context(), e.ID, "ann", packages.Manifest{Name: "Meter", SourceVersion: "1.0"})
	require.NoError(t, err)
	require.Empty(t, e.Lacks())
	_, err = d.Release(t.Context(), e.ID, "ann", "tested")
	require.NoError(t, err)

	require.NoError(t, d.Remove(t.Context(), e.ID))
	_, err = d.Undo(t.Context(), e.ID)
	require.NoError(t, err)
	e = d.imported(fw)
	require.Empty(t, e.Lacks())
	require.Equal(t, "1.0", e.Manifest().SourceVersion)
	require.True(t, e.Allowed())

	e, err = d.Edit(t.Context(), e.ID, "ann", packages.Manifest{})
	require.NoError(t, err)
	require.Equal(t, lacking, e.Lacks())
	require.False(t, e.Allowed(), "what is released is whole")
	got, err := requireWhole(t, d.Dir()).Find(e.ID)
	require.NoError(t, err)
	require.Equal(t, lacking, got.Lacks())
}
