package ui

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"fotabench/devices"
	"fotabench/packages/signature"
	"fotabench/ui/lab"
)

// TestThePlanSaysWhoSigned: the plan's page and the question before it is activated say of
// each package what the library says, by the policy of that moment.
func TestThePlanSaysWhoSigned(t *testing.T) {
	for _, lang := range bothLanguages {
		t.Run(lang, func(t *testing.T) {
			b, pkg := newPlanDesk(t, lang)
			f := openedForm(b, lab.NewPlan())
			f.name.SetText("Autumn")
			f.parts.add(pkg)
			f.save()
			shows := func(code devices.Code) {
				t.Helper()
				b.until(string(code), func() bool { return strings.Contains(b.text(), b.book.Say(code, "demo.bin")) })
			}
			shows(devices.Code(signature.CodeNotAsked))
			policy := func(p signature.Policy) {
				require.NoError(t, signature.NewStore(b.folder).Change(t.Context(), func(r *signature.Ring) error { r.Policy = p; return nil }))
				b.goTo(placeLibrary)
				b.goTo(placePlans)
			}
			policy(signature.Require) // by another program
			shows(devices.Code(signature.CodeRequired))
			policy(signature.Warn)
			shows(devices.Code(signature.CodeUnsigned))
			shows(devices.Code(signature.PolicyWarns))
			b.tap(actActivate)
			b.until("the question", func() bool { return b.sheet != nil })
			require.Contains(t, b.text(), b.book.Say(devices.Code(signature.CodeUnsigned), "demo.bin"))
		})
	}
}
