package cli

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fotabench/devices"
	"fotabench/packages"
	"fotabench/updater"
	"fotabench/updater/rollout"
)

func hash(text string) string { s := sha256.Sum256([]byte(text)); return hex.EncodeToString(s[:]) }

// shelf runs a library verb and gives what was printed.
func (b *call) shelf(t testing.TB, want int, args ...string) string {
	t.Helper()
	b.out.Reset()
	b.err.Reset()
	got := b.run(t, append([]string{"library"}, args...)...)
	require.Equal(t, want, got, "%v\n%s%s", args, &b.out, &b.err)
	return b.out.String() + b.err.String()
}

// TestLibraryShowOnOneLine: what a person typed adds no line that says something else; a
// hash that was typed by hand is told as that.
func TestLibraryShowOnOneLine(t *testing.T) {
	b := newCall(t)
	b.shelf(t, ExitVerified, "import", b.file(t, "fw.bin", "firmware"))
	id := hash("firmware")
	b.shelf(t, ExitVerified, "edit", id, "--to", "1.1", "--digest", id, "--by", "ann\nforged 1")
	b.shelf(t, ExitVerified, "release", id, "--reason", "fine\nforged 2", "--by", "ann\nforged 3")
	got := b.shelf(t, ExitVerified, "show", id)
	require.NotContains(t, got, "\nforged")
	for _, part := range []string{"forged 1", "forged 2", "forged 3", "sha256 " + id + ", typed by hand"} {
		require.Contains(t, got, part)
	}
	b.shelf(t, ExitVerified, "edit", id, "--digest", hash("other"))
	require.Contains(t, b.shelf(t, ExitVerified, "show", id), "but what was typed by hand says "+hash("other"))
}

// TestLibraryVerbs walks a package through its life.
func TestLibraryVerbs(t *testing.T) {
	b := newCall(t)
	fw := b.file(t, "fw.bin", "firmware")
	b.file(t, "fw.bin.sha256", hash("firmware"))
	b.file(t, "fw.bin.json", `{"name":"Modem","targetVersion":"1.1","models":["EC600N"]}`)
	id := hash("firmware")

	require.Contains(t, b.shelf(t, ExitVerified, "import", fw), "Modem was imported")
	require.Contains(t, b.shelf(t, ExitVerified, "import", fw), "was there already")
	require.DirExists(t, filepath.Join(b.dir, "library", "objects"))
	listed := b.shelf(t, ExitVerified, "list", "modem", "--model", "EC600N-CNLC", "--trust", "ok")
	require.Contains(t, listed, id[:12])
	require.Contains(t, listed, "1.1")
	require.Contains(t, b.shelf(t, ExitVerified, "list", "nothing"), "No package fits")

	shown := b.shelf(t, ExitVerified, "edit", id[:8], "--kind", "delta", "--from", "1.0", "--by", "ann")
	require.Contains(t, shown, "ann typed")
	shown = b.shelf(t, ExitVerified, "edit", id[:8], "--min-battery", "30", "--by", "ann")
	for _, text := range []string{"sourceVersion  1.0", "minBattery     30", "fw.bin.json says", "stated by fw.bin.sha256", "from " + fw} {
		require.Contains(t, shown, text)
	}
	require.NotContains(t, b.shelf(t, ExitVerified, "edit", id, "--revert"), "typed")
	require.Contains(t, b.shelf(t, ExitRefused, "edit", id, "--kind", "delta"), "sourceVersion")
	require.Contains(t, b.shelf(t, ExitRefused, "edit", id, "--min-battery", "300"), "A whole number from 0 to 100")
	require.Contains(t, b.shelf(t, ExitVerified, "edit", id, "--digest", fmt.Sprintf("%08x", crc32.ChecksumIEEE([]byte("firmware")))), ", typed by hand")
	b.shelf(t, ExitVerified, "edit", id, "--revert")

	require.Contains(t, b.shelf(t, ExitRefused, "release", id), "a name and a reason")
	require.Contains(t, b.shelf(t, ExitVerified, "release", id, "--reason", "a week on the bench", "--by", "bo"), "is released")
	require.Contains(t, b.shelf(t, ExitVerified, "show", id), "released by bo")
	require.Contains(t, b.shelf(t, ExitVerified, "list", "--standing", "released"), "Modem")

	require.Contains(t, b.shelf(t, ExitVerified, "verify"), "Modem is as it was imported")
	out := t.TempDir()
	require.Contains(t, b.shelf(t, ExitVerified, "export", id, "--to", out), filepath.Join(out, "fw.bin.sha256"))
	require.Contains(t, b.shelf(t, ExitRefused, "export", id, "--to", out), "Nothing was written")

	require.Contains(t, b.shelf(t, ExitVerified, "remove", id), "is in the trash")
	require.Contains(t, b.shelf(t, ExitVerified, "list", "--trash"), "Modem")
	require.Contains(t, b.shelf(t, ExitVerified, "undo", id[:6]), "is back")
	require.Contains(t, b.shelf(t, ExitRefused, "undo", id[:6]), "There is no package "+id[:6]+" in the trash")
	require.Contains(t, b.shelf(t, ExitVerified, "show", id), "released by bo")
	b.shelf(t, ExitVerified, "release", id, "--withdraw")
	b.shelf(t, ExitVerified, "remove", id)
	b.shelf(t, ExitUsage, "empty")
	require.Contains(t, b.shelf(t, ExitVerified, "empty", "--yes"), "Modem is deleted for good")
	require.Empty(t, b.shelf(t, ExitVerified, "empty", "--yes"), "nothing was there any more")
	require.Contains(t, b.shelf(t, ExitRefused, "undo", id), "There is no package")
}

// TestLibraryJSON: each line is an object with what a script needs.
func TestLibraryJSON(t *testing.T) {
	b := newCall(t)
	dir := filepath.Join(t.TempDir(), "elsewhere")
	a, c := b.file(t, "a.bin", "a"), b.file(t, "c.bin", "c")
	b.shelf(t, ExitVerified, "import", "--each", a, c, "--library", dir, "--json")
	got := b.objects(t)
	require.Len(t, got, 2)
	require.Equal(t, hash("a"), got[0]["id"])
	require.Equal(t, "a.bin", got[0]["name"])
	require.Equal(t, "amber", got[0]["level"])
	b.shelf(t, ExitVerified, "list", "--library", dir, "--json", "--sort", "name", "--desc")
	got = b.objects(t)
	require.Equal(t, "c.bin", got[0]["name"])
	require.Equal(t, "untested", got[0]["standing"])
	require.NoError(t, os.Chmod(filepath.Join(dir, "objects", hash("a")[:2], hash("a")), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "objects", hash("a")[:2], hash("a")), []byte("!"), 0o600))
	b.shelf(t, ExitFailed, "verify", "--library", dir, "--json")
	var bad []any
	for _, o := range b.objects(t) {
		if check := o["check"].(map[string]any); check["ok"] == false {
			bad = append(bad, check["problem"])
		}
	}
	require.Equal(t, []any{"library.altered"}, bad)
}

// TestLibraryImportOfURL: whoever names a URL as a file is told how to fetch it, without its
// secrets.
func TestLibraryImportOfURL(t *testing.T) {
	b := newCall(t)
	for _, at := range []string{"http://127.0.0.1:1/big.bin", "https://ann:hunter2@example.com/big.bin?token=hunter2", "ftp://example.com/big.bin"} {
		said := b.shelf(t, ExitUsage, "import", at)
		require.Contains(t, said, "--url "+at[:5])
		require.NotContains(t, said, "no file")
		require.NotContains(t, said, "hunter2")
	}
}

func TestLibraryUsage(t *testing.T) {
	b := newCall(t)
	fw := b.file(t, "fw.bin", "x")
	for _, args := range [][]string{
		{},
		{"import"},
		{"import", fw, "--url", "http://127.0.0.1/x"},
		{"import", fw, "--digest", "xyz"},
		{"list", "--kind", "half"},
		{"list", "--sort", "colour"},
		{"show"},
		{"export", "123456"},
		{"remove"},
		{"frobnicate"},
	} {
		b.shelf(t, ExitUsage, args...)
	}
	require.Contains(t, b.shelf(t, ExitRefused, "import", b.file(t, "x.exe", "x")), "not of a known firmware type")
	require.Contains(t, b.shelf(t, ExitRefused, "show", "123456"), "There is no package")
	require.Contains(t, b.shelf(t, ExitRefused, "list", "--library", b.dir), "holds other things")
}

// TestLibraryFromURL: the bytes are proved, the password is used, and kept nowhere.
func TestLibraryFromURL(t *testing.T) {
	t.Setenv("NO_PROXY", "127.0.0.1")
	t.Setenv("FW_PASSWORD", secretText)
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if user, password, _ := r.BasicAuth(); user != "ann" || password != secretText {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		http.ServeContent(w, r, "", time.Time{}, strings.NewReader("firmware"))
	}))
	defer site.Close()
	b := newCall(t)
	url := site.URL + "/dl/fw.bin?token=" + secretText
	from := []string{"import", "--url", url, "--user", "ann", "--password-env", "FW_PASSWORD", "--digest"}
	require.Contains(t, b.shelf(t, ExitFailed, append(from, hash("other"))...), "not")
	require.Contains(t, b.shelf(t, ExitVerified, append(from, hash("firmware"))...), "fw.bin was imported")
	require.Contains(t, b.shelf(t, ExitVerified, "show", hash("firmware")[:8]), "/dl/fw.bin?token=***")
	require.NoError(t, filepath.WalkDir(b.dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		require.NotContains(t, string(text), secretText, path)
		return err
	}))
}

// TestLibraryWatch: Ctrl-C is the end of it.
func TestLibraryWatch(t *testing.T) {
	b := newCall(t)
	in := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(in, "fw.bin"), []byte("x"), 0o600))
	require.Contains(t, b.shelf(t, ExitRefused, "import", "--watch", filepath.Join(in, "nowhere")), "is not a folder")
	r := b.begins(t, "library", "import", "--watch", in)
	until(t, "the package", func() bool { return strings.Contains(r.out.String(), "fw.bin was imported") })
	require.Equal(t, ExitVerified, r.interrupt(), "%s", &r.err)
}

// TestLibraryStanding: what a real device here has proved is shown as proved; what a
// simulated one has is not.
func TestLibraryStanding(t *testing.T) {
	b := newCall(t)
	b.shelf(t, ExitVerified, "import", b.file(t, "fw.bin", "firmware"))
	record := updater.Record{Outcome: updater.Verified, Device: &devices.Identity{Model: "EC600N", IMEI: "1"}, Plan: updater.PlanRecord{
		Simulated: true, Files: []packages.File{{Digests: packages.Digests{packages.SHA256: hash("firmware")}}},
	}}
	b.engine.remembered = []updater.Record{record}
	require.Contains(t, b.shelf(t, ExitVerified, "list"), "untested")
	require.Contains(t, b.shelf(t, ExitVerified, "list", "--standing", "proved"), "No package fits")
	record.Plan.Simulated = false
	b.engine.remembered = []updater.Record{record}
	failed := record
	failed.Outcome = updater.FailedOld
	b.engine.remembered = []updater.Record{record, failed, record}
	const stands = "proved here: 1 device (EC600N), 2 reports · failed: 1"
	require.Contains(t, b.shelf(t, ExitVerified, "list", "--standing", "proved"), stands)
	require.Contains(t, b.shelf(t, ExitVerified, "show", hash("firmware")), stands)
	b.shelf(t, ExitVerified, "show", hash("firmware"), "--json")
	got := b.objects(t)[0]
	require.Equal(t, "proved", got["standing"])
	proof := got["proof"].(map[string]any)
	require.Equal(t, []any{[]any{"imei:1"}, []any{"EC600N"}, 1.0}, []any{proof["devices"], proof["models"], proof["failed"]})
	require.Len(t, proof["jobs"], 2)
	b.shelf(t, ExitVerified, "release", hash("firmware"), "--reason", "field test", "--by", "bo")
	require.Contains(t, b.shelf(t, ExitVerified, "list"), "released · "+stands)
}

// TestLibraryKeepsWhatPlansNeed: a package of an active plan is not removed.
func TestLibraryKeepsWhatPlansNeed(t *testing.T) {
	b := newCall(t)
	b.shelf(t, ExitVerified, "import", b.file(t, "fw.bin", "firmware"))
	store, _, _, err := rollout.OpenStore(filepath.Join(b.dir, "plans"), "test")
	require.NoError(t, err)
	p := rollout.Plan{Version: rollout.DocumentVersion, ID: "kg775bpzezwbyiwq", State: rollout.Active, Components: []rollout.Component{{Package: hash("firmware")}}}
	require.NoError(t, store.Put(p))
	require.Contains(t, b.shelf(t, ExitRefused, "remove", hash("firmware")), "is needed by")
	p.State = rollout.Stopped
	require.NoError(t, store.Put(p))
	require.NoError(t, store.Close())
	b.shelf(t, ExitVerified, "remove", hash("firmware"))
}
