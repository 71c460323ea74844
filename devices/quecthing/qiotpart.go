package quecthing

import (
	"context"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"fotabench/devices"
	"fotabench/devices/at"
	"fotabench/devices/repl/script"
)

func (q *qiot) carries(component string) error {
	if q.driver.config.MCU == nil || !q.isPart(component) {
		return fail("deliver", devices.Unsupported, NoteNoMCU, component)
	}
	return nil
}

func (q *qiot) drop(context.Context) { q.firmware = nil }

// fetch reads the firmware block by block: each is announced by an event, and the next
// one asked for.
func (q *qiot) fetch(ctx context.Context, im image, report devices.Report) (digests, error) {
	var got []byte
	for total := im.size; total == 0 || int64(len(got)) < total; {
		b, err := q.announced(ctx, im.component)
		if err != nil {
			return digests{}, err
		}
		if b.start != int64(len(got)) || total != 0 && b.total != total {
			return digests{}, fail("fetch", devices.Protocol, NoteBlock, b.start, len(got))
		}
		total = b.total
		for end := b.start + b.length; int64(len(got)) < end; {
			part, err := q.read(ctx, int64(len(got)), min(readSize, end-int64(len(got))))
			if err != nil {
				return digests{}, err
			}
			got = append(got, part...)
			report.Progress(int64(len(got)), total)
		}
		if int64(len(got)) < total {
			if err := q.act(ctx, next); err != nil {
				return digests{}, err
			}
		}
	}
	q.firmware = got
	sum, long := md5.Sum(got), sha256.Sum256(got)
	crc := checksum(got)
	return digests{size: int64(len(got)), md5: hex.EncodeToString(sum[:]), sha256: hex.EncodeToString(long[:]), crc: &crc}, nil
}

// announced waits for the next block.
func (q *qiot) announced(ctx context.Context, component string) (atEvent, error) {
	for begun := time.Now(); len(q.blocks) == 0; {
		h, err := q.events(ctx)
		if err != nil {
			return atEvent{}, err
		}
		if h.gone {
			return atEvent{}, fail("fetch", devices.Lost, NoteGone)
		}
		for _, e := range h.events {
			if e.kind == settled && !e.ok {
				return atEvent{}, fail("fetch", devices.Refused, NoteResultBefore, component)
			}
		}
		if budget := q.driver.budgets.silence; time.Since(begun) > budget {
			return atEvent{}, fail("fetch", devices.Timeout, NoteSilent, int(budget.Seconds()))
		}
	}
	b := q.blocks[0]
	q.blocks = q.blocks[1:]
	return b, nil
}

// Further actions of AT+QIOTUPDATE.
const (
	next       action = 2 // the next block
	installing action = 3 // the part is being updated
)

// readSize is how much one command reads, in bytes: the guide's example.
const readSize = 1024

// readTries is how often a block is read whose bytes did not all arrive.
const readTries = 4

// read gets a piece of a block.
func (q *qiot) read(ctx context.Context, from, n int64) ([]byte, error) {
	command := at.Command{Text: fmt.Sprintf("AT+QIOTOTARD=%d,%d", from, n), Prefix: strings.TrimSpace(blockHead)}
	for try := 1; ; try++ {
		q.tap.expect()
		lines, err := q.do(ctx, command)
		part, whole := q.tap.taken()
		if err == nil && whole && len(lines) == 1 && len(part) > 0 && int64(len(part)) <= n && strings.HasPrefix(lines[0], fmt.Sprintf("%s%d,", blockHead, from)) {
			return part, nil
		}
		if try == readTries || ctx.Err() != nil || errors.Is(err, devices.Lost) || errors.Is(err, devices.Refused) {
			return nil, errors.Join(fail("fetch", devices.Protocol, NoteBlock, from, from), err)
		}
	}
}

// handOver passes the firmware on and tells the platform what the part then runs.
func (q *qiot) handOver(ctx context.Context, component string) (string, error) {
	mcu := q.driver.config.MCU
	if mcu == nil || q.firmware == nil {
		return "", fail(opHand, devices.Unsupported, NoteNoMCU, component)
	}
	if err := q.act(ctx, installing); err != nil {
		return "", err
	}
	inner, cancel := context.WithTimeout(ctx, q.driver.budgets.hand)
	defer cancel()
	err := mcu.Install(inner, component, q.firmware)
	version := ""
	if err == nil {
		version, err = mcu.Version(inner, component)
	}
	switch {
	case ctx.Err() != nil:
		return "", ended(ctx, opHand)
	case err != nil:
		e := fail(opHand, devices.Refused, NoteMCU, component, script.Printable(err.Error()))
		e.Err = err
		return "", e
	case version == "" || len(version) > maxVersion || !plainText(version):
		return "", fail(opHand, devices.Protocol, NoteVersionText, component, script.Printable(version))
	}
	text, err := line("AT+QIOTMCUVER=", component, version)
	if err == nil {
		_, err = q.do(ctx, at.Command{Text: text})
	}
	return version, err
}

// checksum is the CRC-32/MPEG-2: polynomial 04C11DB7, most significant bit first,
// begun with all ones, not inverted at the end.
func checksum(data []byte) uint32 {
	crc := ^uint32(0)
	for _, b := range data {
		crc ^= uint32(b) << 24
		for range 8 {
			carry := crc >> 31
			crc = crc<<1 ^ carry*0x04c11db7
		}
	}
	return crc
}
