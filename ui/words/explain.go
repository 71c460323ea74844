package words

import (
	"errors"
	"slices"

	"fotabench/devices"
	"fotabench/packages"
	"fotabench/packages/durable"
	"fotabench/packages/signature"
	"fotabench/updater"
	"fotabench/updater/rollout"
	"fotabench/updater/rollout/roster"
)

// NoteNotFile tells that a name is of a folder, a pipe or a device. Args: the name.
const NoteNotFile devices.Code = "words.notFile"

// NoteNoTarget is NoteNotFile of what was to be written.
const NoteNoTarget devices.Code = "words.noTarget"

// Trouble is an error as a person is told it.
type Trouble struct {
	// Kind is that of a devices.Error, "" for others.
	Kind devices.Kind
	// Code says what happened, "" where nobody wrote a sentence for it.
	Code devices.Code
	Args []any
	// Cause is the most usual cause that Detail ends with, "" for any other.
	Cause devices.Code
	// Detail is the technical text, English, without secrets.
	Detail string
}

// Explain finds the code that says what err is.
func Explain(err error) Trouble {
	t := Trouble{Detail: err.Error()}
	t.Cause = Cause(t.Detail)
	var plan *rollout.Error
	if errors.As(err, &plan) {
		t.Code, t.Args = plan.Code, plan.Args
		return t
	}
	var table *roster.Error
	if errors.As(err, &table) {
		t.Code, t.Args = table.Code, table.Args
		return t
	}
	var p *packages.Error
	if errors.As(err, &p) {
		t.Code, t.Args = devices.Code(p.Code), p.Args
		return t
	}
	var kind *durable.KindError
	if errors.As(err, &kind) {
		t.Code, t.Args = NoteNotFile, []any{kind.Name}
		if kind.Written {
			t.Code = NoteNoTarget
		}
		return t
	}
	var e *devices.Error
	if errors.As(err, &e) {
		t.Kind = e.Kind
		t.Code, t.Args = devices.Code("kind."+string(e.Kind)), []any{e.At, e.Detail}
		if e.Note != "" {
			t.Code, t.Args = e.Note, e.Args
			return t
		}
	}
	if code, args := ofFile(err); code != "" {
		t.Code, t.Args = code, args
	}
	return t
}

// Trouble says what happened and what to do; where there is no sentence, the
// technical text stands in for it, as Raw tells it.
func (b *Book) Trouble(t Trouble) (what, remedy string) {
	if t.Code == "" || !b.Has(t.Code) {
		return b.Raw(t.Detail), ""
	}
	if code := t.Code + ".remedy"; b.Has(code) {
		remedy = b.Say(code, t.Args...)
	}
	return b.Say(t.Code, t.Args...), remedy
}

// Signature says who signed a package, what the policy makes of that, and what to do.
func (b *Book) Signature(r signature.Result) string {
	text := b.Say(devices.Code(r.Code), r.Args...)
	for _, c := range []packages.Code{r.Consequence(), r.Remedy} {
		if c != "" {
			text = b.Join(text, b.Say(devices.Code(c)))
		}
	}
	return text
}

// LastNote is the newest remark with a code, the zero Note if there is none.
func LastNote(remarks []updater.Remark, codes ...devices.Code) updater.Note {
	for _, r := range slices.Backward(remarks) {
		if slices.Contains(codes, r.Code) {
			return r.Note
		}
	}
	return updater.Note{}
}
