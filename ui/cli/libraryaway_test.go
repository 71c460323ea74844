package cli

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"fotabench/updater/settings"
)

// everyImport is each way to import the file fw.
func everyImport(t *testing.T, fw string) map[string][]string {
	in := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(in, "in.bin"), []byte("in"), 0o600))
	return map[string][]string{
		"files": {"import", fw}, "each": {"import", "--each", fw}, "watch": {"import", "--watch", in}, "watched": {"import", "--watched"},
		"URL": {"import", "--url", "http://127.0.0.1:1/fw.bin"},
	}
}

// TestLibraryImportMakesNoneInPlaceOfOneThatIsAway: the library of the settings is on a
// drive that is out. Nothing is made where the drive was, whatever is imported, until
// somebody asks for a library there.
func TestLibraryImportMakesNoneInPlaceOfOneThatIsAway(t *testing.T) {
	b := newCall(t)
	drive := filepath.Join(t.TempDir(), "drive")
	away := filepath.Join(drive, "lib")
	fw := b.file(t, "fw.bin", "firmware")
	_, err := settings.Change(t.Context(), b.dir, func(s *settings.Settings) { s.Library, s.Watch = away, t.TempDir() })
	require.NoError(t, err)
	for _, mount := range []string{"", drive, away} { // there may be an empty mount point
		if mount != "" {
			require.NoError(t, os.Mkdir(mount, 0o700))
		}
		listed := b.shelf(t, ExitRefused, "list")
		for name, args := range everyImport(t, fw) {
			require.Equal(t, listed, b.shelf(t, ExitRefused, args...), name)
		}
		require.Contains(t, listed, "is not there any more")
		names, _ := os.ReadDir(drive)
		require.LessOrEqual(t, len(names), 1)
		names, _ = os.ReadDir(away)
		require.Empty(t, names, "nothing is made")
	}
	require.NoDirExists(t, filepath.Join(b.dir, "library"), "nor elsewhere")
	require.Contains(t, b.shelf(t, ExitVerified, "import", fw, "--library", away), "A new library was made", "asked for by its name")
	require.Contains(t, b.shelf(t, ExitVerified, "import", fw), "was there already")
}

// TestLibraryThatIsDamaged: the usual one is told and left alone by every verb; asked for
// by its name it is mended, with all that was in it.
func TestLibraryThatIsDamaged(t *testing.T) {
	b := newCall(t)
	fw := b.file(t, "fw.bin", "firmware")
	dir := filepath.Join(b.dir, "library")
	marker := filepath.Join(dir, "library.json")
	_, err := settings.Change(t.Context(), b.dir, func(s *settings.Settings) { s.Watch = t.TempDir() })
	require.NoError(t, err)
	b.shelf(t, ExitVerified, "list")
	require.NoDirExists(t, dir, "a look makes none")
	require.Contains(t, b.shelf(t, ExitVerified, "import", fw), "A new library was made", "the usual one is made unasked")
	for _, text := range []string{"{torn", "", "deleted"} {
		require.NoError(t, os.WriteFile(marker, []byte(text), 0o600))
		if text == "deleted" {
			require.NoError(t, os.Remove(marker))
		}
		listed := b.shelf(t, ExitRefused, "list")
		require.Contains(t, listed, "is damaged")
		calls := everyImport(t, fw)
		calls["verify"], calls["show"] = []string{"verify"}, []string{"show", hash("firmware")}
		for name, args := range calls {
			require.Equal(t, listed, b.shelf(t, ExitRefused, args...), name)
		}
		got, _ := os.ReadFile(marker)
		require.NotContains(t, string(got), "format", "nothing was changed")
		b.shelf(t, ExitRefused, "list", "--library", dir)
		require.Contains(t, b.shelf(t, ExitVerified, "import", fw, "--library", dir), "was written anew")
		require.Contains(t, b.shelf(t, ExitVerified, "list"), hash("firmware")[:12])
	}
	require.NoError(t, os.WriteFile(marker, nil, 0o600))
	b.must(t, ExitVerified, "settings", "set", "library", dir)
	require.Contains(t, b.shelf(t, ExitVerified, "verify"), "as it was imported", "as the refusal says")
}

// TestLibraryThatIsADeadLink: the usual one was put on a drive by a link.
func TestLibraryThatIsADeadLink(t *testing.T) {
	b := newCall(t)
	fw := b.file(t, "fw.bin", "firmware")
	away, dir := filepath.Join(t.TempDir(), "away"), filepath.Join(b.dir, "library")
	require.NoError(t, os.Symlink(away, dir))
	for _, args := range [][]string{{"list"}, {"verify"}, {"import", fw}, {"import", "--watch", t.TempDir()}} {
		require.Contains(t, b.shelf(t, ExitRefused, args...), "is not there any more", args)
	}
	require.NoDirExists(t, away)
	require.NoError(t, os.Mkdir(away, 0o700))
	b.shelf(t, ExitVerified, "list")
	require.Contains(t, b.shelf(t, ExitVerified, "import", fw), "was imported")
}

// TestLibraryURLWithALogin: refused as for an upgrade, before anything is opened or made.
func TestLibraryURLWithALogin(t *testing.T) {
	b := newCall(t)
	for _, login := range []string{"ann:" + secretText, "ann", ":" + secretText} {
		said := b.shelf(t, ExitUsage, "import", "--url", "http://127.0.0.1:1/a.bin", "--url", "http://"+login+"@127.0.0.1:1/fw.bin")
		require.Contains(t, said, "arguments are seen by others; use --user and --password-env")
		require.NotContains(t, said, secretText)
	}
	require.NoDirExists(t, filepath.Join(b.dir, "library"))
}

// TestLibraryDownloadTwice: the second of two programs that download the same says so.
func TestLibraryDownloadTwice(t *testing.T) {
	t.Setenv("NO_PROXY", "127.0.0.1")
	b, other := newCall(t), newCall(t)
	said := make(chan string, 1)
	var once sync.Once // later requests are of the same download
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		once.Do(func() {
			other.run(t, "library", "import", "--url", "http://"+r.Host+r.URL.String(), "--library", filepath.Join(b.dir, "library"))
			said <- other.out.String() + other.err.String()
		})
		_, _ = w.Write([]byte("firmware"))
	}))
	defer site.Close()
	require.Contains(t, b.shelf(t, ExitVerified, "import", "--url", site.URL+"/fw.bin?token="+secretText), "fw.bin was imported")
	second := <-said
	require.Contains(t, second, strings.TrimPrefix(site.URL, "http://")+"/fw.bin?token=*** is being downloaded already")
	require.NotContains(t, second, secretText)
}
