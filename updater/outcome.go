package updater

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"fotabench/devices"
	"fotabench/packages"
)

// Remarks of the engine.
const (
	// NoteUnexpected is an error of which nobody knows more than its text.
	NoteUnexpected devices.Code = "engine.unexpected"
	// NoteJournal: the journal could not be written, so nothing more was sent.
	NoteJournal devices.Code = "engine.journal"
	// NoteJournalLater: it cannot be written where nothing is to be sent any more; what
	// happens is held back until it can be.
	NoteJournalLater devices.Code = "engine.journal.later"
	// NoteJournalAgain: it can be written again, and has what was held back.
	NoteJournalAgain devices.Code = "engine.journal.again"
	// NoteJournalUnkept: it could not be written to the end, so the record lacks how the
	// upgrade ended.
	NoteJournalUnkept devices.Code = "engine.journal.unkept"
	// NoteGiftsUnkept: of {0} upgrades that rules gave the journal does not say how they
	// ended, since it could not be written.
	NoteGiftsUnkept devices.Code = "engine.gifts.unkept"
	// NoteGiftsBlank: {0} upgrades that rules gave in an earlier run of the program are not in
	// the journal at all, since it could not be written.
	NoteGiftsBlank devices.Code = "engine.gifts.blank"
	// NoteSilence: a stage made no progress for {0:seconds} and was ended.
	NoteSilence devices.Code = "engine.silence"
	// NoteStall: no progress for {0:seconds}.
	NoteStall devices.Code = "engine.stall"
	// NoteMoving: progress again, after a stall.
	NoteMoving devices.Code = "engine.moving"
	// NoteCancelAsked: a person asked to cancel.
	NoteCancelAsked devices.Code = "engine.cancel.asked"
	// NoteCancelLate: the device had begun to install before it could be stopped.
	NoteCancelLate devices.Code = "engine.cancel.late"
	// NoteCancelConfirm: the device drops what it had; its version is asked.
	NoteCancelConfirm devices.Code = "engine.cancel.confirm"
	// NoteDoubt: contact was lost during a delivery that the device may end by
	// itself, so it is asked what it runs.
	NoteDoubt devices.Code = "engine.doubt"
	// NoteSent: what left this program is not what was opened; {0} is the file.
	NoteSent devices.Code = "engine.sent.differs"
	// NoteHeld: the device's own digest {1:hash} is not the package's {0:hash}.
	NoteHeld devices.Code = "engine.held.differs"
	// NoteUnproved: a device at the same place answers, but it has neither IMEI
	// nor serial number; it reports {0}.
	NoteUnproved devices.Code = "engine.identity.unproved"
	// NoteOld: the device itself reports its old version {0}.
	NoteOld devices.Code = "engine.old"
	// NoteOther: the device reports {0}, which is neither old {1} nor target {2}.
	NoteOther devices.Code = "engine.other"
	// NoteUnfinished: the device reports the target version {0}, but not that all of the
	// package is installed and runs.
	NoteUnfinished devices.Code = "engine.unfinished"
	// NoteSilent: the device did not come back within {0:seconds}.
	NoteSilent devices.Code = "engine.silent"
	// NoteStopped: a person stopped watching.
	NoteStopped devices.Code = "engine.watching.stopped"
	// NoteClosing: the program was closed.
	NoteClosing devices.Code = "engine.closing"
	// NoteGiftGone: a device that rules gave something is no longer waited for: it was
	// forgotten, or given something else.
	NoteGiftGone devices.Code = "engine.gift.gone"
	// NoteVerified: the device reports {0}, the target version.
	NoteVerified devices.Code = "engine.verified"
)

// The causes with which the engine ends the context of a stage.
var (
	errCancelled = errors.New("cancelled")
	errClosing   = errors.New("the program is closing")
)

// silence is the cause when a stage made no progress for too long.
func silence(stage Stage, after float64) error {
	return &devices.Error{
		Op: "updater: " + string(stage), Kind: devices.Timeout,
		Note: NoteSilence, Args: []any{after},
	}
}

// stopped tells whether err is the end of a stage that a person (or the closing
// program) asked for, and not a failure.
func stopped(err error) bool {
	return errors.Is(err, errCancelled) || errors.Is(err, errClosing)
}

// conclusion is an error that carries how the upgrade ends.
type conclusion struct {
	outcome Outcome
	failure *Failure
	note    *Note
}

// Error implements error.
func (c *conclusion) Error() string {
	return fmt.Sprintf("the upgrade ended: %s", c.outcome)
}

// describe makes a Failure of err: the note an error names, else its kind's.
// at is the place where the error does not name one.
func describe(err error, at string, secrets []string) *Failure {
	f := &Failure{Note: Note{Level: Fault, Code: NoteUnexpected}, Text: err.Error()}
	var kind devices.Kind
	if errors.As(err, &kind) {
		f.Kind = kind
		f.Note.Code, f.Note.Args = devices.Code("kind."+string(kind)), []any{at, ""}
	}
	var e *devices.Error
	if errors.As(err, &e) {
		f.Kind, f.Code, f.HasCode = e.Kind, e.Code, e.HasCode
		f.Note.Code, f.Note.Args = devices.Code("kind."+string(e.Kind)), []any{cmp.Or(e.At, at), e.Detail}
		if e.Note != "" {
			f.Note.Code, f.Note.Args = e.Note, e.Args
		}
		if e.HasCode {
			f.Said = e.Detail
		}
	}
	var p *packages.Error
	if errors.As(err, &p) {
		f.Note.Code, f.Note.Args = devices.Code(p.Code), p.Args
		if f.Kind == "" {
			f.Kind = devices.Integrity
		}
	}
	scrub(f, secrets)
	return f
}

// scrub replaces secrets that a failure's texts hold although they should not.
func scrub(f *Failure, secrets []string) {
	f.Text, f.Said = hide(f.Text, secrets), hide(f.Said, secrets)
	f.Note = hideIn(f.Note, secrets)
}

func hideIn(n Note, secrets []string) Note {
	args := make([]any, len(n.Args))
	for i, a := range n.Args {
		switch v := a.(type) {
		case string:
			a = hide(v, secrets)
		case Note:
			a = hideIn(v, secrets)
		}
		args[i] = a
	}
	if len(args) > 0 {
		n.Args = args
	}
	return n
}

func hide(s string, secrets []string) string {
	for _, secret := range secrets {
		s = strings.ReplaceAll(s, secret, "•••")
	}
	return s
}

// refusal is an error that the engine itself raises, with its sentence.
func refusal(op string, kind devices.Kind, code devices.Code, args ...any) error {
	return &devices.Error{Op: "updater: " + op, Kind: kind, Note: code, Args: args}
}

// ended gives why ctx ended, or nil.
func ended(ctx context.Context) error {
	if ctx.Err() == nil {
		return nil
	}
	return context.Cause(ctx)
}
