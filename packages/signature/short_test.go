package signature

import (
	"testing"

	"github.com/stretchr/testify/require"

	"fotabench/packages"
)

// TestShort: each verdict has its few words, and under each policy what becomes of it.
func TestShort(t *testing.T) {
	verdict := func(state State, code packages.Code, args ...any) Verdict {
		return Verdict{State: state, Code: code, Args: append([]any{"fw.bin"}, args...)}
	}
	for _, c := range []struct {
		verdict             Verdict
		short               packages.Code
		args                []any
		none, warn, require packages.Code
	}{
		{verdict(Good, CodeGood, "Lab (1)"), ShortGood, []any{"Lab (1)"}, "", "", ""},
		{verdict(Unsigned, CodeUnsigned), ShortUnsigned, nil, "", PolicyWarns, ""},
		{verdict(UnknownKey, CodeUnknown, "8A", "fw.bin.minisig"), ShortUnknown, []any{"8A"}, PolicyPasses, PolicyWarns, PolicyRefuses},
		{verdict(UnknownKey, CodeUnmatched, "fw.bin.sig"), ShortStranger, nil, PolicyPasses, PolicyAsks, PolicyRefuses},
		{verdict(Bad, CodeBad, "Lab (1)", "fw.bin.minisig"), ShortBad, nil, PolicyWarns, PolicyAsks, PolicyRefuses},
		{verdict(Revoked, CodeRevoked, "Lab (1)", "2026-01-01"), ShortLapsed, []any{"Lab (1)"}, PolicyWarns, PolicyAsks, PolicyRefuses},
		{verdict(Unreadable, CodeUnreadable, "fw.bin.sig", "no"), ShortUnread, nil, PolicyPasses, PolicyWarns, PolicyRefuses},
	} {
		for policy, want := range map[Policy]packages.Code{None: c.none, Warn: c.warn, Require: c.require} {
			r := Judge(policy, []Verdict{c.verdict})
			short, args := r.Short()
			require.Equal(t, c.short, short, "%s %s", policy, c.verdict.Code)
			require.Equal(t, len(c.args), len(args))
			if len(args) > 0 {
				require.Equal(t, c.args, args)
			}
			require.Equal(t, want, r.Consequence(), "%s %s", policy, c.verdict.Code)
		}
	}
	short, _ := Judge(Require, nil).Short()
	require.Empty(t, short)
	short, _ = refusal(errForm, RemedyUnfinished).Short()
	require.Equal(t, ShortOpen, short)
}
