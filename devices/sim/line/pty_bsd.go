//go:build unix && !linux

package line

// fionread asks how many bytes wait to be read (sys/filio.h of macOS and the
// BSDs, which x/sys does not name).
const fionread = 0x4004667f
