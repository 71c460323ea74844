package cli

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/simplifiedchinese"
)

// TestLibraryIncomplete: a delta whose manifest does not say for which version it is comes in,
// is told as incomplete wherever it is shown, and is completed with edit.
func TestLibraryIncomplete(t *testing.T) {
	b := newCall(t)
	fw, id := b.file(t, "fw.bin", "firmware"), hash("firmware")
	b.file(t, "fw.bin.json", `{"kind":"delta","targetVersion":"1.1"}`)
	told := b.shelf(t, ExitVerified, "import", fw)
	require.Contains(t, told, "fotabench library edit "+id[:12]+" --from VERSION")
	listed := b.shelf(t, ExitVerified, "list")
	require.Contains(t, listed, "? → 1.1")
	require.Contains(t, listed, "incomplete")
	require.Contains(t, b.shelf(t, ExitVerified, "show", id), "Incomplete: a delta")
	require.Contains(t, b.shelf(t, ExitVerified, "show", id), "for which models")
	b.shelf(t, ExitVerified, "list", "--json")
	require.Equal(t, []any{"sourceVersion", "models"}, b.objects(t)[0]["lacks"])
	require.Contains(t, b.shelf(t, ExitRefused, "release", id, "--reason", "tested"), "--from VERSION")

	b.shelf(t, ExitVerified, "edit", id, "--name", "Meter")
	shown := b.shelf(t, ExitVerified, "edit", id, "--from", "1.0")
	require.NotContains(t, shown, "Incomplete: ")
	require.Contains(t, b.shelf(t, ExitVerified, "list"), "1.0 → 1.1")
	b.shelf(t, ExitVerified, "release", id, "--reason", "tested")
	b.shelf(t, ExitVerified, "remove", id)
	b.shelf(t, ExitVerified, "undo", id)
	require.NotContains(t, b.shelf(t, ExitVerified, "import", fw), "incomplete", "what was typed is kept")
	require.Contains(t, b.shelf(t, ExitVerified, "edit", id, "--revert"), "Incomplete: a delta")
}

// TestLibraryOrder: files that say which is first are one package in any order, told; where
// nothing says so both are kept, told too.
func TestLibraryOrder(t *testing.T) {
	b := newCall(t)
	one, two := b.file(t, "fw.mini_1", "1"), b.file(t, "fw.mini_2", "2")
	require.NotContains(t, b.shelf(t, ExitVerified, "import", one, two), "order")
	told := b.shelf(t, ExitVerified, "import", two, one, "--digest", hash("2"))
	require.Contains(t, told, "was there already")
	require.Contains(t, told, "fw.mini_1, fw.mini_2")
	x, y := b.file(t, "x.bin", "x"), b.file(t, "y.bin", "y")
	b.shelf(t, ExitVerified, "import", x, y)
	told = b.shelf(t, ExitVerified, "import", y, x)
	require.Contains(t, told, "y.bin has the same files as x.bin")
	b.shelf(t, ExitVerified, "list", "--json")
	require.Len(t, b.objects(t), 3)
	b.must(t, ExitVerified, "verify", two, one, "--digest", hash("2"))
}

// TestLibraryGBK: names in GBK are read as they are meant, and that it was guessed is told.
func TestLibraryGBK(t *testing.T) {
	b := newCall(t)
	text, err := simplifiedchinese.GBK.NewEncoder().String(`{"name":"水表固件","targetVersion":"1.1"}`)
	require.NoError(t, err)
	fw := b.file(t, "fw.bin", "firmware")
	b.file(t, "fw.bin.json", text)
	told := b.shelf(t, ExitVerified, "import", fw)
	require.Contains(t, told, "水表固件 was imported")
	require.Contains(t, told, "fw.bin.json is no UTF-8 and was read as GBK")
	b.shelf(t, ExitVerified, "import", fw, "--json")
	require.Equal(t, []any{"fw.bin.json"}, b.objects(t)[0]["readAsGBK"])
	b.must(t, ExitVerified, "verify", fw)
	b.shows(t, "was read as GBK")
	b.file(t, "fw.bin.json", "\xff\x80 \x81")
	require.Contains(t, b.shelf(t, ExitRefused, "import", fw), "neither UTF-8 nor GBK")
}

// TestLibraryBareWithTrash: who has removed all is not told that there was never anything.
func TestLibraryBareWithTrash(t *testing.T) {
	b := newCall(t)
	b.shelf(t, ExitVerified, "import", "--each", b.file(t, "a.bin", "a"), b.file(t, "b.bin", "b"))
	b.shelf(t, ExitVerified, "remove", hash("a"), hash("b"))
	told := b.shelf(t, ExitVerified, "list")
	require.Contains(t, told, "2 removed packages can be brought back")
	require.Contains(t, told, "undo ID")
	require.NotContains(t, told, "yet")
	b.shelf(t, ExitVerified, "empty", hash("a"), "--yes")
	require.Contains(t, b.shelf(t, ExitVerified, "list"), "1 removed package can")
	b.shelf(t, ExitVerified, "empty", "--yes")
	require.Contains(t, b.shelf(t, ExitVerified, "list"), "no packages yet")
	b.shelf(t, ExitVerified, "list", "--json")
	require.Empty(t, b.out.String())
	require.NoDirExists(t, filepath.Join(b.dir, "library", "objects", hash("a")[:2]))
}
