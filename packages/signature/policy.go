package signature

import (
	"context"
	"errors"
	"slices"
	"time"

	"fotabench/packages"
)

// Policy is how much signatures count in one installation.
type Policy string

// The policies.
const (
	// None: who signed is told, and nothing is refused.
	None Policy = "none"
	// Warn: what is not signed by a trusted key is amber, what is altered is red until
	// a person accepts it.
	Warn Policy = "warn"
	// Require: nothing but packages signed by trusted keys.
	Require Policy = "require"
)

// Policies lists them, the mildest first.
func Policies() []Policy { return []Policy{None, Warn, Require} }

// Result is what the policy makes of the verdicts on a package.
type Result struct {
	// Level is its colour.
	Level packages.Level
	// Quiet is true where the policy asks for nothing and nothing is wrong.
	Quiet bool
	// MustAccept is true where a person may let it pass, and must say so.
	MustAccept bool
	Code       packages.Code
	Args       []any
	// Remedy is "" where nothing needs to be done.
	Remedy   packages.Code
	Verdicts []Verdict
}

// Judge is what policy makes of the verdicts on all files of a package: the worst one
// counts, since a device installs them together.
func Judge(policy Policy, verdicts []Verdict) Result {
	if len(verdicts) == 0 {
		return Result{Level: packages.Green, Quiet: true, Code: CodeOffer}
	}
	worst := judgeOne(policy, verdicts[0])
	for _, v := range verdicts[1:] {
		if r := judgeOne(policy, v); r.rank() > worst.rank() {
			worst = r
		}
	}
	worst.Verdicts = verdicts
	if len(verdicts) > 1 && worst.Code == CodeGood {
		worst.Code, worst.Args = together(verdicts)
	}
	return worst
}

// together is the sentence for several files that are all signed.
func together(verdicts []Verdict) (packages.Code, []any) {
	first := verdicts[0]
	if slices.ContainsFunc(verdicts, func(v Verdict) bool { return v.KeyID != first.KeyID }) {
		return CodeMany, []any{len(verdicts)}
	}
	return CodeAll, []any{len(verdicts), first.Args[1]}
}

// rank orders results from harmless to refused.
func (r Result) rank() int {
	rank := 2 * slices.Index([]packages.Level{packages.Green, packages.Amber, packages.Red}, r.Level)
	switch {
	case r.Level == packages.Green && r.Quiet, r.Level == packages.Amber && r.MustAccept, r.Level == packages.Red && !r.MustAccept:
		rank++
	}
	return rank
}

// remedies says what to do about each sentence.
var remedies = map[packages.Code]packages.Code{
	CodeUnsigned: RemedyUnsigned, CodeUnknown: RemedyUnknown, CodeUnmatched: RemedyUnmatched, CodeBad: RemedyBad,
	CodeRevoked: RemedyRevoked, CodeExpired: RemedyExpired, CodeEarly: RemedyEarly, CodeFuture: RemedyFuture,
	CodeUnreadable: RemedyUnreadable,
}

func judgeOne(policy Policy, v Verdict) Result {
	r := Result{Level: packages.Amber, Code: v.Code, Args: v.Args, Remedy: remedies[v.Code]}
	alarming := v.State == Bad || v.State == Revoked
	switch {
	case v.State == Good:
		r.Level, r.Remedy = packages.Green, ""
	case policy == Require && v.State == Unsigned:
		r.Level, r.Code, r.Remedy = packages.Red, CodeRequired, RemedyRequired
	case policy == Require:
		r.Level = packages.Red
	case policy == Warn && v.State == Bad:
		r.Level, r.MustAccept = packages.Red, true
	case policy == Warn && (alarming || v.Code == CodeUnmatched):
		r.MustAccept = true
	case policy == Warn, alarming:
	case v.State == Unsigned:
		r.Level, r.Quiet, r.Code, r.Remedy = packages.Green, true, CodeNotAsked, ""
	default:
		r.Level, r.Quiet, r.Remedy = packages.Green, true, ""
	}
	return r
}

// Desk judges packages by the ring of one installation, as it is at that moment. It is
// safe for concurrent use.
type Desk struct {
	store    *Store
	verifier Verifier
	now      func() time.Time
}

// NewDesk is the desk of the installation with that data folder.
func NewDesk(folder string) *Desk { return &Desk{store: NewStore(folder), now: time.Now} }

// Ring is the file with the keys and the policy, which need not exist: who goes on judging
// looks there for changes.
func (d *Desk) Ring() string { return d.store.path }

// Judge looks for signatures of all files of p and judges them. What keeps it from
// doing so is a red result, never a silent pass; a package without files (one that a
// vendor's platform offers) has nothing that could be signed.
func (d *Desk) Judge(ctx context.Context, p *packages.Package) Result {
	if len(p.Files) == 0 {
		return Judge(None, nil)
	}
	ring, err := d.store.Load()
	if err != nil {
		return refusal(err, RemedyDamaged)
	}
	verdicts := make([]Verdict, len(p.Files))
	for i, f := range p.Files {
		if verdicts[i], err = d.verifier.Verify(ctx, f, ring.Keys, d.now()); err != nil {
			return refusal(err, RemedyUnfinished)
		}
	}
	return Judge(ring.Policy, verdicts)
}

// refusal is the result when nothing can be judged.
func refusal(err error, remedy packages.Code) Result {
	r := Result{Level: packages.Red, Code: CodeUnfinished, Args: []any{printable(err.Error(), maxComment)}, Remedy: remedy}
	var known *packages.Error
	if errors.As(err, &known) {
		r.Code, r.Args = known.Code, known.Args
	}
	return r
}
