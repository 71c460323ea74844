package quecthing

import (
	"bytes"
	"context"
	"testing"

	"fotabench/devices/link"
	"fotabench/packages"
)

// TestATEvents: the lines of QuecThing's guide for AT commands.
func TestATEvents(t *testing.T) {
	t.Parallel()
	stm := func(component string) bool { return component == "STM32" }
	for line, check := range map[string]func(e atEvent) bool{
		"+QIOTEVT: 2,10200": func(e atEvent) bool { return !e.connected && e.failed == 0 },
		"+QIOTEVT: 3,10200": func(e atEvent) bool { return e.connected },
		"+QIOTEVT: 1,10423": func(e atEvent) bool { return e.failed == 10423 && meaningOf(e.failed).note == NoteCode5892 },
		`+QIOTEVT: 7,10700,"app","FC41DAAR12A01_QTH","FC41DAAR12A03_QTH",30,-113,698000`: func(e atEvent) bool {
			p := e.upgrade.plan
			return p.kind == packages.FOTA && p.component == "app" && p.source == "FC41DAAR12A01_QTH" && p.space == 698000 && p.signal == -113
		},
		`+QIOTEVT: 7,10700,"STM32","","2_0_0",30,-113,27954`: func(e atEvent) bool {
			p := e.upgrade.plan
			return p.kind == packages.SOTA && p.source == "" && p.target == "2_0_0" && p.battery == 30
		},
		`+QIOTEVT: 7,10701,"STM32",27954,"95cbdeb4faeda4322ad9b65eb731ed2b",4022793929,"2bb534d576fb307f049a149787afab2382ebb8605467acfc2c05a2e67677e094"`: func(e atEvent) bool {
			im := e.upgrade.image
			return im.component == "STM32" && im.size == 27954 && *im.crc == 4022793929 && len(im.sha256) == 64
		},
		"+QIOTEVT: 7,10702": func(e atEvent) bool { return e.upgrade.kind == loading },
		`+QIOTEVT: 7,10703,"STM32",27954,0,27954`: func(e atEvent) bool {
			return e.block && e.total == 27954 && e.start == 0 && e.length == 27954
		},
		"+QIOTEVT: 7,10704":               func(e atEvent) bool { return e.upgrade.kind == updating },
		"+QIOTEVT: 7,10705":               func(e atEvent) bool { return e.upgrade.kind == settled && e.upgrade.ok },
		"+QIOTEVT: 7,10706":               func(e atEvent) bool { return e.upgrade.kind == settled && !e.upgrade.ok },
		`+QIOTEVT: 7,10700,"app","V1"`:    func(e atEvent) bool { return e.upgrade.kind == odd },
		`+QIOTEVT: 5,10200,5`:             func(e atEvent) bool { return e.upgrade.kind == 0 },
		`+QIOTEVT: 9,10200`:               func(e atEvent) bool { return e.upgrade.kind == 0 },
		`+QIOTEVT: 7,10700,a",b,c,1,2,3 `: func(e atEvent) bool { return e.upgrade.kind == odd },
	} {
		if e, ok := atEventOf(line, stm); !ok || !check(e) {
			t.Errorf("%s: %+v, %v", line, e, ok)
		}
	}
	for _, line := range []string{
		"", "+QIOTEVT:", "+QIOTEVT: x,y", "+QIOTEVT: 7", `+QIOTEVT: 7,10703,"M",10,5,6`, `+QIOTEVT: 7,10703,"M",10,-1,6`,
		`+QIOTEVT: 7,10701,"M"`, `+QIOTEVT: 7,10700,"M`, `+QIOTEVT: 7,10700,"M"x`, "+QIND: \"FOTA\",\"END\",0",
	} {
		if e, ok := atEventOf(line, stm); ok {
			t.Errorf("took %q for %+v", line, e)
		}
	}
}

// FuzzATEvent: no line breaks the parser, and what it takes is bounded.
func FuzzATEvent(f *testing.F) {
	f.Add(`+QIOTEVT: 7,10700,"app","FC41DAAR12A01_QTH","FC41DAAR12A03_QTH",30,-113,698000`)
	f.Add(`+QIOTEVT: 7,10703,"STM32",27954,0,27954`)
	f.Add("+QIOTEVT: 1,10423")
	f.Fuzz(func(t *testing.T, line string) {
		e, ok := atEventOf(line, nobody)
		switch {
		case !ok:
		case e.upgrade.kind == planned && !e.upgrade.plan.sane():
			t.Errorf("%+v", e.upgrade.plan)
		case e.block && (e.length <= 0 || e.start < 0 || e.start+e.length > e.total || e.total > maxImage):
			t.Errorf("%+v", e)
		}
	})
}

// still is a link that gives what it was given, in pieces.
type still struct {
	link.Link
	pieces [][]byte
}

func (s *still) Read(_ context.Context, p []byte) (int, error) {
	if len(s.pieces) == 0 {
		return 0, context.Canceled
	}
	n := copy(p, s.pieces[0])
	s.pieces = s.pieces[1:]
	return n, nil
}

// TestTap: a block is taken out whatever bytes it has and however it arrives, and all
// else passes.
func TestTap(t *testing.T) {
	t.Parallel()
	block := []byte("\r\nOK\r\n+QIOTOTARD: 0,9\r\n\x00\xff")
	stream := append([]byte("AT+QIOTOTARD=0,25\r\r\n+QIOTEVT: 7,10702\r\n\r\n+QIOTOTARD: 0,25\r\n"), block...)
	stream = append(stream, "\r\n\r\nOK\r\n"...)
	want := "AT+QIOTOTARD=0,25\r\r\n+QIOTEVT: 7,10702\r\n\r\n+QIOTOTARD: 0,25\r\n\r\n\r\nOK\r\n"
	for _, size := range []int{1, 2, 7, len(stream)} {
		s := &still{}
		for rest := stream; len(rest) > 0; rest = rest[min(size, len(rest)):] {
			s.pieces = append(s.pieces, rest[:min(size, len(rest))])
		}
		tap := &tap{Link: s}
		tap.expect()
		var passed []byte
		for p := make([]byte, 512); ; {
			n, err := tap.Read(t.Context(), p)
			passed = append(passed, p[:n]...)
			if err != nil {
				break
			}
		}
		got, whole := tap.taken()
		if string(passed) != want || !whole || !bytes.Equal(got, block[:25]) {
			t.Errorf("in pieces of %d: %q passed, %q taken, %v", size, passed, got, whole)
		}
	}
	tap := &tap{}
	p := []byte("+QIOTOTARD: 0,9\r\nabc")
	if n := tap.sift(p); n != len(p) {
		t.Errorf("%d bytes passed though no block is awaited", n)
	}
	tap.expect()
	tap.sift([]byte("+QIOTOTARD: 0,9\r\nabc"))
	if got, whole := tap.taken(); whole || string(got) != "abc" {
		t.Errorf("%q, %v: six bytes are missing", got, whole)
	}
	if got := checksum([]byte("123456789")); got != 0x0376e6e7 {
		t.Errorf("CRC %08x", got)
	}
}
