package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"fotabench/packages"
	"fotabench/packages/library"
)

func (s *shelfOrder) editCommand() *cobra.Command {
	var m packages.Manifest
	var component, kind, by string
	var typed []string
	var revert bool
	c := &cobra.Command{
		Use:   "edit ID",
		Short: "say what a package's manifest lacks or has wrong; the manifest's own words are kept",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, ids []string) error {
			expected, err := digests(typed)
			if err != nil {
				return err
			}
			m.Component, m.Kind = packages.Component(component), packages.Kind(kind)
			return s.with(c, func(ctx context.Context, l *library.Library) error {
				return s.edit(ctx, l, ids[0], correction{m, expected, orMe(by), revert})
			})
		},
	}
	f := c.Flags()
	f.StringVar(&m.Name, "name", "", "what people call it")
	f.StringVar(&component, "component", "", "FOTA, SOTA or app")
	f.StringVar(&kind, "kind", "", "full or delta")
	f.StringVar(&m.SourceVersion, "from", "", "version that a delta needs")
	f.StringVar(&m.TargetVersion, "to", "", "version that it brings")
	f.StringVar(&m.Module, "module", "", "module that it replaces (Aliyun)")
	f.StringSliceVar(&m.Models, "models", nil, "models that may take it")
	f.IntVar(&m.MinBattery, "min-battery", 0, "least battery, in percent")
	f.IntVar(&m.MinSignal, "min-signal", 0, "least signal, CSQ 0 to 31")
	digestFlag(f, &typed)
	f.StringVar(&by, "by", "", "who says so (default: you)")
	f.BoolVar(&revert, "revert", false, "take back all that was typed")
	return c
}

// correction is what edit is to do.
type correction struct {
	manifest packages.Manifest
	expected []stated
	by       string
	revert   bool
}

// edit adds to what was typed before, unless all of it is taken back.
func (s *shelfOrder) edit(ctx context.Context, l *library.Library, id string, c correction) error {
	e, err := l.Find(id)
	if err != nil {
		return err
	}
	names := make([]string, len(e.Files))
	for i, f := range e.Files {
		names[i] = f.Name
	}
	of, err := byFile(c.expected, names)
	if err != nil {
		return err
	}
	if !c.revert && e.Typed != nil {
		c.manifest = library.Over(e.Typed.Manifest, c.manifest)
	}
	if e, err = l.Edit(ctx, e.ID, c.by, c.manifest); err != nil {
		return err
	}
	for i, expected := range of {
		if !c.revert && len(expected) == 0 {
			continue
		}
		if e, err = l.State(ctx, e.ID, i, expected...); err != nil {
			return err
		}
	}
	s.show(e)
	return nil
}

func (s *shelfOrder) listCommand() *cobra.Command {
	var f library.Filter
	var component, kind, standing, trust, order string
	var days int
	var removed bool
	c := &cobra.Command{
		Use:   "list [WORD…]",
		Short: "list packages that have all words in a name, version, model or hash",
		RunE: func(c *cobra.Command, words []string) error {
			f.Text = strings.Join(words, " ")
			f.Component, f.Kind, f.Standing = packages.Component(component), packages.Kind(kind), library.Standing(standing)
			f.Trust, f.Order, f.Unverified = packages.Level(trust), library.Order(order), time.Duration(days)*24*time.Hour
			if err := known(f); err != nil {
				return err
			}
			return s.with(c, func(_ context.Context, l *library.Library) error {
				entries := l.View().Entries
				if removed {
					entries = l.View().Trash
				}
				if len(entries) == 0 && !removed && !s.json {
					fmt.Fprintln(s.Out, s.bare(len(l.View().Trash)))
					return nil
				}
				found := f.Apply(entries, time.Now(), func(id string) bool {
					i := slices.IndexFunc(entries, func(e *library.Entry) bool { return e.ID == id })
					if i < 0 {
						return false
					}
					standing, _ := s.standing(entries[i])
					return len(standing.Jobs) > 0
				})
				if err := s.proved(found...); err != nil {
					return err
				}
				if f.Standing != "" && s.unread != nil {
					return s.provedOrNot() // nobody knows who belongs here
				}
				s.table(found)
				return s.provedOrNot()
			})
		},
	}
	flags := c.Flags()
	flags.StringVar(&component, "component", "", "FOTA, SOTA or app")
	flags.StringVar(&kind, "kind", "", "full or delta")
	flags.StringVar(&f.Model, "model", "", "a model that may take it")
	flags.StringVar(&f.Target, "to", "", "target version, or its beginning")
	flags.StringVar(&standing, "standing", "", "untested, proved or released")
	flags.StringVar(&trust, "trust", "", "ok, amber or red")
	flags.IntVar(&days, "unverified", 0, "only what was not found right in so many days")
	flags.StringVar(&order, "sort", string(library.ByName), "name, target, size, added, verified or trust")
	flags.BoolVar(&f.Descending, "desc", false, "the other way round")
	flags.BoolVar(&removed, "trash", false, "what was removed")
	return c
}

// bare says that there is no package, and how many can be brought back.
func (s *shelfOrder) bare(removed int) string {
	if removed > 0 {
		return s.book.Say(LibraryBareTrash, removed)
	}
	return s.book.Say(LibraryBare)
}

// known refuses values that no package has, which would list nothing.
func known(f library.Filter) error {
	for _, c := range choices(f) {
		if err := oneOf(c.flag, c.value, c.allowed); err != nil {
			return err
		}
	}
	return nil
}

// choice is a flag that takes one of a few words.
type choice struct {
	flag, value string
	allowed     []string
}

// choices are those of a filter.
func choices(f library.Filter) []choice {
	return []choice{
		{"component", string(f.Component), []string{string(packages.FOTA), string(packages.SOTA), string(packages.App)}},
		{"kind", string(f.Kind), []string{string(packages.Full), string(packages.Delta)}},
		{"standing", string(f.Standing), []string{string(library.Untested), string(library.Proved), string(library.Released)}},
		{"trust", string(f.Trust), []string{string(packages.Green), string(packages.Amber), string(packages.Red)}},
		{"sort", string(f.Order), orders()},
	}
}

func orders() []string {
	var all []string
	for _, o := range library.Orders() {
		all = append(all, string(o))
	}
	return all
}

func (s *shelfOrder) showCommand() *cobra.Command {
	return s.simple("show ID", "show all that is known of a package: who stated which hash, where it came from", cobra.ExactArgs(1),
		func(_ context.Context, l *library.Library, ids []string) error {
			e, err := l.Find(ids[0])
			if err != nil {
				return err
			}
			if err := s.proved(e); err != nil {
				return err
			}
			s.show(e)
			return s.provedOrNot()
		})
}
