package library

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fotabench/packages"
)

// made is an entry without a library.
func made(t testing.TB, i int, m packages.Manifest, expected ...Expected) *Entry {
	t.Helper()
	bytes := fmt.Sprint("bytes ", i)
	e := &Entry{Format: Format, Added: time.Unix(int64(1e9+i), 0).UTC(), Files: []File{{
		Name: fmt.Sprintf("fw-%d.bin", i), Size: int64(1 + i%7), Expected: expected,
		Digests: packages.Digests{packages.SHA256: sum(bytes), packages.MD5: sum(bytes)[:32], packages.SHA1: sum(bytes)[:40], packages.CRC32: sum(bytes)[:8]},
	}}}
	e.Claims = []Claim{{Source: "manifest.json", Manifest: m}}
	e.ID = identify(e.Files)
	text, err := e.encode()
	require.NoError(t, err)
	e, err = readEntry(text)
	require.NoError(t, err)
	return e
}

func TestFilter(t *testing.T) {
	now := time.Unix(1e9+100, 0)
	entries := []*Entry{
		made(t, 0, packages.Manifest{Name: "Äpfel", Kind: packages.Full, TargetVersion: "1.9.0", Models: []string{"EC600N"}}),
		made(t, 1, packages.Manifest{Name: "Birne", Component: packages.SOTA, Kind: packages.Delta, SourceVersion: "1.0", TargetVersion: "1.10.0", Models: []string{"EC200A", "BG96"}}),
		made(t, 2, packages.Manifest{Name: "Zitrone 10", Component: packages.App}, Expected{Algorithm: packages.SHA256, Hex: sum("bytes 2"), Source: "x"}),
		made(t, 3, packages.Manifest{Name: "zitrone 9"}, Expected{Algorithm: packages.SHA256, Hex: sum("no"), Source: "x"}),
		unreadable("/x/"+sum("newer")+".json", EntryNewer),
	}
	released := entries[1].clone()
	released.Released = &Release{By: "ann"}
	entries[1] = released
	proved := func(id string) bool { return id == entries[0].ID }
	for name, c := range map[string]struct {
		f    Filter
		want []int
	}{
		"text":            {Filter{Text: "birne 1.10"}, []int{1}},
		"text, none":      {Filter{Text: "birne äpfel"}, nil},
		"umlaut":          {Filter{Text: "ÄPFEL"}, []int{0}},
		"file":            {Filter{Text: "fw-2.bin"}, []int{2}},
		"digest":          {Filter{Text: sum("bytes 3")[:12]}, []int{3}},
		"component":       {Filter{Component: packages.FOTA}, []int{3, 0}},
		"kind":            {Filter{Kind: packages.Delta}, []int{1}},
		"model":           {Filter{Model: "EC600N-CNLC"}, []int{0}},
		"other model":     {Filter{Model: "bg96"}, []int{1}},
		"target":          {Filter{Target: "1.1"}, []int{1}},
		"green":           {Filter{Trust: packages.Green}, []int{2}},
		"red":             {Filter{Trust: packages.Red, Unreadable: true}, []int{4, 3}},
		"released":        {Filter{Standing: Released}, []int{1}},
		"proved":          {Filter{Standing: Proved}, []int{0}},
		"untested":        {Filter{Standing: Untested}, []int{3, 2}},
		"not verified":    {Filter{Unverified: 99 * time.Second}, []int{1, 0}},
		"by target":       {Filter{Order: ByTarget, Text: "fw"}, []int{3, 2, 0, 1}},
		"by added":        {Filter{Order: ByAdded, Descending: true, Text: "fw"}, []int{3, 2, 1, 0}},
		"by size":         {Filter{Order: BySize, Text: "fw"}, []int{0, 1, 2, 3}},
		"by trust":        {Filter{Order: ByTrust, Text: "fw"}, []int{3, 1, 0, 2}},
		"by verification": {Filter{Order: ByVerified, Text: "fw"}, []int{0, 1, 2, 3}},
	} {
		var want []string
		for _, i := range c.want {
			want = append(want, entries[i].ID)
		}
		var got []string
		for _, e := range c.f.Apply(entries, now, proved) {
			got = append(got, e.ID)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
	require.Len(t, Filter{}.Apply(entries, now, nil), len(entries), "the zero value shows all")
}

func TestNaturalOrder(t *testing.T) {
	for _, pair := range [][2]string{{"1.9.0", "1.10.0"}, {"fw 9", "FW 10"}, {"a", "b"}, {"R06A03M08", "R06A03M16"}, {"1.2", "1.2.1"}, {"v002", "v10"}} {
		require.Less(t, natural(pair[0]), natural(pair[1]), pair)
	}
	require.Equal(t, natural("v02"), natural("V2"))
}
