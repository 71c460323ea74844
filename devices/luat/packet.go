package luat

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"regexp"
	"strconv"
	"strings"
	"sync"
)

// The packets of the UDP protocol (docs/protocols/luat.md, UDP).
const (
	payload    = 1022 // bytes of the package in each packet but the last
	header     = 2    // the packet's number, big-endian
	maxPackets = 65535
	maxUDP     = maxPackets * payload // bytes of a package
	maxQuery   = 512                  // bytes of a datagram that makes sense
)

// query is one datagram of a device.
type query struct {
	// get is true when it asks for packet number n of transfer id.
	get   bool
	n, id uint32
	// said are its parameters when it asks whether there is something new.
	said map[string]string
}

// Patterns that count up to 128 take a millisecond each to be made, which no start of the
// program is to wait for.
var (
	ask       = pattern(`^([0-9]{1,20}),([^,]{1,128}),([^,]{1,32})$`)
	askHosted = pattern(`^0,([^,]{0,64}),([0-9]{1,20}),([^,]{0,64}),([^,]{1,128}),([^,]{1,32})$`)
	hostedGet = pattern(`^0,[^,]{0,64},[0-9]{1,20},[^,]{0,64},[^,]{1,128},[^,]{1,32}$`)
	// hostedVersion: five characters, d.d.d.
	hostedVersion = pattern(`^[0-9]\.[0-9]\.[0-9]$`)
	getMark       = []byte("Get")
)

// pattern makes a pattern when it is first asked for.
func pattern(text string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(text) })
}

// parse reads a datagram; ok is false when it makes no sense.
func parse(b []byte) (q query, ok bool) {
	if len(b) > maxQuery {
		return query{}, false
	}
	if i := bytes.LastIndex(b, getMark); i >= 0 {
		if n, id, ok := numbersOf(b[i+len(getMark):]); ok && (i == 0 || prefixed(b[:i])) {
			return query{get: true, n: n, id: id}, true
		}
	}
	text := strings.TrimRight(string(b), "\r\n\x00")
	if m := askHosted().FindStringSubmatch(text); m != nil {
		said := map[string]string{
			"project_key": m[1], "imei": m[2], "device_key": m[3],
			"firmware_name": m[4], "version": m[5],
		}
		if !hostedVersion().MatchString(m[5]) {
			said["version"] = "" // refused like any other that is none
		}
		return query{said: said}, true
	}
	if m := ask().FindStringSubmatch(text); m != nil {
		return query{said: map[string]string{"imei": m[1], "firmware_name": m[2], "version": m[3]}}, true
	}
	return query{}, false
}

// numbersOf reads "<n>,<id>".
func numbersOf(b []byte) (n, id uint32, ok bool) {
	b = bytes.TrimRight(b, "\r\n\x00")
	i := bytes.IndexByte(b, ',')
	if i < 1 {
		return 0, 0, false
	}
	n, ok1 := decimal(b[:i])
	id, ok2 := decimal(b[i+1:])
	return n, id, ok1 && ok2
}

// decimal reads a number without making a string of it: it is done for each packet.
func decimal(b []byte) (uint32, bool) {
	if len(b) == 0 || len(b) > 10 {
		return 0, false
	}
	var n uint64
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + uint64(c-'0')
	}
	return uint32(n), n <= 1<<32-1
}

// prefixed tells whether b is the prefix that the hosted form puts before each
// request.
func prefixed(b []byte) bool {
	return hostedGet().Match(bytes.TrimRight(b, ","))
}

// offer is the answer to a device for which there is something: last is never 0,
// which a device would reject.
func offer(id uint32, size int) []byte {
	count := (size + payload - 1) / payload
	last := size - (count-1)*payload
	b := append([]byte("LUAUPDATE,"), strconv.FormatUint(uint64(id), 10)...)
	return append(b, ","+strconv.Itoa(count)+","+strconv.Itoa(last)...)
}

// hasPacket tells whether body has a packet number n.
func hasPacket(body []byte, n uint32) bool {
	return n > 0 && n <= maxPackets && (int(n)-1)*payload < len(body)
}

// packet puts packet number n of body into b and returns it; nil if there is none.
func packet(b, body []byte, n uint32) []byte {
	if !hasPacket(body, n) {
		return nil
	}
	first := (int(n) - 1) * payload
	b = binary.BigEndian.AppendUint16(b[:0], uint16(n))
	return append(b, body[first:min(first+payload, len(body))]...)
}

// maxID keeps the ids of transfers positive for a device that counts in 32 bits
// with a sign.
const maxID = 1<<31 - 1

// firstID begins somewhere else each time, so that a device which goes on with the
// transfer of an earlier server does not get another package's packets.
func firstID() uint32 { return rand.Uint32() & maxID }
