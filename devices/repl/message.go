package repl

import (
	"bytes"
	"encoding/hex"
	"hash/crc32"
	"strconv"
)

// The kinds of message of scripts/inbox.py and scripts/receive.py.
const (
	msgHello     = 'H' // the receive loop runs
	msgAck       = 'A' // all before the offset was handed to the sink
	msgDamaged   = 'D' // a block did not match its checksum
	msgNak       = 'N' // the same, in the receive loop: stop sending
	msgReady     = 'R' // the line is quiet: go on from the offset
	msgWhere     = 'P' // the answer to a stir between blocks: all before was read
	msgRefused   = 'F' // the sink returned something else than success
	msgException = 'X' // the sink raised
	msgIdle      = 'T' // the receive loop heard nothing and has left
	msgLeft      = 'Z' // the receive loop was told to leave
	msgDigest    = 'E' // algorithm:hex
)

// message is one line that the device-side scripts said.
type message struct {
	kind byte
	at   int64 // bytes that the sink took
	text string
}

// messageSize is the longest message: mark, kind, offset, 200 characters of up
// to four bytes in hex, and checksum.
const messageSize = 1 + 1 + 8 + 2*4*200 + 1 + 8 + 1

// nextMessage finds the first whole message in buf and tells how many bytes of
// buf need not be looked at again. Anything else on the line is passed over.
func nextMessage(buf []byte, salt uint32) (m message, ok bool, used int) {
	for {
		i := bytes.IndexByte(buf[used:], '~')
		if i < 0 {
			return message{}, false, len(buf)
		}
		used += i
		line := buf[used+1:]
		end := bytes.IndexByte(line[:min(len(line), messageSize)], ';')
		if end < 0 && len(line) < messageSize && !bytes.Contains(line, []byte("~")) {
			return message{}, false, used
		}
		if end >= 0 {
			if m, ok = parseMessage(line[:end], salt); ok {
				return m, true, used + 1 + end + 1
			}
		}
		used++
	}
}

// parseMessage checks what stands between the mark and the semicolon.
func parseMessage(line []byte, salt uint32) (message, bool) {
	dot := len(line) - 9
	if dot < 9 || line[dot] != '.' {
		return message{}, false
	}
	sum, err := strconv.ParseUint(string(line[dot+1:]), 16, 32)
	if err != nil || uint32(sum) != crc32.Update(salt, crc32.IEEETable, line[:dot]) {
		return message{}, false
	}
	at, err := strconv.ParseUint(string(line[1:9]), 16, 32)
	if err != nil {
		return message{}, false
	}
	text, err := hex.DecodeString(string(line[9:dot]))
	if err != nil {
		return message{}, false
	}
	return message{kind: line[0], at: int64(at), text: bounded(text, messageLimit)}, true
}
