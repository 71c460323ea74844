package assets_test

import (
	"regexp"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"fotabench/assets"
)

func TestUSBTableIsSound(t *testing.T) {
	table, err := assets.USB()
	require.NoError(t, err)
	id := regexp.MustCompile(`^[0-9A-F]{4}$`)
	seen := map[string]bool{}
	for _, d := range append(table.Devices, table.Download...) {
		require.Regexp(t, id, d.VID)
		require.Regexp(t, id, d.PID)
		require.NotEmpty(t, d.Platform)
		require.False(t, seen[d.VID+d.PID], "%s:%s twice", d.VID, d.PID)
		seen[d.VID+d.PID] = true
		for number, role := range d.Interfaces {
			_, err := strconv.ParseUint(number, 10, 8)
			require.NoError(t, err)
			require.Contains(t, []string{"repl", "at", "diag", "nmea", "modem", "download"}, role)
		}
	}
	for _, d := range table.Download {
		require.Empty(t, d.Interfaces)
	}
}

func TestUSBTableFinds(t *testing.T) {
	table, err := assets.USB()
	require.NoError(t, err)
	for _, c := range []struct {
		vid, pid string
		number   int
		role     string
		download bool
	}{
		{"2c7c", "6001", 5, "repl", false},
		{"2C7C", "6001", 3, "at", false},
		{"2C7C", "6002", 20, "repl", false},
		{"2C7C", "6005", 5, "repl", false},
		{"2C7C", "0901", 8, "repl", false},
		{"2C7C", "0901", 2, "at", false},
		{"2C7C", "0700", 0, "diag", false},
		{"2C7C", "0700", 1, "repl", false},
		{"1A86", "55D2", 2, "repl", false},
		{"2ECC", "3017", 0, "", true},
		{"17D1", "0001", -1, "", true},
	} {
		d, download, ok := table.Find(c.vid, c.pid)
		require.True(t, ok, c.pid)
		require.Equal(t, c.download, download, c.pid)
		require.Equal(t, c.role, d.Role(c.number), c.pid)
	}
	_, _, ok := table.Find("2C7C", "FFFF")
	require.False(t, ok)
}
