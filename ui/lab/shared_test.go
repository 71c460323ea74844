package lab

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"fotabench/packages"
	"fotabench/packages/library"
	"fotabench/ui/words"
	"fotabench/updater/rollout"
	"fotabench/updater/settings"
)

// TestTwoFoldersShareALibrary: a package that a plan of another data folder needs can be
// removed, since nobody knows that plan; but it lies in the trash, the plan says what is
// missing and what to do, starts nothing, and goes on by itself once it was brought back.
func TestTwoFoldersShareALibrary(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shared, fw := filepath.Join(t.TempDir(), "shared"), filepath.Join(t.TempDir(), "fw.bin")
		require.NoError(t, os.WriteFile(fw, []byte("firmware"), 0o600))
		_, err := library.Open(t.Context(), shared, library.Options{})
		require.NoError(t, err)
		var labs []*Lab
		for _, who := range []string{"this desk", "the other desk"} {
			o := Options{Folder: t.TempDir(), Engine: &deskEngine{}, Who: who}
			_, err := settings.Change(t.Context(), o.Folder, func(s *settings.Settings) { s.Library = shared })
			require.NoError(t, err)
			l := Open(t.Context(), o)
			require.NoError(t, l.PlansErr)
			labs = append(labs, l)
		}
		mine, theirs := labs[0], labs[1]
		got, err := theirs.Library.Import(t.Context(), []string{fw}, library.ImportOptions{})
		require.NoError(t, err)
		p := NewPlan()
		p.Name, p.Components = "Autumn", []rollout.Component{{Package: got.Entry.ID, Name: "Modem", Expect: "R02"}}
		p, err = theirs.Plans.Save(p, "bo")
		require.NoError(t, err)
		require.NoError(t, theirs.Plans.Activate(t.Context(), p.ID, "bo", "a try"))
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- theirs.Plans.Run(ctx) }()
		fault := func() *rollout.Overview { return &theirs.Plans.Snapshot().Plans[0] }
		time.Sleep(time.Minute)
		require.Nil(t, fault().Fault)

		require.NoError(t, mine.Library.Refresh(t.Context()))
		require.NoError(t, mine.Library.Remove(t.Context(), got.Entry.ID), "their plans are not known here")
		time.Sleep(time.Minute)
		note := fault().Fault
		require.NotNil(t, note)
		require.Equal(t, rollout.CodePackage, note.Code)
		b, err := words.New(words.English)
		require.NoError(t, err)
		require.Equal(t, "Modem is not in the library, or cannot be opened.", b.Note(*note))
		require.Contains(t, b.Say(rollout.CodePackageRemedy), "trash")
		require.Equal(t, rollout.Active, fault().Plan.State)

		_, err = mine.Library.Undo(t.Context(), got.Entry.ID)
		require.NoError(t, err)
		time.Sleep(time.Minute)
		require.Nil(t, fault().Fault, "it goes on by itself")
		var refused *packages.Error
		require.ErrorAs(t, theirs.Library.Remove(t.Context(), got.Entry.ID), &refused)
		require.Equal(t, library.InUse, refused.Code)
		stop()
		require.ErrorIs(t, <-ended, context.Canceled)
		require.NoError(t, errors.Join(mine.Close(), theirs.Close()))
	})
}
