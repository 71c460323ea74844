package ui

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestShortVersion: what is left out is always told, and what is short is never cut.
func TestShortVersion(t *testing.T) {
	for v, want := range map[string]string{
		"":                                       "",
		"SENSOR0.9":                              "SENSOR0.9",
		"1.0.0-R0":                               "1.0.0-R0",
		"EC600NCNLCR01A09M08":                    "EC600NCNLCR01A09M08",
		"EC25EFAR06A02M4G_01.002.01.002":         "…R06A02M4G_01.002.01.002",
		"2026-11-21 nightly build for the north": "…tly build for the north",
		strings.Repeat("固件", 20):                 "…" + strings.Repeat("件固", 11) + "件",
	} {
		assert.Equal(t, want, shortVersion(v))
	}
}

// TestShortChange: what two versions of a module share at their beginning is left out of both,
// and versions that differ never look alike.
func TestShortChange(t *testing.T) {
	long := " nightly build for the north"
	for _, c := range [][4]string{
		{"EC25EFAR06A01M4G", "EC25EFAR06A02M4G", "…R06A01M4G", "…R06A02M4G"},
		{"BG96MAR02A07M1G_01.012", "BG96MAR02A07M1G_01.014", "…R02A07M1G_01.012", "…R02A07M1G_01.014"},
		{"EC25EFAR06A01M4G", "EC21EFAR06A01M4G", "EC25EFAR06A01M4G", "EC21EFAR06A01M4G"},
		{"EC25EFAR06A02M4G_01.002.01.002", "1.2", "…R06A02M4G_01.002.01.002", "1.2"},
		{"SENSOR0.9", "SENSOR1.0", "SENSOR0.9", "SENSOR1.0"},
		{"R01", "R02", "R01", "R02"},
		{"A", "", "A", ""},
		{"EC800M-CNCNLAR02A01M09", "EC800M-CNCNLAR02A01M10", "…AR02A01M09", "…AR02A01M10"},
		{"LuatOS-SoC_V1103_AIR780E_1.0.0", "LuatOS-SoC_V1103_AIR780E_1.0.10", "…80E_1.0.0", "…80E_1.0.10"},
		{"EC25EFAR06A01", "EC25EFAR06A01", "EC25EFAR06A01", "EC25EFAR06A01"},
		{"2026-11-20" + long, "2026-11-21" + long, "2026-11-20" + long, "2026-11-21" + long},
	} {
		from, to := shortChange(c[0], c[1])
		assert.Equal(t, c[2:], []string{from, to})
	}
}
