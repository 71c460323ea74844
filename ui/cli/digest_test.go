package cli

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fotabench/packages"
	"fotabench/updater"
)

// typedOf are the hashes that a person stated of a file.
func typedOf(f packages.File) (all []string) {
	for _, e := range f.Expected {
		if e.Source == packages.SourceTyped {
			all = append(all, e.Hex)
		}
	}
	return all
}

// TestDigestOfEachFile: a hash can be stated of any file of a package, as in the window.
func TestDigestOfEachFile(t *testing.T) {
	sum := func(text string) string {
		s := sha256.Sum256([]byte(text))
		return hex.EncodeToString(s[:])
	}
	one, two := sum("one"), sum("two")
	b := newCall(t)
	b.engine.play = story(updater.Event{Outcome: updater.Verified})
	files := []string{b.file(t, "a.bin", "one"), b.file(t, "b=2.bin", "two")}
	verify := func(digests ...string) int {
		b.out.Reset()
		b.err.Reset()
		args := append([]string{"verify"}, files...)
		for _, d := range digests {
			args = append(args, "--digest", d)
		}
		return b.run(t, args...)
	}
	for _, right := range [][]string{nil, {one}, {"b=2.bin=" + two}, {"a.bin=" + one, "b=2.bin=" + two}, {one, "b=2.bin=" + two}} {
		assert.Equal(t, ExitVerified, verify(right...), "%q: %s", right, &b.err)
	}
	for _, wrong := range [][]string{{two}, {"b=2.bin=" + one}, {one, "b=2.bin=" + one}} {
		assert.Equal(t, ExitRefused, verify(wrong...), "%q", wrong)
	}
	assert.Equal(t, ExitUsage, verify("c.bin="+one))
	b.shows(t, "no such file, but a.bin, b=2.bin")
	assert.Equal(t, ExitUsage, verify("a.bin=hello"))

	args := []string{"--port", "/dev/ttyUSB3", "--yes", "--package", files[0], "--package", files[1], "--digest", "b=2.bin=" + two}
	require.Equal(t, ExitVerified, b.run(t, append([]string{"upgrade"}, args...)...), "%s", &b.err)
	f := b.engine.plan.Package.Files
	assert.Empty(t, typedOf(f[0]))
	assert.Equal(t, []string{two}, typedOf(f[1]))

	b.out.Reset()
	b.err.Reset()
	assert.Equal(t, ExitUsage, b.run(t, "library", "import", files[0], files[1], "--digest", "b=2.bin="+two))
	b.shows(t, "--digest b=2.bin=…: here it is the hash alone", "library edit")

	b.out.Reset()
	require.Equal(t, ExitVerified, b.run(t, "library", "import", files[0], files[1], "--json"), "%s", &b.err)
	id := fmt.Sprint(b.objects(t)[0]["id"])
	edited := func(more ...string) string {
		b.out.Reset()
		require.Equal(t, ExitVerified, b.run(t, append([]string{"library", "edit", id, "--json"}, more...)...), "%s", &b.err)
		return b.out.String()
	}
	assert.Contains(t, edited("--digest", filepath.Base(files[1])+"="+two), `"source":"`+packages.SourceTyped+`"`)
	assert.NotContains(t, edited("--revert"), `"source":"`+packages.SourceTyped+`"`, "all that was typed, of each file")
}
