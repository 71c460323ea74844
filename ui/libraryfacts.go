package ui

import (
	"strings"

	"fotabench/devices"
	"fotabench/packages"
	"fotabench/packages/library"
	"fotabench/ui/lab"
	"fotabench/ui/words"
)

const whenLayout = "2006-01-02 15:04"

// standingFacts say how far a package has come, and who says so.
func (w *window) standingFacts(e *library.Entry) [][2]string {
	b, trust := w.book, e.Trust()
	standing := lab.Standing(e, w.state.library.proofs)
	proof := lab.StandingLine(b, standing)
	if w.state.journalErr != nil && len(standing.Jobs) == 0 {
		proof = b.Say(lab.StandingUnread)
	}
	if r := e.Released; r != nil {
		proof += "\n" + b.Say(noteReleasedBy, r.By, r.At.Local().Format(whenLayout), r.Reason)
	}
	verified := b.Say(noteSameBytes, e.Verified().Local().Format(whenLayout))
	if c := e.Checked; c != nil && !c.OK {
		verified = b.Say(devices.Code(c.Problem), c.File)
	}
	rows := [][2]string{}
	if lacking := lab.Lacking(b, e); len(lacking) > 0 {
		rows = append(rows, [2]string{b.Say(labelLacks), strings.Join(lacking, "\n")})
	}
	return append(rows, [][2]string{
		{b.Say(labelStanding), proof},
		{b.Say(labelTrust), b.Say(devices.Code(trust.Code), trust.Args...)},
		{b.Say(labelSigned), w.state.library.signed.about(b)},
		{b.Say(labelVerified), verified},
		{b.Say(labelAdded), e.Added.Local().Format(whenLayout)},
	}...)
}

// digestFacts are a file's digests, each with who stated it and since when that is
// known.
func digestFacts(b *words.Book, f library.File) [][2]string {
	var rows [][2]string
	for _, a := range []packages.Algorithm{packages.SHA256, packages.SHA1, packages.MD5, packages.CRC32} {
		text := f.Digests[a]
		for _, x := range f.Expected {
			if x.Algorithm == a {
				text += "\n" + b.Say(noteStatedBy, source(b, x.Source), x.At.Local().Format(whenLayout))
				if x.Hex != f.Digests[a] {
					text += "\n" + b.Say(noteSaysOther, source(b, x.Source), x.Hex)
				}
			}
		}
		rows = append(rows, [2]string{strings.ToUpper(string(a)), text})
	}
	return rows
}

// sourceFacts are where a package came from, and who says what about it.
func sourceFacts(b *words.Book, e *library.Entry) [][2]string {
	var rows [][2]string
	for _, s := range e.Sources {
		rows = append(rows, [2]string{s.At.Local().Format(whenLayout), b.Say(devices.Code("ui.source."+string(s.How))) + " " + s.Place})
	}
	for _, c := range e.Claims {
		rows = append(rows, [2]string{c.At.Local().Format(whenLayout), b.Say(noteClaimBy, c.Source)})
	}
	if t := e.Typed; t != nil {
		rows = append(rows, [2]string{t.At.Local().Format(whenLayout), b.Say(noteTypedBy, t.By)})
	}
	return rows
}
