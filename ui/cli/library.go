package cli

import (
	"context"
	"errors"
	"fmt"
	"os/user"

	"github.com/spf13/cobra"

	"fotabench/packages"
	"fotabench/packages/library"
	"fotabench/packages/signature"
	"fotabench/ui/lab"
	"fotabench/updater/rollout"
)

// shelfOrder is what the library verbs have in common.
type shelfOrder struct {
	*app
	// dir is the library's folder; "" is "library" in the data folder.
	dir string
	// judge tells who signed a package of the library that is open.
	judge func(e *library.Entry) signature.Result
	// prove reads what real devices here have proved, until Ctrl-C, which ends the verb too.
	// proofs are that, once asked; unread is why the journal could not be read.
	prove  func() (rollout.Proofs, error)
	asked  bool
	proofs rollout.Proofs
	unread error
}

// libraryCommand keeps packages.
func (a *app) libraryCommand() *cobra.Command {
	s := &shelfOrder{app: a}
	c := &cobra.Command{
		Use:   "library",
		Short: "keep packages by their content, with what is known of them",
		Long: "The library is a folder that can be opened, copied and backed up. An ID is the SHA-256 of a package;\n" +
			"its first six digits will do.",
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			return misuse("say what to do with the library; see fotabench library --help")
		},
	}
	c.PersistentFlags().StringVar(&s.dir, "library", "", "folder of the library (default: that of the settings, else library in the data folder)")
	c.AddCommand(
		s.listCommand(), s.importCommand(), s.showCommand(), s.editCommand(), s.verifyCommand(), s.exportCommand(),
		s.removeCommand(), s.undoCommand(), s.emptyCommand(), s.releaseCommand(),
	)
	return c
}

// with opens the library and does something until Ctrl-C; refusals are told. It makes
// none: the usual one is empty until a package is imported, any other must be there.
func (s *shelfOrder) with(c *cobra.Command, do func(ctx context.Context, l *library.Library) error) error {
	return s.opening(c, func(string) bool { return false }, do)
}

// making is with where the library may be made: one that was asked for by its name, and
// the usual one. That of the settings was there once, and may be on a drive that is out.
func (s *shelfOrder) making(c *cobra.Command, do func(ctx context.Context, l *library.Library) error) error {
	return s.opening(c, func(dir string) bool { return s.dir != "" || lab.New(dir, s.folder) }, do)
}

// opening opens the library, and makes one where that may be.
func (s *shelfOrder) opening(c *cobra.Command, may func(dir string) bool, do func(ctx context.Context, l *library.Library) error) error {
	ctx, stop := s.interruptible(c.Context())
	defer stop()
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	s.prove = func() (rollout.Proofs, error) {
		proofs, err := s.readProofs(ctx)
		if errors.Is(err, errInterrupted) {
			end(err) // the wait for the journal may have taken the only Ctrl-C
		}
		return proofs, err
	}
	dir, err := s.dir, error(nil)
	if dir == "" {
		dir, err = lab.LibraryIn(s.folder)
	}
	if err != nil {
		return err
	}
	l, err := library.Open(ctx, dir, library.Options{Look: !may(dir), InUse: lab.InUse(lab.Options{Folder: s.folder})})
	if err != nil {
		return s.turnedAway(err)
	}
	if err := lab.Away(l, s.folder); err != nil {
		return s.turnedAway(err)
	}
	desk := signature.NewDesk(s.folder)
	s.judge = func(e *library.Entry) signature.Result { return desk.Judge(ctx, l.Describe(e)) }
	for _, n := range l.View().Notices {
		fmt.Fprintln(s.Err, s.say(n.Code, n.Args))
	}
	return s.turnedAway(do(ctx, l))
}

// turnedAway tells a refusal of the library and keeps other errors.
func (s *shelfOrder) turnedAway(err error) error {
	_, usage := errors.AsType[usageError](err)
	if _, refusal := errors.AsType[*packages.Error](err); refusal && !usage {
		return s.refused(err)
	}
	return err
}

func (s *shelfOrder) verifyCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "verify [ID…]",
		Short: "read the bytes again and compare them with their hashes (default: all packages)",
		RunE: func(c *cobra.Command, ids []string) error {
			return s.with(c, func(ctx context.Context, l *library.Library) error {
				if len(ids) == 0 {
					for _, e := range l.View().Entries {
						ids = append(ids, e.ID)
					}
				}
				bad, whole := false, true
				for _, id := range ids {
					check, err := l.Verify(ctx, id, nil)
					if err != nil {
						return err
					}
					whole = s.checked(l, id, check) && whole
					bad = bad || !check.OK
				}
				if bad {
					return status(ExitFailed)
				}
				return asStated(whole)
			})
		},
	}
}

func (s *shelfOrder) exportCommand() *cobra.Command {
	var to string
	c := &cobra.Command{
		Use:   "export ID --to FOLDER",
		Short: "write a package's files, their hashes and a manifest into a folder; nothing is replaced",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, ids []string) error {
			if to == "" {
				return misuse("--to is missing: name the folder")
			}
			return s.with(c, func(ctx context.Context, l *library.Library) error {
				paths, err := l.Export(ctx, ids[0], to)
				for _, p := range paths {
					s.line(map[string]string{"written": p}, p)
				}
				return err
			})
		},
	}
	c.Flags().StringVar(&to, "to", "", "an existing folder")
	return c
}

func (s *shelfOrder) removeCommand() *cobra.Command {
	return s.simple("remove ID…", "move packages into the trash; undo brings them back for 30 days", cobra.MinimumNArgs(1),
		func(ctx context.Context, l *library.Library, ids []string) error {
			for _, id := range ids {
				e, err := l.Find(id)
				if err != nil {
					return err
				}
				if err := l.Remove(ctx, e.ID); err != nil {
					return err
				}
				s.did(LibraryRemoved, e)
			}
			return nil
		})
}

func (s *shelfOrder) undoCommand() *cobra.Command {
	return s.simple("undo ID…", "bring packages back from the trash", cobra.MinimumNArgs(1),
		func(ctx context.Context, l *library.Library, ids []string) error {
			for _, id := range ids {
				e, err := l.Undo(ctx, id)
				if err != nil {
					return err
				}
				s.did(LibraryBack, e)
			}
			return nil
		})
}

func (s *shelfOrder) emptyCommand() *cobra.Command {
	var yes bool
	c := s.simple("empty [ID…] --yes", "delete for good what is in the trash", cobra.ArbitraryArgs,
		func(ctx context.Context, l *library.Library, ids []string) error {
			if !yes {
				return misuse("this cannot be undone: repeat with --yes")
			}
			before := l.View().Trash
			left := l.Empty(ctx, ids...) // what something needs stays, and all else goes
			for _, e := range before {
				if _, err := l.FindRemoved(e.ID); err != nil {
					s.did(LibraryEmptied, e)
				}
			}
			return left
		})
	c.Flags().BoolVar(&yes, "yes", false, "really delete")
	return c
}

func (s *shelfOrder) releaseCommand() *cobra.Command {
	var by, reason string
	var withdraw bool
	c := s.simple("release ID --reason TEXT", "mark a package as allowed for the field, or take that back", cobra.ExactArgs(1),
		func(ctx context.Context, l *library.Library, ids []string) error {
			if withdraw {
				e, err := l.Withdraw(ctx, ids[0])
				if err == nil {
					s.did(LibraryWithdrawn, e)
				}
				return err
			}
			e, err := l.Release(ctx, ids[0], orMe(by), reason)
			if err == nil {
				s.did(LibraryReleased, e)
			}
			return err
		})
	c.Flags().StringVar(&reason, "reason", "", "why it may be used")
	c.Flags().StringVar(&by, "by", "", "who says so (default: you)")
	c.Flags().BoolVar(&withdraw, "withdraw", false, "take a release back")
	return c
}

// simple is a verb without more to it.
func (s *shelfOrder) simple(use, short string, args cobra.PositionalArgs, do func(context.Context, *library.Library, []string) error) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Args: args,
		RunE: func(c *cobra.Command, ids []string) error {
			return s.with(c, func(ctx context.Context, l *library.Library) error { return do(ctx, l, ids) })
		},
	}
}

// orMe is a name, or that of who runs the program.
func orMe(name string) string {
	if name != "" {
		return name
	}
	if me, err := user.Current(); err == nil {
		return me.Username
	}
	return ""
}
