package cli

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestLibrarySaysWhoSigned: list, show and verify tell a package that is not signed from one
// that a stranger, a trusted key or nobody any more vouches for, and what the policy does.
func TestLibrarySaysWhoSigned(t *testing.T) {
	signer, b := newCall(t), newCall(t)
	signed, plain := signer.file(t, "signed.bin", "firmware"), b.file(t, "plain.bin", "other")
	signer.must(t, ExitVerified, "sign", signed)
	pub := signer.file(t, "release.pub", signer.must(t, ExitVerified, "keys", "show"))
	b.shelf(t, ExitVerified, "import", "--each", signed, plain)
	id, other := hash("firmware"), hash("other")

	listed := b.shelf(t, ExitVerified, "list")
	require.Contains(t, listed, "not signed")
	require.Contains(t, listed, "signed by unknown key")
	require.Contains(t, b.shelf(t, ExitVerified, "show", id), "nobody has trusted here")
	b.must(t, ExitVerified, "keys", "policy", "require")
	require.Contains(t, b.shelf(t, ExitVerified, "show", id), "By the policy here it is not installed. ")
	require.Contains(t, b.shelf(t, ExitRefused, "verify", other), "takes signed packages only")
	b.must(t, ExitVerified, "keys", "trust", pub, "--name", "Maker")
	require.Contains(t, b.shelf(t, ExitVerified, "list"), "signed by Maker")
	require.Contains(t, b.shelf(t, ExitVerified, "verify", id), "is signed by Maker")

	path := filepath.Join(b.dir, "library", "objects", id[:2], id)
	require.NoError(t, os.Chmod(path, 0o600))
	alter(t, path, "firmware", "firmwarE")
	require.Contains(t, b.shelf(t, ExitVerified, "show", id), "changed on disk")
	b.shelf(t, ExitVerified, "show", other, "--json")
	require.Equal(t, "red", b.objects(t)[0]["signatureLevel"])
}

// TestLibraryImportTellsWhatContradicts: it is kept, told, and scripts see it.
func TestLibraryImportTellsWhatContradicts(t *testing.T) {
	b := newCall(t)
	path := b.file(t, "a.bin", "a")
	b.file(t, "a.bin.sha256", hash("b"))
	require.Contains(t, b.shelf(t, ExitRefused, "import", path), hash("b"))
	require.Contains(t, b.shelf(t, ExitVerified, "list"), "contradicted")
	require.Contains(t, b.shelf(t, ExitRefused, "verify"), "is not what was stated")
}

// TestLibraryReadingMakesNothing: not of the usual folder, which is empty until a package
// comes, nor of one that was named, such as on a drive that was taken out.
func TestLibraryReadingMakesNothing(t *testing.T) {
	b := newCall(t)
	require.Contains(t, b.shelf(t, ExitVerified, "list"), "The library has no packages yet")
	b.shelf(t, ExitVerified, "verify")
	require.Contains(t, b.shelf(t, ExitRefused, "show", "123456"), "There is no package")
	require.NoDirExists(t, filepath.Join(b.dir, "library"))
	b.must(t, ExitVerified, "plan", "list")
	require.NoDirExists(t, filepath.Join(b.dir, "library"))

	stick := t.TempDir()
	away := filepath.Join(stick, "lib")
	for _, verb := range [][]string{{"list"}, {"verify"}, {"show", "123456"}, {"empty", "--yes"}} {
		require.Contains(t, b.shelf(t, ExitRefused, append(verb, "--library", away)...), away)
		require.Contains(t, b.shelf(t, ExitRefused, append(verb, "--library", stick)...), stick)
	}
	names, err := os.ReadDir(stick)
	require.NoError(t, err)
	require.Empty(t, names)
	require.Contains(t, b.shelf(t, ExitVerified, "import", b.file(t, "a.bin", "a"), "--library", away), "A new library was made in "+away)
	require.NotContains(t, b.shelf(t, ExitVerified, "list", "--library", away), "new library")
}

// TestLibraryFromSeveralURLs: they are the files of one package.
func TestLibraryFromSeveralURLs(t *testing.T) {
	t.Setenv("NO_PROXY", "127.0.0.1")
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.ServeContent(w, r, "", time.Time{}, strings.NewReader(r.URL.Path))
	}))
	defer site.Close()
	b := newCall(t)
	require.Contains(t, b.shelf(t, ExitVerified, "import", "--url", site.URL+"/fw.mini_1", "--url", site.URL+"/fw.mini_2"), "was imported")
	b.shelf(t, ExitVerified, "list", "--json")
	got := b.objects(t)
	require.Len(t, got, 1)
	require.Len(t, got[0]["files"], 2)
}
