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
