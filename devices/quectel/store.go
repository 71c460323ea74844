package quectel

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"time"

	"fotabench/devices"
	"fotabench/devices/at"
	"fotabench/packages"
)

const (
	// block is what a module acknowledges with one letter A, in bytes (FILE AT commands
	// manuals, AT+QFUPL). window is how much may be on its way: fwupd's plug-in sends
	// two blocks before it looks, and the line never idles that way.
	block  = 1024
	window = 2 * block
	// uploadTries is how often a package is sent whose count or checksum is wrong.
	uploadTries = 3
	// connectTime is how long CONNECT may take: the module makes room first.
	connectTime = 10 * time.Second
)

// how names the way of delivery in Delivery.How.
const (
	howAcked  = "qfupl-ack"
	howPlain  = "qfupl"
	howStream = "qfotadl-stream"
	howURL    = "qfotadl-url"
)

// store puts the package into the module's file store.
func (s *session) store(ctx context.Context, job *devices.Job, f *family, id devices.Identity, report devices.Report) (devices.Delivery, error) {
	file := job.Package.Files[0]
	if err := s.ready(ctx, f); err != nil {
		return devices.Delivery{}, err
	}
	// What an earlier run left would take the room, and cannot be written over.
	if err := s.remove(ctx, f.Name83); err != nil {
		return devices.Delivery{}, err
	}
	free, err := s.space(ctx)
	if err != nil {
		return devices.Delivery{}, err
	}
	if free >= 0 && free < file.Size {
		return devices.Delivery{}, fail("upload", devices.Space, NoteRoom, file.Size, free)
	}
	u := &upload{session: s, file: file, name: f.Name83, report: report, block: block}
	delivery, err := u.run(ctx)
	if err != nil {
		s.sweep(ctx, f.Name83)
		if ctx.Err() != nil {
			return devices.Delivery{}, ended(ctx, "upload")
		}
		return devices.Delivery{}, err
	}
	// What is stored has changed the room that is left.
	s.identity = &id
	s.identity.FreeBytes = nil
	return delivery, nil
}

// ready sends the commands that a family needs before any upgrade.
func (s *session) ready(ctx context.Context, f *family) error {
	for _, text := range f.Prepare {
		if _, err := s.client.Do(ctx, at.Command{Text: text}); err != nil {
			return err
		}
	}
	return nil
}

// upload is one package on its way by QFUPL.
type upload struct {
	session *session
	file    packages.File
	name    string
	report  devices.Report
	block   int64
	top     int64 // highest progress that was reported
}

// run uploads until count and checksum are right, some times at most.
func (u *upload) run(ctx context.Context) (devices.Delivery, error) {
	for try := 1; ; try++ {
		sent, err := u.once(ctx)
		if err == nil {
			return devices.Delivery{Sent: []string{sent}, How: u.how()}, nil
		}
		if ctx.Err() != nil || try == uploadTries || !again(err) {
			return devices.Delivery{}, err
		}
		u.report.Note(NoteAgain, try, uploadTries)
		if err := u.session.remove(ctx, u.name); err != nil {
			return devices.Delivery{}, err
		}
	}
}

func (u *upload) how() string {
	if u.block > 0 {
		return howAcked
	}
	return howPlain
}

// again tells whether an upload may succeed when it is repeated: bytes were lost or
// damaged on the line. A package that changed on disk stays changed.
func again(err error) bool {
	var changed *packages.Error
	return !errors.As(err, &changed) && (errors.Is(err, devices.Integrity) || errors.Is(err, devices.Timeout) || errors.Is(err, devices.Protocol))
}

// once sends the whole package and compares what the module says it has. It returns
// the SHA-256 of the bytes as they left.
func (u *upload) once(ctx context.Context) (string, error) {
	body, err := packages.NewStream(ctx, u.file)
	if err != nil {
		return "", changedError(err)
	}
	sha, sum := sha256.New(), &checksum{}
	receipt, err := u.session.client.Send(ctx, at.Upload{
		Command: at.Command{Text: u.command(), Prefix: "+QFUPL:", Wait: connectTime},
		Body:    io.TeeReader(body, io.MultiWriter(sha, sum)), Size: u.file.Size,
		Block: u.block, Window: window, Gap: u.session.driver.budgets.gap, Progress: u.progress,
	})
	if closed := body.Close(); err == nil && closed != nil {
		err = closed
	}
	if err != nil {
		return "", fileError("upload", changedError(err))
	}
	if receipt.Acked == 0 && receipt.Sent < u.file.Size {
		u.block = 0 // this module acknowledges nothing
	}
	held, err := u.compare(ctx, receipt, sum.Sum())
	if err != nil {
		return "", err
	}
	u.session.held = held
	return hex.EncodeToString(sha.Sum(nil)), nil
}

// command is AT+QFUPL with the exact size: with another one, later commands would
// vanish into the file.
func (u *upload) command() string {
	gap := int(u.session.driver.budgets.gap.Seconds())
	text := fmt.Sprintf(`AT+QFUPL="%s",%d,%d`, u.name, u.file.Size, max(1, gap))
	if u.block > 0 {
		text += ",1"
	}
	return text
}

// result is the module's count of bytes and its checksum in hex.
var result = regexp.MustCompile(`^\+QFUPL:\s*(\d{1,12})\s*,\s*([0-9A-Fa-f]{1,8})$`)

// compare holds the module's word against what was sent: count, checksum, and the size
// in its list of files, since the checksum does not see words that change places.
func (u *upload) compare(ctx context.Context, receipt at.Receipt, sum uint16) (*held, error) {
	for _, line := range receipt.Lines {
		m := result.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		count, _ := strconv.ParseInt(m[1], 10, 64)
		theirs, _ := strconv.ParseUint(m[2], 16, 32)
		if count != u.file.Size {
			return nil, fail("upload", devices.Integrity, NoteSize, u.file.Size, count)
		}
		if theirs != uint64(sum) {
			return nil, fail("upload", devices.Integrity, NoteSum, fmt.Sprintf("%04x", sum), fmt.Sprintf("%04x", theirs))
		}
		if size, _, err := u.session.listed(ctx, u.name); err != nil || size != count {
			if err == nil {
				err = fail("upload", devices.Integrity, NoteSize, u.file.Size, size)
			}
			return nil, err
		}
		return &held{name: u.name, size: count, sum: sum, answer: printable(line)}, nil
	}
	return nil, fail("upload", devices.Protocol, NoteNoResult)
}

// progress never falls, also when the package is sent again.
func (u *upload) progress(done int64) {
	if done > u.top {
		u.top = done
		u.report.Progress(done, u.file.Size)
	}
}

// changedError names a package that is no longer what was opened.
func changedError(err error) error {
	var changed *packages.Error
	if !errors.As(err, &changed) {
		return err
	}
	e := fail("upload", devices.Integrity, devices.Code(changed.Code), changed.Args...)
	e.Err = err
	return e
}
