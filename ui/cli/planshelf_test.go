package cli

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestPlanWithoutItsPackage: the library is shared with another data folder, from where the
// package of an active plan is removed: the run says so with what to do and ends as refused;
// after undo it is carried out.
func TestPlanWithoutItsPackage(t *testing.T) {
	t.Parallel()
	b, other := real(t), newCall(t)
	pkg := b.id(t)
	other.must(t, ExitVerified, "settings", "set", "library", filepath.Join(b.dir, "library"))
	id := b.created(t, `{"name":"Desk","components":[{"package":"`+pkg+`"}]}`)
	b.plans(t, ExitVerified, "activate", id, "--reason", "simulators only")
	ports := fleetOf(t, 1, 0)

	b.shelf(t, ExitRefused, "remove", pkg)
	other.shelf(t, ExitVerified, "remove", pkg)
	said := b.plans(t, ExitRefused, append([]string{"run", "--until-done"}, ports...)...)
	require.Contains(t, said, "is not in the library")
	require.Contains(t, said, "trash")
	other.shelf(t, ExitVerified, "undo", pkg)
	require.Contains(t, b.plans(t, ExitVerified, append([]string{"run", "--until-done"}, ports...)...), "1 of 1 done")
}
