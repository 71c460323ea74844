package ui

import (
	"context"
	"fmt"
	"strings"
	"time"

	"fotabench/devices"
	"fotabench/packages"
	"fotabench/packages/library"
	"fotabench/packages/signature"
	"fotabench/ui/words"
)

// judged is who signed a package and what this installation makes of that; nil results are
// not known yet.
type judged struct {
	entry     *library.Entry
	ofEntry   *signature.Result
	pkg       *packages.Package
	ofPackage *signature.Result
}

// signedLook is how often signatures of what is on the page are judged again: keys and
// policy may be changed by another program.
const signedLook = 3 * time.Second

// lookAtSignatures judges what is on the page, unless that was done.
func (w *window) lookAtSignatures() {
	if s := &w.state.library.signed; s.entry != w.state.library.entry() || s.pkg != w.state.pkg.pkg {
		w.judge()
	}
}

// judge finds out who signed the packages that are on the page.
func (w *window) judge() {
	s := &w.state.library
	now := judged{entry: s.entry(), pkg: w.state.pkg.pkg}
	if s.signed.entry == nil || now.entry == nil || s.signed.entry.ID != now.entry.ID {
		s.signed.ofEntry = nil
	}
	if s.signed.pkg != now.pkg {
		s.signed.ofPackage = nil
	}
	s.signed.entry, s.signed.pkg = now.entry, now.pkg
	if l := w.lab.Library; l != nil && now.entry != nil || now.pkg != nil {
		w.feed.replace(&w.judging, func(ctx context.Context) func() {
			if now.entry != nil && now.entry.Unreadable == "" && l != nil {
				r := w.desk.Judge(ctx, l.Describe(now.entry))
				now.ofEntry = &r
			}
			if now.pkg != nil {
				r := w.desk.Judge(ctx, now.pkg)
				now.ofPackage = &r
			}
			return func() { w.signed(now) }
		})
	}
}

// signed takes in who signed what is on the page.
func (w *window) signed(now judged) {
	s := &w.state.library.signed
	if now.entry != s.entry || now.pkg != s.pkg || now.says() == s.says() {
		return
	}
	*s = now
	w.render()
}

// says tells results apart.
func (j judged) says() string {
	text := ""
	for _, r := range []*signature.Result{j.ofEntry, j.ofPackage} {
		if r != nil {
			text += fmt.Sprint(r.Code, r.Args, r.Level, r.Consequence())
		}
		text += ";"
	}
	return text
}

// about is all that is to be said about the signature of the package of the library.
func (j judged) about(b *words.Book) string {
	r := j.ofEntry
	if r == nil {
		return b.Say(noteSignedLooking)
	}
	text := b.Say(devices.Code(r.Code), r.Args...)
	for _, c := range []packages.Code{r.Consequence(), r.Remedy} {
		if c != "" {
			text += " " + b.Say(devices.Code(c))
		}
	}
	return text
}

// card is what a card has room for: who signed, then what the hashes are worth; the colour
// is that of the worse.
func (j judged) card(b *words.Book, p *packages.Package) (string, packages.Level) {
	trust := p.Trust()
	said, level := b.Say(devices.Code(trust.Code), trust.Args...), trust.Level
	if j.ofPackage == nil || j.pkg != p {
		return said, level
	}
	short, args := j.ofPackage.Short()
	if short == "" {
		return said, level
	}
	if worse := j.ofPackage.Level; worse == packages.Red || worse == packages.Amber && level == packages.Green {
		level = worse
	}
	return strings.TrimSpace(b.Say(devices.Code(short), args...) + " · " + said), level
}
