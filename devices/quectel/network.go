package quectel

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"fotabench/devices"
	"fotabench/devices/at"
)

const (
	// usualContext is the PDP context of modules whose family names none.
	usualContext = 1
	// activateTime is how long AT+QIACT may take (TCP/IP AT commands manuals: 150 s).
	activateTime = 150 * time.Second
	// deactivateTime is how long AT+QIDEACT may take (the same manuals: 40 s).
	deactivateTime = 40 * time.Second
)

// online makes sure that the module can fetch: a SIM card that needs no PIN, and an
// active PDP context. A mini system sees to its network by itself.
func (s *session) online(ctx context.Context, job *devices.Job, f *family) error {
	if err := s.unlocked(ctx); err != nil || f.Mini {
		return err
	}
	cid := f.Context
	if cid == 0 {
		cid = usualContext
	}
	if apn := job.Options.APN; apn != nil {
		if err := s.accessPoint(ctx, cid, apn); err != nil {
			return err
		}
	}
	if f.ContextCommand != "" {
		_, err := s.client.Do(ctx, at.Command{Text: fill(f.ContextCommand, "{cid}", strconv.Itoa(cid))})
		if err != nil && !errors.Is(err, devices.Refused) {
			return err
		}
	}
	return s.activate(ctx, cid)
}

// unlocked asks for the state of the SIM card.
func (s *session) unlocked(ctx context.Context) error {
	r, err := s.client.Do(ctx, at.Command{Text: "AT+CPIN?", Prefix: "+CPIN:", Query: true})
	if err != nil {
		return err
	}
	state := strings.TrimSpace(strings.TrimPrefix(r.Lines[0], "+CPIN:"))
	if state != "READY" {
		return fail("sim", devices.Refused, NoteSIM, printable(state))
	}
	return nil
}

// accessPoint sets the APN of a context, which is brought down first: a change would
// not count until then. The job's IPType 0 and 1 are the module's 1 and 2.
func (s *session) accessPoint(ctx context.Context, cid int, apn *devices.APN) error {
	var quoted []string
	for _, text := range []string{apn.Name, apn.User, apn.Password} {
		q, err := at.Quote(text)
		if err != nil {
			return fail("apn", devices.Unsupported, NoteAPNText)
		}
		quoted = append(quoted, q)
	}
	login := 0
	if apn.User != "" {
		login = 1 // PAP
	}
	_, err := s.client.Do(ctx, at.Command{Text: fmt.Sprintf("AT+QIDEACT=%d", cid), Wait: deactivateTime})
	if err != nil && !errors.Is(err, devices.Refused) {
		return err
	}
	text := fmt.Sprintf("AT+QICSGP=%d,%d,%s,%d", cid, apn.IPType+1, strings.Join(quoted, ","), login)
	_, err = s.client.Do(ctx, at.Command{Text: text})
	return err
}

// activate brings a context up, unless it is.
func (s *session) activate(ctx context.Context, cid int) error {
	r, err := s.client.Do(ctx, at.Command{Text: "AT+QIACT?", Prefix: "+QIACT:"})
	if errors.Is(err, devices.Refused) {
		return nil // this firmware sees to its context by itself
	}
	if err != nil {
		return err
	}
	for _, line := range r.Lines {
		fields := fieldsOf(line)
		if len(fields) > 1 && fields[0] == strconv.Itoa(cid) && fields[1] == "1" {
			return nil
		}
	}
	_, err = s.client.Do(ctx, at.Command{Text: fmt.Sprintf("AT+QIACT=%d", cid), Wait: activateTime})
	var refused *devices.Error
	if errors.As(err, &refused) && refused.Kind == devices.Refused {
		e := fail("network", devices.Refused, NotePDP, cid)
		e.Code, e.HasCode, e.Err = refused.Code, refused.HasCode, err
		return e
	}
	return err
}
