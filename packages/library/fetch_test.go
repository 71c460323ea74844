package library

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fotabench/packages"
)

// server is a Fetcher that adds bytes to the part until it fails or has all.
type server struct {
	name, text string
	// after so many bytes of a call it fails; 0: never.
	after int
	err   error
	calls int
}

func (s *server) fetch(_ context.Context, part string, progress func(done, total int64)) (string, error) {
	s.calls++
	have, err := os.ReadFile(part)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return "", err
	}
	end := len(s.text)
	if s.after > 0 {
		end = min(end, len(have)+s.after)
	}
	if err := os.WriteFile(part, []byte(s.text[:end]), 0o600); err != nil {
		return "", err
	}
	if err := os.WriteFile(part+".json", []byte("{}"), 0o600); err != nil {
		return "", err
	}
	progress(int64(end), int64(len(s.text)))
	if end < len(s.text) {
		return "", s.err
	}
	return s.name, nil
}

func TestDownload(t *testing.T) {
	d := newDesk(t, Options{})
	broke := errors.New("the line broke")
	s := &server{name: "real.bin", text: "firmware", after: 3, err: broke}
	order := Download{Address: "https://ann:geheim@example.com/dl/fw.bin?v=1#frag", Fetch: s.fetch}
	for range 2 {
		_, err := d.Download(t.Context(), order)
		require.ErrorIs(t, err, broke)
		d.Library = opened(t, d.Dir(), Options{}) // another run keeps the part
	}
	typed, err := packages.Typed(sum("firmware"))
	require.NoError(t, err)
	order.Typed = []packages.Expected{typed}
	got, err := d.Download(t.Context(), order)
	require.NoError(t, err)
	e := got.Entry
	require.Equal(t, "real.bin", e.Name())
	require.Equal(t, packages.Green, e.Level())
	require.Equal(t, Fetched, e.Sources[0].How)
	require.Equal(t, "https://example.com/dl/fw.bin?v=1", e.Sources[0].Place)
	requireWhole(t, d.Dir())
	secretless(t, d.Dir())
}

// secretless looks for a password in all files of a folder.
func secretless(t *testing.T, dir string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		require.NotContains(t, string(text), "geheim", path)
		return err
	})
	require.NoError(t, err)
}

// TestDownloadOfOtherBytes: what was stated decides; the next try begins anew.
func TestDownloadOfOtherBytes(t *testing.T) {
	d := newDesk(t, Options{})
	typed, err := packages.Typed(sum("firmware"))
	require.NoError(t, err)
	s := &server{text: "malware!"}
	order := Download{Address: "https://example.com/fw.bin", Fetch: s.fetch, Typed: []packages.Expected{typed}}
	_, err = d.Download(t.Context(), order)
	requireCode(t, err, packages.Mismatch)
	require.Empty(t, d.View().Entries)
	s.text = "firmware"
	_, err = d.Download(t.Context(), order)
	require.NoError(t, err)
	requireWhole(t, d.Dir())
}

// TestDownloadKeptForWantOfRoom: what arrived is not fetched twice because the library's
// disk was full.
func TestDownloadKeptForWantOfRoom(t *testing.T) {
	d := newDesk(t, Options{})
	s := &server{name: "fw.bin", text: "firmware"}
	order := Download{Address: "https://example.com/fw.bin", Fetch: s.fetch}
	keeping := d.keeping
	d.keeping = keepingNothing
	_, err := d.Download(t.Context(), order)
	requireCode(t, err, Full)
	d.keeping = keeping
	s.text = "firmware" // all is there already
	_, err = d.Download(t.Context(), Download{Address: order.Address, Fetch: func(_ context.Context, part string, _ func(int64, int64)) (string, error) {
		text, err := os.ReadFile(part)
		require.NoError(t, err)
		require.Equal(t, "firmware", string(text))
		return "fw.bin", nil
	}})
	require.NoError(t, err)
	requireWhole(t, d.Dir())
}

func TestDownloadRefuses(t *testing.T) {
	d := newDesk(t, Options{})
	s := &server{text: "x"}
	for _, address := range []string{"", "fw.bin", "https://", "http://[::1", "https://u:geheim@[/"} {
		_, err := d.Download(t.Context(), Download{Address: address, Fetch: s.fetch})
		requireCode(t, err, BadAddress)
		require.NotContains(t, err.Error(), "geheim")
	}
	require.Zero(t, s.calls)
	_, err := d.Download(t.Context(), Download{Address: "https://example.com/page", Fetch: s.fetch})
	requireCode(t, err, packages.WrongType)
	_, err = d.Download(t.Context(), Download{Address: "https://example.com/page", Name: "fw.bin", Fetch: s.fetch})
	require.NoError(t, err)
	_, err = d.Download(t.Context(), Download{Address: "https://example.com/again.bin", Fetch: func(ctx context.Context, _ string, _ func(int64, int64)) (string, error) {
		_, err := d.Download(ctx, Download{Address: "https://example.com/again.bin", Fetch: s.fetch})
		requireCode(t, err, Fetching)
		return "", err
	}})
	requireCode(t, err, Fetching)
	var refused *packages.Error
	require.ErrorAs(t, err, &refused)
	require.Equal(t, []any{"https://example.com/again.bin"}, refused.Args, "which one")
}

func TestFileNames(t *testing.T) {
	for want, names := range map[string][]string{
		"a.bin":        {"a.bin", "b.bin", "https://x/c.bin"},
		"b.bin":        {"", "b.bin", "https://x/c.bin"},
		"c d.bin":      {"", "", "https://x/y/c%20d.bin?z=e.bin"},
		"passwd":       {"", "../../etc/passwd", "https://x/"},
		"x.bin":        {"", `C:\x\x.bin`, "https://x/"},
		"download.bin": {"", "..", "https://x/"},
	} {
		require.Equal(t, want, fileName(names...))
	}
	require.Equal(t, "download.bin", fileName("", strings.Repeat("x", 300), "https://x"))
}

// TestPartsAreForgotten: a download that nobody went on with for a month.
func TestPartsAreForgotten(t *testing.T) {
	now := time.Now()
	clock := Options{Now: func() time.Time { return now }}
	d := newDesk(t, clock)
	s := &server{text: "firmware", after: 3, err: errors.New("broke")}
	_, err := d.Download(t.Context(), Download{Address: "https://example.com/fw.bin", Fetch: s.fetch})
	require.Error(t, err)
	left := func() int {
		opened(t, d.Dir(), clock)
		names, err := os.ReadDir(filepath.Join(d.Dir(), incoming))
		require.NoError(t, err)
		return len(names)
	}
	begun := now
	at := func(when time.Time, want int) {
		t.Helper()
		now = when
		require.Equal(t, want, left())
	}
	at(begun, 1)
	at(begun.AddDate(1, 0, 0), 1) // a jump
	at(begun.Add(time.Hour), 1)   // and back
	at(begun.AddDate(1, 0, 2), 1) // another one
	at(begun.Add(-time.Hour), 1)
	at(begun.Add(Keep+time.Hour), 1) // seen to be old on two days
	at(begun.Add(Keep+2*time.Hour), 1)
	_, err = d.Download(t.Context(), Download{Address: "https://example.com/fw.bin", Fetch: s.fetch})
	require.Error(t, err)
	at(begun.Add(Keep+48*time.Hour), 1) // somebody went on with it
	at(begun.Add(3*Keep), 1)
	at(begun.Add(3*Keep+48*time.Hour), 0)
}
