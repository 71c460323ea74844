package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"fotabench/devices"
	"fotabench/ui/words"
	"fotabench/updater/home"
	"fotabench/updater/settings"
)

// What settings data-folder tells.
const (
	DataFolderNow     devices.Code = "cli.datafolder.now"     // folder
	DataFolderNext    devices.Code = "cli.datafolder.next"    // folder, folder until then
	DataFolderNamed   devices.Code = "cli.datafolder.named"   // folder of other starts
	DataFolderEarlier devices.Code = "cli.datafolder.earlier" // folder
)

// works marks verbs that need no data folder.
const works = "without-data-folder"

// homeless is the annotation of such verbs.
func homeless() map[string]string { return map[string]string{works: "yes"} }

// ready chooses folder and language; a chosen folder that cannot be used now ends every
// verb that needs one, since nothing may be recorded elsewhere without a word.
func (a *app) ready(c *cobra.Command, args []string) error {
	without := c.Annotations[works] != "" || cobras(c)
	completes := c.Name() == cobra.ShellCompRequestCmd
	if completes {
		a.heed(args)
	}
	err := a.prepare(c.Context(), !without)
	if completes && a.book != nil {
		a.translate(c.Root())
	}
	if err != nil && err == a.away && without {
		return nil
	}
	return err
}

// cobras tells whether a verb is one that every program of cobra has, for help and for
// completion.
func cobras(c *cobra.Command) bool {
	return c.Hidden || c.Name() == "help" || c.HasParent() && c.Parent().Name() == "completion"
}

// prepare chooses folder and language. Settings that cannot be read are told by those who
// need them. Who waits does so for as long as a drive takes to answer, or until Ctrl-C; for
// others one that does not answer soon is away.
func (a *app) prepare(ctx context.Context, waits bool) (err error) {
	if a.folder, a.away = a.find(ctx, waits); errors.Is(a.away, errInterrupted) {
		return a.away
	}
	if a.folder, err = filepath.Abs(a.folder); err != nil {
		return usageError{err}
	}
	if a.away == nil {
		folder := a.folder
		a.kept, a.away = asked(ctx, a, folder, waits, func() (k Kept) {
			k.Settings, k.Err = settings.Read(folder)
			return k
		})
	}
	lang := cmp.Or(a.lang, a.kept.Settings.Language, words.Detect())
	if a.book, err = words.New(lang); err != nil {
		return misuse("language %q: there are translations for en and zh-Hans only", lang)
	}
	return a.away
}

// find is the data folder, with why it cannot be used now.
func (a *app) find(ctx context.Context, waits bool) (folder string, err error) {
	if a.named != "" {
		return a.named, nil
	}
	type chosen struct {
		home.Choice
		err error
	}
	usual := a.Usual
	c, err := asked(ctx, a, usual, waits, func() (c chosen) {
		c.Choice, c.err = home.Read(usual)
		return c
	})
	if err = cmp.Or(err, c.err); err != nil || c.Folder == "" {
		return usual, err
	}
	reach := a.Reach
	if reach == nil {
		reach = home.Reach
	}
	away, err := asked(ctx, a, c.Folder, waits, func() error { return reach(c.Folder, usual) })
	return c.Folder, cmp.Or(err, away)
}

// asked asks what may have to wait for the drive of a folder, as prepare says.
func asked[T any](ctx context.Context, a *app, folder string, waits bool, ask func() T) (answer T, err error) {
	in := false
	if !waits {
		if answer, in = home.Soon(ctx, cmp.Or(a.Patience, untold), ask); !in {
			err = home.Silent(folder, a.Usual)
		}
		return answer, err
	}
	err = a.awaiting(ctx, func() string { return a.waitsFor(folder) }, func(ctx context.Context) error {
		if answer, in = home.Soon(ctx, 0, ask); !in {
			return context.Cause(ctx)
		}
		return nil
	})
	return answer, err
}

// waitsFor says that a folder is waited for, which may hold the settings with the language.
func (a *app) waitsFor(folder string) string {
	book, err := words.New(cmp.Or(a.lang, words.Detect()))
	if err != nil {
		return err.Error()
	}
	return book.Say(WaitFolder, folder)
}

// window says with which folder the window is opened.
func (a *app) window(w *Window) {
	w.Folder, w.Usual, w.Lang = a.folder, a.folder == a.Usual, a.lang
	w.Home, w.Named, w.Away = a.Usual, a.named != "", a.away
	if a.away == nil {
		w.Kept = &a.kept
	}
}

// dataFolderCommand is about the folder in which everything is kept.
func (a *app) dataFolderCommand() *cobra.Command {
	var usual bool
	c := &cobra.Command{
		Use:   "data-folder [FOLDER]",
		Short: "tell or choose the folder of journal, plans, settings and keys",
		Long: "The choice holds from the next start on, for the window and for every verb; --data-dir comes before it. FOLDER is empty,\n" +
			"or one that fotabench used before, or one to be made. Nothing is moved: what was recorded so far stays where it is.\n" +
			"While a chosen folder is not there, such as on a drive that is not connected, nothing is recorded elsewhere: verbs fail,\n" +
			"and the window asks.",
		Args:        cobra.MaximumNArgs(1),
		Annotations: homeless(),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return nil, cobra.ShellCompDirectiveFilterDirs
		},
		RunE: func(c *cobra.Command, args []string) error {
			switch {
			case usual && len(args) > 0:
				return misuse("give a folder or --usual, not both")
			case !usual && len(args) == 0:
				return a.showDataFolder()
			case !usual && args[0] == "":
				return misuse("the usual folder is chosen with --usual")
			}
			choice, err := home.Choose(c.Context(), a.Usual, append(args, "")[0])
			if err != nil {
				return err
			}
			a.tellDataFolder(choice)
			return nil
		},
	}
	c.Flags().BoolVar(&usual, "usual", false, "take the usual folder of this system again")
	return c
}

// showDataFolder tells the folder, and fails where it cannot be used now.
func (a *app) showDataFolder() error {
	choice, err := home.Read(a.Usual)
	if err != nil {
		return err
	}
	a.tellDataFolder(choice)
	return a.away
}

// dataFolder is what --json prints.
type dataFolder struct {
	DataFolder string   `json:"dataFolder"` // of this call
	Next       string   `json:"next"`       // of calls that are told none
	Usual      string   `json:"usual"`
	Elsewhere  []string `json:"elsewhere"` // where earlier records are
}

func (a *app) tellDataFolder(c home.Choice) {
	next, elsewhere := c.In(a.Usual), c.Elsewhere(a.Usual, a.folder)
	if a.json {
		a.object(dataFolder{a.folder, next, a.Usual, append([]string{}, elsewhere...)})
		return
	}
	fmt.Fprintln(a.Out, a.book.Say(DataFolderNow, a.folder))
	switch {
	case next == a.folder:
	case a.named != "":
		fmt.Fprintln(a.Out, a.book.Say(DataFolderNamed, next))
	default:
		fmt.Fprintln(a.Out, a.book.Say(DataFolderNext, next, a.folder))
	}
	for _, folder := range elsewhere {
		fmt.Fprintln(a.Out, a.book.Say(DataFolderEarlier, folder))
	}
}
