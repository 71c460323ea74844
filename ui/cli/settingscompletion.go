package cli

import (
	"slices"

	"github.com/spf13/cobra"

	"fotabench/updater/settings"
)

// completer completes arguments in a shell.
type completer = func(c *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective)

// fieldNames completes the names of settings, as many as most.
func (a *app) fieldNames(most int) completer {
	return func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		var names []string
		for _, f := range settings.Fields() {
			if len(args) < most && !slices.Contains(args, f.Name) {
				names = append(names, f.Name)
			}
		}
		return names, cobra.ShellCompDirectiveNoFileComp
	}
}

// fieldValues completes a name, and then what it takes.
func (a *app) fieldValues(c *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
	if len(args) == 0 {
		return a.fieldNames(1)(c, args, begun)
	}
	f, err := settings.FieldOf(args[0])
	if err == nil && f.Path && len(args) == 1 {
		return nil, cobra.ShellCompDirectiveDefault
	}
	return f.Values, cobra.ShellCompDirectiveNoFileComp
}

// fromSettings completes what the settings list.
func (a *app) fromSettings(list func(settings.Settings) []string) completer {
	return func(c *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		if a.prepare(c.Context(), false) != nil {
			return nil, cobra.ShellCompDirectiveError
		}
		return slices.DeleteFunc(list(a.kept.Settings), func(s string) bool { return slices.Contains(args, s) }), cobra.ShellCompDirectiveNoFileComp
	}
}

// completedPoint completes the flag --point.
func completedPoint(c *cobra.Command, a *app) {
	names := a.fromSettings(pointNames)
	// It fails for a flag that does not exist or has a completion, which is a mistake here.
	err := c.RegisterFlagCompletionFunc("point", func(c *cobra.Command, _ []string, begun string) ([]string, cobra.ShellCompDirective) {
		return names(c, nil, begun)
	})
	if err != nil {
		panic(err)
	}
}

// pointNames are those of the access points.
func pointNames(s settings.Settings) (names []string) {
	for _, p := range s.Points {
		names = append(names, p.Name)
	}
	return names
}
