package signature

import "fotabench/packages"

// The words of Result.Short, and the sentences of Result.Consequence.
const (
	ShortGood     packages.Code = "signature.short.good"     // key
	ShortMany     packages.Code = "signature.short.many"     // –
	ShortUnknown  packages.Code = "signature.short.unknown"  // number of the key
	ShortStranger packages.Code = "signature.short.stranger" // –
	ShortUnsigned packages.Code = "signature.short.unsigned" // –
	ShortBad      packages.Code = "signature.short.bad"      // –
	ShortLapsed   packages.Code = "signature.short.lapsed"   // key
	ShortUnread   packages.Code = "signature.short.unread"   // –
	ShortOpen     packages.Code = "signature.short.open"     // –

	PolicyRefuses packages.Code = "signature.policy.refuses"
	PolicyAsks    packages.Code = "signature.policy.asks"
	PolicyWarns   packages.Code = "signature.policy.warns"
	PolicyPasses  packages.Code = "signature.policy.passes"
)

// Short says in a few words who signed, for a table or a card; "" where there is nothing
// that could be signed.
func (r Result) Short() (packages.Code, []any) {
	switch r.Code {
	case CodeOffer:
		return "", nil
	case CodeGood, CodeAll:
		return ShortGood, r.Args[1:2]
	case CodeMany:
		return ShortMany, nil
	case CodeUnknown:
		return ShortUnknown, r.Args[1:2]
	case CodeUnmatched:
		return ShortStranger, nil
	case CodeUnsigned, CodeRequired, CodeNotAsked:
		return ShortUnsigned, nil
	case CodeBad:
		return ShortBad, nil
	case CodeRevoked, CodeExpired, CodeEarly, CodeFuture:
		return ShortLapsed, r.Args[1:2]
	case CodeUnreadable:
		return ShortUnread, nil
	}
	return ShortOpen, nil
}

// Consequence is the sentence about what the policy does with the package; "" where Code
// says it already, or there is nothing to say.
func (r Result) Consequence() packages.Code {
	switch {
	case r.Code == CodeRequired, r.Code == CodeNotAsked, r.Level == packages.Green && !r.Quiet, len(r.Verdicts) == 0:
		return ""
	case r.MustAccept:
		return PolicyAsks
	case r.Level == packages.Red:
		return PolicyRefuses
	case r.Level == packages.Amber:
		return PolicyWarns
	}
	return PolicyPasses
}
