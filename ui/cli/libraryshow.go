package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"fotabench/devices"
	"fotabench/packages"
	"fotabench/packages/library"
	"fotabench/packages/plaintext"
	"fotabench/ui/lab"
	"fotabench/updater/rollout"
)

// What the library verbs tell.
const (
	LibraryNew          devices.Code = "cli.library.new"          // name, short ID
	LibraryKnown        devices.Code = "cli.library.known"        // name, short ID
	LibraryRemoved      devices.Code = "cli.library.removed"      // name, short ID
	LibraryBack         devices.Code = "cli.library.back"         // name, short ID
	LibraryReleased     devices.Code = "cli.library.released"     // name, short ID
	LibraryWithdrawn    devices.Code = "cli.library.withdrawn"    // name, short ID
	LibraryEmptied      devices.Code = "cli.library.emptied"      // name, short ID
	LibraryEmpty        devices.Code = "cli.library.empty"        // –
	LibraryBare         devices.Code = "cli.library.bare"         // –
	LibraryBareTrash    devices.Code = "cli.library.bare.trash"   // how many removed ones there are
	LibraryOrder        devices.Code = "cli.library.order"        // files
	LibraryHeads        devices.Code = "cli.library.heads"        // –, tabs between the columns
	LibraryRight        devices.Code = "cli.library.right"        // name
	LibrarySays         devices.Code = "cli.library.says"         // source, date
	LibraryTyped        devices.Code = "cli.library.typed"        // who, date
	LibraryFrom         devices.Code = "cli.library.from"         // place, date
	LibraryReleasedBy   devices.Code = "cli.library.releasedBy"   // who, date, reason
	LibraryVerified     devices.Code = "cli.library.verified"     // date
	LibraryContradicted devices.Code = "cli.library.contradicted" // name, why
	LibraryStated       devices.Code = "cli.library.stated"       // algorithm, hex, source, date
	LibraryHand         devices.Code = "cli.library.hand"         // algorithm, hex, date
)

// The words of the columns.
const (
	TrustGreen devices.Code = "cli.library.trust.ok"
	TrustAmber devices.Code = "cli.library.trust.amber"
	TrustRed   devices.Code = "cli.library.trust.red"
)

// shortID is how many digits of an ID tables show.
const shortID = 12

// line prints an object with --json, else a text.
func (a *app) line(object any, text string) {
	if a.json {
		a.object(object)
		return
	}
	fmt.Fprintln(a.Out, text)
}

// kept is an entry as --json prints it.
type kept struct {
	*library.Entry
	Name     string            `json:"name"`
	Size     int64             `json:"size"`
	Manifest packages.Manifest `json:"manifest"`
	Source   string            `json:"manifestSource,omitempty"`
	Level    packages.Level    `json:"level"`
	// Standing is missing where the journal cannot be read; Proof is what it counts.
	Standing   rollout.Level     `json:"standing,omitempty"`
	Proof      *rollout.Standing `json:"proof,omitempty"`
	Disputes   []library.Dispute `json:"disputes,omitempty"`
	Unreadable packages.Code     `json:"unreadable,omitempty"`
	vouched
	// Lacks are the fields that nobody stated.
	Lacks []string `json:"lacks,omitempty"`
	Known bool     `json:"known,omitempty"`
	// GBK are the files beside an imported package that were read as GBK; Other is the ID of
	// the package that has the same files in another order.
	GBK   []string       `json:"readAsGBK,omitempty"`
	Other string         `json:"otherOrder,omitempty"`
	Check *library.Check `json:"check,omitempty"`
	Did   devices.Code   `json:"did,omitempty"`
}

func (s *shelfOrder) keptOf(e *library.Entry) kept {
	if e.Unreadable != "" {
		return kept{Entry: e, Unreadable: e.Unreadable, Level: packages.Red}
	}
	m := e.Manifest()
	k := kept{
		vouched: s.vouchedFor(e),
		Entry:   e, Name: e.Name(), Size: e.Size(), Manifest: m, Source: m.Source, Level: e.Level(), Disputes: e.Disputes(),
		Lacks: e.Lacks(),
	}
	standing, known := s.standing(e)
	if known || standing.Level == rollout.Released {
		k.Standing = standing.Level
	}
	if known {
		k.Proof = &standing
	}
	return k
}

// did tells what was done with a package.
func (s *shelfOrder) did(code devices.Code, e *library.Entry) {
	object := s.keptOf(e)
	object.Did = code
	s.line(object, s.book.Say(code, e.Name(), e.ID[:shortID]))
}

// brought tells what became of an import, and whether the package is what was stated.
func (s *shelfOrder) brought(got library.Imported) bool {
	code := LibraryNew
	if got.Known {
		code = LibraryKnown
	}
	object := s.keptOf(got.Entry)
	object.Known, object.GBK = got.Known, got.GBK
	if got.Other != nil {
		object.Other = got.Other.ID
	}
	s.line(object, s.book.Say(code, got.Entry.Name(), got.Entry.ID[:shortID]))
	for _, n := range got.Remarks() {
		fmt.Fprintln(s.Err, s.say(n.Code, n.Args))
	}
	return s.stands(got.Entry)
}

// stands tells whether the package is what was stated about it, and on the side what
// contradicts.
func (s *shelfOrder) stands(e *library.Entry) bool {
	trust := e.Trust()
	if trust.Level != packages.Red {
		return true
	}
	fmt.Fprintln(s.Err, s.book.Say(LibraryContradicted, e.Name(), s.say(trust.Code, trust.Args)))
	return false
}

// checked tells what a verification found, and whether nothing that was stated
// contradicts it and the policy lets it pass.
func (s *shelfOrder) checked(l *library.Library, id string, check library.Check) bool {
	e, err := l.Find(id)
	if err != nil {
		return true // removed by another program in this moment
	}
	object := s.keptOf(e)
	object.Check = &check
	text := s.book.Say(LibraryRight, e.Name())
	if !check.OK {
		text = s.say(check.Problem, []any{check.File})
	}
	s.line(object, strings.TrimSpace(text+"\n"+s.about(object.vouched)))
	return s.stands(e) && object.Vouched != packages.Red
}

// table lists packages.
func (s *shelfOrder) table(entries []*library.Entry) {
	if s.json {
		for _, e := range entries {
			s.object(s.keptOf(e))
		}
		return
	}
	if len(entries) == 0 {
		fmt.Fprintln(s.Out, s.book.Say(LibraryEmpty))
		return
	}
	rows := [][]string{strings.Split(s.book.Say(LibraryHeads), "\t")}
	for _, e := range entries {
		if e.Unreadable != "" {
			rows = append(rows, []string{e.ID[:min(shortID, len(e.ID))], s.say(e.Unreadable, []any{e.Files[0].Name})})
			continue
		}
		m := e.Manifest()
		rows = append(rows, []string{
			e.ID[:shortID], e.Name(), arrow(m), strings.Join(m.Models, " "), s.book.Say(SizeBytes, e.Size()),
			s.book.Say(worth[e.Level()]), s.vouchedFor(e).Short, s.standingText(e), stamp(e.Verified()),
		})
	}
	_ = table(s.Out, rows) // the terminal is gone: nobody to tell
}

var worth = map[packages.Level]devices.Code{packages.Green: TrustGreen, packages.Amber: TrustAmber, packages.Red: TrustRed}

// arrow is from which version to which; a question mark is in place of one that should be
// known and is not.
func arrow(m packages.Manifest) string {
	if m.SourceVersion == "" && m.Kind != packages.Delta {
		return m.TargetVersion
	}
	return cmp.Or(m.SourceVersion, "?") + " → " + cmp.Or(m.TargetVersion, "?")
}

// show tells all that is known of a package.
func (s *shelfOrder) show(e *library.Entry) {
	if s.json {
		s.object(s.keptOf(e))
		return
	}
	if e.Unreadable != "" {
		fmt.Fprintln(s.Out, s.say(e.Unreadable, []any{e.Files[0].Name}))
		return
	}
	fmt.Fprintf(s.Out, "%s\n%s\n%s\n", e.Name(), e.ID, s.standingText(e))
	for _, text := range lab.Lacking(s.book, e) {
		fmt.Fprintln(s.Out, text)
	}
	s.stated(e)
	for i, f := range e.Files {
		s.showFile(f, e.Trust().Files[i])
	}
	for _, src := range e.Sources {
		fmt.Fprintln(s.Out, plaintext.Line(s.book.Say(LibraryFrom, src.Place, stamp(src.At))))
	}
	if e.Checked != nil && !e.Checked.OK {
		fmt.Fprintln(s.Out, s.say(e.Checked.Problem, []any{e.Checked.File}))
	} else {
		fmt.Fprintln(s.Out, s.book.Say(LibraryVerified, stamp(e.Verified())))
	}
	if text := s.about(s.vouchedFor(e)); text != "" {
		fmt.Fprintln(s.Out, text)
	}
	if r := e.Released; r != nil {
		fmt.Fprintln(s.Out, plaintext.Line(s.book.Say(LibraryReleasedBy, r.By, stamp(r.At), r.Reason)))
	}
}

// stated shows what each manifest and person says, and where they contradict.
func (s *shelfOrder) stated(e *library.Entry) {
	for _, c := range e.Claims {
		if c.Source != "" {
			fmt.Fprintln(s.Out, s.book.Say(LibrarySays, c.Source, stamp(c.At)))
		}
		s.statements(c.Manifest)
	}
	if e.Typed != nil {
		fmt.Fprintln(s.Out, plaintext.Line(s.book.Say(LibraryTyped, e.Typed.By, stamp(e.Typed.At))))
		s.statements(e.Typed.Manifest)
	}
	for _, d := range e.Disputes() {
		fmt.Fprintln(s.Out, s.say(library.Disputed, []any{e.Name(), d.Field, d.Value, d.Source, d.Other, d.OtherSource}))
	}
}

func (s *shelfOrder) statements(m packages.Manifest) {
	for _, field := range library.Statements(m) {
		fmt.Fprintf(s.Out, "    %-14s %s\n", field[0], field[1])
	}
}

// showFile shows a file's digests beside what was stated, and by whom since when.
func (s *shelfOrder) showFile(f library.File, trust packages.FileTrust) {
	fmt.Fprintf(s.Out, "%s  %s\n", f.Name, s.book.Say(SizeBytes, f.Size))
	for _, alg := range []packages.Algorithm{packages.MD5, packages.SHA1, packages.SHA256, packages.CRC32} {
		fmt.Fprintf(s.Out, "    %-7s %s\n", alg, f.Digests[alg])
	}
	for _, x := range f.Expected {
		mark := "="
		if x.Hex != f.Digests[x.Algorithm] {
			mark = "≠"
		}
		text := s.book.Say(LibraryStated, string(x.Algorithm), x.Hex, x.Source, stamp(x.At))
		if x.Source == packages.SourceTyped {
			text = s.book.Say(LibraryHand, string(x.Algorithm), x.Hex, stamp(x.At))
		}
		fmt.Fprintf(s.Out, "  %s %s\n", mark, text)
	}
	fmt.Fprintf(s.Out, "  %s\n", s.say(trust.Code, trust.Args))
}

// oneOf refuses a flag's value that is none of those that exist.
func oneOf(flag, value string, allowed []string) error {
	if value == "" || slices.Contains(allowed, value) {
		return nil
	}
	return misuse("--%s %q is none of %s", flag, value, strings.Join(allowed, ", "))
}

// stamp is a date as tables show it.
func stamp(at time.Time) string {
	if at.IsZero() {
		return "–"
	}
	return at.Local().Format("2006-01-02 15:04")
}

// standing is how far a package has come, as the library and the journal know. Where the
// journal cannot be read that is told once, and nobody knows what was proved: known is false.
func (s *shelfOrder) standing(e *library.Entry) (standing rollout.Standing, known bool) {
	if !s.asked {
		s.asked = true
		if s.proofs, s.unread = s.prove(); s.unread != nil && !errors.Is(s.unread, errInterrupted) {
			s.complain(s.unread)
		}
	}
	return lab.Standing(e, s.proofs), s.unread == nil
}

func (s *shelfOrder) readProofs(ctx context.Context) (rollout.Proofs, error) {
	engine, err := s.Open(ctx, s.folder)
	if err != nil {
		return rollout.Proofs{}, err
	}
	defer s.close(engine)
	records, err := engine.Records(0)
	return rollout.NewProofs(records, lab.LastMet(s.folder, records)), err
}

// proved asks for what was proved before anything of packages is shown; its error is that of
// a Ctrl-C meanwhile, after which nothing is to be shown.
func (s *shelfOrder) proved(entries ...*library.Entry) error {
	if i := slices.IndexFunc(entries, func(e *library.Entry) bool { return e.Unreadable == "" }); i >= 0 {
		s.standing(entries[i])
	}
	if errors.Is(s.unread, errInterrupted) {
		return s.unread
	}
	return nil
}

// standingText is the standing in a few words.
func (s *shelfOrder) standingText(e *library.Entry) string {
	standing, known := s.standing(e)
	text := lab.StandingShort(s.book, standing)
	if !known && standing.Level == rollout.Untested {
		text = s.book.Say(lab.StandingUnread)
	}
	if lab.Incomplete(e) {
		text = s.book.Say(lab.StandingIncomplete) + " · " + text
	}
	return text
}

// provedOrNot makes a verb that shows standings fail where the journal cannot be read.
func (s *shelfOrder) provedOrNot() error {
	if s.unread != nil {
		return status(ExitFailed)
	}
	return nil
}
