package cli

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestPlanSaysWhoSigned: show tells of each package of a plan who signed it, and what the
// policy makes of that, as the library does.
func TestPlanSaysWhoSigned(t *testing.T) {
	t.Parallel()
	signer, b := newCall(t), newCall(t)
	signed := signer.file(t, "signed.bin", "firmware")
	signer.must(t, ExitVerified, "sign", signed)
	pub := signer.file(t, "release.pub", signer.must(t, ExitVerified, "keys", "show"))
	b.shelf(t, ExitVerified, "import", signed)
	id := b.created(t, `{"name":"Autumn","components":[{"package":"`+hash("firmware")+`","expect":"1.1"}]}`)

	b.must(t, ExitVerified, "keys", "policy", "require")
	shown := b.plans(t, ExitVerified, "show", id)
	require.Contains(t, shown, "nobody has trusted here")
	require.Contains(t, shown, "By the policy here it is not installed.")
	b.plans(t, ExitVerified, "show", id, "--json")
	standing := b.objects(t)[0]["standings"].([]any)[0].(map[string]any)
	require.Equal(t, "untested", standing["level"])
	require.Equal(t, "red", standing["signatureLevel"])
	require.Contains(t, standing["signed"], "unknown key")

	b.must(t, ExitVerified, "keys", "trust", pub, "--name", "Maker")
	require.Contains(t, b.plans(t, ExitVerified, "show", id), "is signed by Maker")
}
