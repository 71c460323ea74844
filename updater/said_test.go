package updater

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"fotabench/devices"
)

// end504 is what a module says once, right before it restarts into what it ran before.
var end504 = devices.Said{
	Why: "quectel.end.504", WhyArgs: []any{504}, Words: `+QIND: "FOTA","END",504`, Code: 504, HasCode: true,
}

// plaintiff is a world whose device says in the middle of an Open why it did not install,
// and is gone with that.
type plaintiff struct {
	*world
	says []devices.Said
	at   devices.Address
}

func (p *plaintiff) Open(ctx context.Context, a devices.Address, access devices.Access) (devices.Session, error) {
	p.mu.Lock()
	ordered := p.ordered && a == p.at
	p.mu.Unlock()
	if ordered && len(p.says) > 0 && access.Said != nil {
		access.Said(p.says[0])
		p.says = p.says[1:]
		return nil, &devices.Error{Op: "fake: open", At: string(a), Kind: devices.Lost}
	}
	return p.world.Open(ctx, a, access)
}

// complaint runs an upgrade that the device does not install.
func complaint(t *testing.T, w *world, p *plaintiff, b Journal) (*Engine, Event) {
	t.Helper()
	p.world, w.becomes = w, oldVersion
	cfg := w.config(b)
	cfg.Drivers = []devices.Driver{p}
	e, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return e, last(story(t, e, w.plan()))
}

// TestDeviceSaysWhy: the words that a device says while its port goes away are in the
// outcome, the record and the report; what it reports is still the judge.
func TestDeviceSaysWhy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		e, end := complaint(t, w, &plaintiff{at: home, says: []devices.Said{end504, end504}}, newBook())
		defer close2(t, e)
		f := end.Failure
		if end.Outcome != FailedOld || f == nil || f.Note.Code != NoteSaid || f.Code != 504 || !f.HasCode || f.Said != end504.Words {
			t.Fatalf("%s, %+v", end.Outcome, f)
		}
		if n, ok := f.Note.Args[0].(Note); !ok || n.Code != NoteOld {
			t.Errorf("%+v", f.Note)
		}
		r, err := e.Report(end.Job)
		if err != nil {
			t.Fatal(err)
		}
		if len(r.Reasons) != 1 || r.Reasons[0].Words != end504.Words || r.Reasons[0].Stage != Restart {
			t.Errorf("reasons %+v", r.Reasons)
		}
		text, _ := json.Marshal(r)
		if n := strings.Count(string(text), `\"END\",504`); n < 3 {
			t.Errorf("its words stand %d times in the report", n)
		}
		if got := (Query{Text: `"END",504`}).Filter(history(t, e, 0)); len(got) != 1 {
			t.Error("the history does not find its words")
		}
	})
}

// TestDeviceSaysWhyAndInstalls: words prove nothing.
func TestDeviceSaysWhyAndInstalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		p := &plaintiff{world: w, at: home, says: []devices.Said{end504}}
		cfg := w.config(newBook())
		cfg.Drivers = []devices.Driver{p}
		e, err := New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		defer close2(t, e)
		if end := last(story(t, e, w.plan())); end.Outcome != Verified || end.Failure != nil {
			t.Errorf("%s, %+v", end.Outcome, end.Failure)
		}
	})
}

// TestOthersWords: what is said where another device may be is not this one's reason.
func TestOthersWords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.away = time.Minute
		time.AfterFunc(15*time.Second, func() {
			w.mu.Lock()
			w.others = []devices.Sighting{{Key: "usb9", Ports: []devices.Port{{Address: elsewhere, Role: devices.RoleREPL}}}}
			w.mu.Unlock()
		})
		e, end := complaint(t, w, &plaintiff{at: elsewhere, says: []devices.Said{end504}}, newBook())
		defer close2(t, e)
		if end.Outcome != FailedOld || end.Failure.Note.Code != NoteOld || end.Failure.HasCode {
			t.Errorf("%s, %+v", end.Outcome, end.Failure)
		}
	})
}

// TestSaidBeforeSilence: a device that said why and never came back has that in its case,
// and in how the case is settled later.
func TestSaidBeforeSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		time.AfterFunc(20*time.Second, func() { w.move("") })
		p := &plaintiff{at: home, says: []devices.Said{end504, end504, end504, end504, end504, end504, end504, end504, end504, end504, end504, end504, end504, end504, end504, end504}}
		e, end := complaint(t, w, p, newBook())
		defer close2(t, e)
		if end.Outcome != Uncertain || end.Failure == nil || end.Failure.Note.Code != NoteSaid || end.Failure.Said != end504.Words {
			t.Fatalf("%s, %+v", end.Outcome, end.Failure)
		}
		ctx, stop := context.WithTimeout(t.Context(), time.Hour)
		defer stop()
		p.says = nil
		time.AfterFunc(time.Minute, func() { w.move(home) })
		_ = e.Settle(ctx) // ends with ctx
		r := history(t, e, 1)[0]
		if r.Result() != FailedOld || r.Settled.Note.Code != NoteSaid {
			t.Errorf("%s, %+v", r.Result(), r.Settled)
		}
	})
}

// TestSaidWithoutSecrets: the words of a device may repeat a password.
func TestSaidWithoutSecrets(t *testing.T) {
	f := blame(Note{Code: NoteOld}, devices.Said{Why: "quectel.end.504", WhyArgs: []any{"hush"}, Words: "AT hush"}, "")
	scrub(f, []string{"hush"})
	if text, _ := json.Marshal(f); strings.Contains(string(text), "hush") {
		t.Errorf("%s", text)
	}
}
