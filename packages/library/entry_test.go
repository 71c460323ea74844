package library

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fotabench/packages"
)

// TestReadEntryRefuses: an entry that contradicts itself is damaged, one of tomorrow is
// newer.
func TestReadEntryRefuses(t *testing.T) {
	good := made(t, 1, packages.Manifest{TargetVersion: "1.0"})
	change := func(do func(e map[string]any)) string {
		text, err := good.encode()
		require.NoError(t, err)
		var e map[string]any
		require.NoError(t, json.Unmarshal(text, &e))
		do(e)
		text, err = json.Marshal(e)
		require.NoError(t, err)
		return string(text)
	}
	file := func(e map[string]any) map[string]any { return e["files"].([]any)[0].(map[string]any) }
	for name, c := range map[string]struct {
		text string
		want error
	}{
		"nothing":         {"", errDamaged},
		"no object":       {"[]", errDamaged},
		"two objects":     {change(func(map[string]any) {}) + "{}", errDamaged},
		"format 0":        {change(func(e map[string]any) { e["format"] = 0 }), errDamaged},
		"format 3":        {change(func(e map[string]any) { e["format"] = Format + 1 }), errNewer},
		"unknown field":   {change(func(e map[string]any) { e["signature"] = "x" }), errNewer},
		"other id":        {change(func(e map[string]any) { e["id"] = strings.Repeat("0", 64) }), errDamaged},
		"no files":        {change(func(e map[string]any) { e["files"] = []any{} }), errDamaged},
		"file elsewhere":  {change(func(e map[string]any) { file(e)["name"] = "../../etc/passwd" }), errDamaged},
		"negative size":   {change(func(e map[string]any) { file(e)["size"] = -1 }), errDamaged},
		"huge size":       {change(func(e map[string]any) { file(e)["size"] = packages.MaxBytes + 1 }), errDamaged},
		"digest is path":  {change(func(e map[string]any) { file(e)["digests"].(map[string]any)["sha256"] = "../../../x" }), errDamaged},
		"digest missing":  {change(func(e map[string]any) { delete(file(e)["digests"].(map[string]any), "md5") }), errDamaged},
		"impossible kind": {change(func(e map[string]any) { e["typed"] = map[string]any{"manifest": map[string]any{"kind": "half"}} }), errDamaged},
	} {
		_, err := readEntry([]byte(c.text))
		require.ErrorIs(t, err, c.want, name)
	}
}

// TestEveryFieldSurvives: an entry with all its fields is read as it was written.
func TestEveryFieldSurvives(t *testing.T) {
	e := made(t, 1, packages.Manifest{Name: "n", Models: []string{"EC600N"}}, Expected{packages.MD5, strings.Repeat("a", 32), "x.md5", time.Unix(5, 0).UTC()})
	now := time.Unix(7, 0).UTC()
	e.Files[0].Archive, e.Files[0].Modified = "x.zip", now
	e.Files[0].Signatures = []Signature{{Source: "fw-1.bin.sig", Text: []byte{0, 255}, At: now}}
	e.Typed = &Typed{By: "ann", At: now, Manifest: packages.Manifest{TargetVersion: "2"}}
	e.Sources = []Source{{How: Fetched, Place: "https://example.com/x", At: now, Size: 3, Modified: now}}
	e.Checked = &Check{At: now, Problem: Altered, File: "fw-1.bin"}
	e.Released = &Release{By: "bo", At: now, Reason: "why"}
	e.Removed, e.Due = &now, &now
	text, err := e.encode()
	require.NoError(t, err)
	back, err := readEntry(text)
	require.NoError(t, err)
	e.index = newIndex(e)
	require.Equal(t, e, back)
}

// FuzzReadEntry: whatever a file holds, it is refused, or an entry whose paths stay in
// the library and that is read again as it was.
func FuzzReadEntry(f *testing.F) {
	for i := range 3 {
		e := made(f, i, packages.Manifest{TargetVersion: "1.0", Models: []string{"EC600N"}})
		text, err := e.encode()
		require.NoError(f, err)
		f.Add(text)
		f.Add(text[:len(text)/2])
	}
	f.Add([]byte(`{"format":2}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		e, err := readEntry(text)
		if err != nil {
			return
		}
		require.Regexp(t, idText, e.ID)
		for _, file := range e.Files {
			require.Regexp(t, idText, file.Digests[packages.SHA256])
			require.True(t, packages.GoodBase(file.Name))
		}
		again, err := e.encode()
		require.NoError(t, err)
		back, err := readEntry(again)
		require.NoError(t, err)
		require.Equal(t, e.ID, back.ID)
		require.Equal(t, e.text, back.text)
	})
}
