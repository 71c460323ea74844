package quectel

import (
	"context"
	"errors"
	"regexp"
	"strconv"
	"strings"

	"fotabench/devices"
	"fotabench/devices/at"
)

// CME numbers of the file commands (FILE AT commands manuals; the printed table was
// not retrievable whole, so that only those are told apart that have a remedy).
const (
	cmeSpaceDrive = 403
	cmeExists     = 407
	cmeSpace      = 420
	cmeTimeout    = 421
	cmeTooLarge   = 423
	cmeOpen       = 426
)

// entry is a line of AT+QFLST: the name with or without its storage, and the size.
var entry = regexp.MustCompile(`^\+QFLST:\s*"(?:UFS:)?([^"]*)"\s*,\s*(\d{1,12})$`)

// listed asks for the size of one stored file in bytes and gives the module's line;
// -1 if it is not there.
func (s *session) listed(ctx context.Context, name string) (int64, string, error) {
	r, err := s.client.Do(ctx, at.Command{Text: `AT+QFLST="` + name + `"`, Prefix: "+QFLST:", Query: true})
	if errors.Is(err, devices.Refused) || errors.Is(err, devices.Protocol) {
		// Without such a file some modules refuse, others only say OK.
		return -1, "", nil
	}
	if err != nil {
		return 0, "", err
	}
	for _, line := range r.Lines {
		m := entry.FindStringSubmatch(line)
		if m == nil || m[1] != name && !strings.HasSuffix(m[1], "/"+name) {
			continue
		}
		if size, err := strconv.ParseInt(m[2], 10, 64); err == nil {
			return size, line, nil
		}
	}
	return -1, "", nil
}

// remove deletes one of our files; one that is not there is gone already.
func (s *session) remove(ctx context.Context, name string) error {
	_, err := s.client.Do(ctx, at.Command{Text: `AT+QFDEL="` + name + `"`})
	if errors.Is(err, devices.Refused) {
		return nil
	}
	return err
}

// sweep removes what an upload left, as far as the module answers in time: an orphan
// takes room and nothing else, and the next upload removes it first.
func (s *session) sweep(ctx context.Context, name string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.driver.budgets.cleanUp)
	defer cancel()
	if size, _, err := s.listed(ctx, name); err == nil && size >= 0 {
		_ = s.remove(ctx, name)
	}
}

// space asks for the free bytes of the file store; -1 if the module does not tell.
func (s *session) space(ctx context.Context) (int64, error) {
	r, err := s.client.Do(ctx, at.Command{Text: `AT+QFLDS="UFS"`, Prefix: "+QFLDS:", Query: true})
	if errors.Is(err, devices.Refused) || errors.Is(err, devices.Protocol) {
		return -1, nil
	}
	if err != nil {
		return 0, err
	}
	var id devices.Identity
	fillSpace(&id, r.Lines)
	if id.FreeBytes == nil {
		return -1, nil
	}
	return *id.FreeBytes, nil
}

// fileError gives the numbers of file commands their meaning.
func fileError(op string, err error) error {
	var e *devices.Error
	if !errors.As(err, &e) || !e.HasCode || e.Kind != devices.Refused {
		return err
	}
	var told *devices.Error
	switch e.Code {
	case cmeSpaceDrive, cmeSpace, cmeTooLarge:
		told = fail(op, devices.Space, NoteSpace, e.Code)
	case cmeTimeout:
		told = fail(op, devices.Timeout, NoteGap, e.Code)
	case cmeExists, cmeOpen:
		told = fail(op, devices.Refused, NoteFileBusy, e.Code)
	default:
		return err
	}
	told.Code, told.HasCode, told.Err = e.Code, true, err
	return told
}
