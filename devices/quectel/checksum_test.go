package quectel

import (
	"slices"
	"testing"
)

// TestChecksum: public vectors of the FILE AT commands, and any cut into pieces.
func TestChecksum(t *testing.T) {
	for text, want := range map[string]uint16{
		"123456789":                     0x3908,
		"-----BEGIN CERTIFICATE-----\r": 0x6c53,
		"":                              0,
		"\x12":                          0x1200,
	} {
		for size := 1; size <= 5; size++ {
			c := &checksum{}
			for part := range slices.Chunk([]byte(text), size) {
				_, _ = c.Write(part)
			}
			if c.Sum() != want {
				t.Errorf("%q in pieces of %d gives %04x, want %04x", text, size, c.Sum(), want)
			}
		}
	}
}
