package micropython

import "bytes"

// noise gives the i-th unasked line.
func noise(i int) []byte {
	lines := [][]byte{
		[]byte("\r\n+CREG: 1,\"1A2B\",\"0C3D4E5F\",7\r\n"),
		[]byte("\r\n\x1b[33m[W] net: pdp 1 reactivated\x1b[0m\r\n"),
		[]byte("+QIND: \"csq\",24,99\n"),
		{'\r', '\n', 0xd0, 0xc5, 0xba, 0xc5, 0xc7, 0xbf, 0xb6, 0xc8, '\r', '\n'}, // "signal strength" in GBK
		[]byte("\r\n^SIMST: 1\r\nTraceback (most recent call last):\r\n"),
	}
	if i%97 == 96 {
		return append(bytes.Repeat([]byte("log "), 16<<10), '\n')
	}
	return lines[i%len(lines)]
}
