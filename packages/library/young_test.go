package library

import (
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestYoung: a file system that keeps dates of 2 s shows no new date for what changes twice in
// that time, and a server whose clock is ahead none for what changes later.
func TestYoung(t *testing.T) {
	now := time.Now()
	require.True(t, young(now))
	require.True(t, young(now.Add(time.Hour)))
	require.True(t, young(now.AddDate(20, 0, 0)))
	require.False(t, young(now.Add(-grain)))
	require.False(t, young(now.AddDate(-20, 0, 0)))
}

// TestChangedWithTheSameDate: what another program changes within the grain of the dates, or
// on a server whose clock is ahead, is seen nevertheless; what is older is not read again.
func TestChangedWithTheSameDate(t *testing.T) {
	for name, c := range map[string]struct {
		date time.Time
		seen bool
	}{
		"this moment": {time.Now().Add(time.Minute), true}, // and a minute for a slow machine
		"ahead":       {time.Now().Add(24 * time.Hour), true},
		"long ago":    {time.Now().Add(-time.Hour), false},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, Options{})
			e := d.imported(d.file("fw.bin", "bytes"))
			path := d.entryFile(live, e.ID)
			write := func(by string) {
				e.Released = &Release{By: by, At: e.Added, Reason: "tested"}
				text, err := e.encode()
				require.NoError(t, err)
				require.NoError(t, os.WriteFile(path, text, 0o600))
				require.NoError(t, os.Chtimes(path, c.date, c.date))
				require.NoError(t, d.Refresh(t.Context()))
			}
			e = e.clone()
			write("ann")
			write("bob")
			got, err := d.Find(e.ID)
			require.NoError(t, err)
			require.Equal(t, c.seen, got.Released.By == "bob")
		})
	}
}
