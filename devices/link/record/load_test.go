package record

import (
	"archive/zip"
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"fotabench/devices"
)

// stored writes a file and gives its path.
func stored(t *testing.T, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(path, data, 0o600))
	return path
}

// zipped is a zip with one file.
func zipped(t *testing.T, name string, data []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	w, err := z.Create(name)
	require.NoError(t, err)
	_, err = w.Write(data)
	require.NoError(t, err)
	require.NoError(t, z.Close())
	return out.Bytes()
}

func TestLoad(t *testing.T) {
	var chat []byte
	synctest.Test(t, func(t *testing.T) { chat = conversation(t).Bytes() })
	bundle := zipped(t, BundleName, chat)
	for name, data := range map[string][]byte{"alone": chat, "in a bundle": bundle} {
		rec, err := Load(stored(t, data))
		require.NoError(t, err, name)
		require.Len(t, rec.Links, 3, name)
	}
	flipped := bytes.Clone(bundle)
	flipped[bytes.Index(flipped, []byte(BundleName))+len(BundleName)+20] ^= 0x10
	for name, c := range map[string]struct {
		data []byte
		kind devices.Kind
		note devices.Code
	}{
		"empty":                      {nil, devices.Protocol, NoteNotRecording},
		"a picture":                  {[]byte("\x89PNG\r\n\x1a\n"), devices.Protocol, NoteNotRecording},
		"half a bundle":              {bundle[:len(bundle)/2], devices.Protocol, NoteNotRecording},
		"a bundle without recording": {zipped(t, "report.json", []byte("{}")), devices.Absent, NoteNone},
	} {
		path := stored(t, c.data)
		_, err := Load(path)
		require.ErrorIs(t, err, c.kind, name)
		var e *devices.Error
		require.ErrorAs(t, err, &e, name)
		require.Equal(t, c.note, e.Note, name)
		if c.note == NoteNotRecording {
			require.Equal(t, path, e.Args[0], name)
		}
	}
	_, err := Load(stored(t, flipped))
	require.Error(t, err, "a bundle that was damaged on its way")
	_, err = Load(filepath.Join(t.TempDir(), "nowhere"))
	require.ErrorIs(t, err, os.ErrNotExist)
}

// TestManyLines: a recording of more lines than this program writes is not read into
// memory, however small it was packed.
func TestManyLines(t *testing.T) {
	head := `{"format":"fotabench recording","version":1,"at":"2026-11-21T12:00:00Z","seed":"1"}` + "\n"
	for lines, good := range map[int]bool{100: true, 101: false} {
		_, _, err := scan(strings.NewReader(head+strings.Repeat(`{"n":1,"k":"cut"}`+"\n", lines)), 100)
		if good != (err == nil) || !good && !errors.Is(err, devices.Protocol) {
			t.Errorf("%d lines: %v", lines, err)
		}
	}
}
