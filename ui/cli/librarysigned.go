package cli

import (
	"strings"

	"fotabench/packages"
	"fotabench/packages/library"
	"fotabench/packages/signature"
)

// vouched is who signed a package, and what this installation makes of that.
type vouched struct {
	// Signature is a sentence, Policy what follows from it here and what can be done.
	Signature string         `json:"signature,omitempty"`
	Policy    string         `json:"policy,omitempty"`
	Vouched   packages.Level `json:"signatureLevel,omitempty"`
	// Short is a few words, for a table.
	Short      string              `json:"signed,omitempty"`
	Signatures []signature.Verdict `json:"signatures,omitempty"`
}

// vouchedFor looks for signatures of a package that is in the library.
func (s *shelfOrder) vouchedFor(e *library.Entry) vouched { return s.vouch(s.judge(e)) }

// vouch is a judgement in words.
func (a *app) vouch(r signature.Result) vouched {
	short, args := r.Short()
	v := vouched{Signature: a.say(r.Code, r.Args), Vouched: r.Level, Short: a.say(short, args), Signatures: r.Verdicts}
	for _, c := range []packages.Code{r.Consequence(), r.Remedy} {
		if c != "" {
			v.Policy = strings.TrimSpace(v.Policy + " " + a.say(c, nil))
		}
	}
	return v
}

// about is what people read of it.
func (s *shelfOrder) about(v vouched) string { return strings.TrimSpace(v.Signature + " " + v.Policy) }
