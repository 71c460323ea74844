package cli

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestTable: columns stand below each other also where characters are twice as wide.
func TestTable(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, table(&out, [][]string{
		{"ID", "NAME", "TRUST"}, {"12", "升级包", "未验证"}, {"1", "demo", "“x” …"}, {"3", "only"},
	}))
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	require.Len(t, lines, 4)
	for i, last := range []string{"TRUST", "未验证", "“x”"} {
		before, _, found := strings.Cut(lines[i], last)
		require.True(t, found, lines[i])
		assert.Equal(t, 12, columns().StringWidth(before), lines[i])
	}
	assert.Equal(t, "失败    |", column("失败", 8)+"|")
	assert.Equal(t, "running |", column("running", 8)+"|")
	assert.Equal(t, "longer than that|", column("longer than that", 8)+"|")
}
