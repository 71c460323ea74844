package cli

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"fotabench/devices"
	"fotabench/devices/sim"
	"fotabench/packages/library"
	"fotabench/packages/plaintext"
	"fotabench/packages/signature"
	"fotabench/ui/demo"
	"fotabench/ui/lab"
	"fotabench/ui/words"
)

// completions lets the shell complete values that the verbs cannot name themselves, since
// several have the same.
func (a *app) completions(root *cobra.Command) {
	completed(root, "lang", []string{words.English, words.Chinese})
	for _, c := range root.Commands() {
		if c.Flags().Lookup("family") != nil {
			completed(c, "family", a.families())
		}
		switch c.Name() {
		case "serve":
			a.completedLater(c, "from-library", a.packageIDs)
		case "upgrade":
			completed(c, "method", methodNames())
			a.completedLater(c, "from-library", a.packageIDs)
		case "report":
			a.completedLater(c, "plan", a.planIDs)
		case "cases":
			sub(c, "close").ValidArgsFunction = a.completedCases
		case "history":
			completed(c, "model", models())
		case "simulate":
			completedKinds(c)
		case "keys":
			policies := []string{string(signature.None), string(signature.Warn), string(signature.Require)}
			sub(c, "policy").ValidArgsFunction = cobra.FixedCompletions(policies, cobra.ShellCompDirectiveNoFileComp)
			sub(c, "revoke").ValidArgsFunction, sub(c, "remove").ValidArgsFunction = a.keyNames, a.keyNames
		case "library":
			completed(sub(c, "list"), "model", models())
			for _, verb := range []string{"list", "edit"} {
				completedChoices(sub(c, verb))
			}
			completedIDs(c, a.packageIDs)
		case "plan":
			completedIDs(c, a.planIDs)
			a.completedDevices(c)
		case "offers":
			sub(c, "forget").ValidArgsFunction = a.productKeys
		case "settings":
			sub(sub(c, "avoid"), "add").ValidArgsFunction = a.portArgs
		}
	}
	completed(root, "family", a.families())
	a.completedServices(root)
	a.completedPorts(root)
}

// completedDevices completes the device after the plan, where a verb takes one.
func (a *app) completedDevices(plan *cobra.Command) {
	for _, name := range []string{"answer", "retry"} {
		verb := sub(plan, name)
		others := verb.ValidArgsFunction
		verb.ValidArgsFunction = func(c *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
			if len(args) == 1 {
				return a.planDevices(c, args[0]), cobra.ShellCompDirectiveNoFileComp
			}
			return others(c, args, begun)
		}
	}
}

// completedServices completes the addresses of services below c.
func (a *app) completedServices(c *cobra.Command) {
	a.completedAddresses(c)
	for _, verb := range c.Commands() {
		a.completedServices(verb)
	}
}

// keyNames completes the name of a trusted key.
func (a *app) keyNames(c *cobra.Command, args []string, _ string) (names []string, _ cobra.ShellCompDirective) {
	if len(args) > 0 || a.prepare(c.Context(), false) != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	ring, err := a.ring().Load()
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	for _, k := range ring.Keys {
		names = append(names, plaintext.Line(k.Name)+"\t"+k.Fingerprint())
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// completedChoices completes the flags of a verb of the library that take one of a few words.
func completedChoices(c *cobra.Command) {
	for _, choice := range choices(library.Filter{}) {
		if c.Flags().Lookup(choice.flag) != nil {
			completed(c, choice.flag, choice.allowed)
		}
	}
}

// methodNames are those in which an upgrade can be ordered.
func methodNames() (all []string) {
	for _, m := range devices.Methods() {
		if m != devices.Plan {
			all = append(all, string(m))
		}
	}
	return all
}

// sub is the verb of that name.
func sub(c *cobra.Command, name string) *cobra.Command {
	all := c.Commands()
	return all[slices.IndexFunc(all, func(s *cobra.Command) bool { return s.Name() == name })]
}

// families are those of the ways in.
func (a *app) families() []string {
	var all []string
	for _, w := range a.Ways {
		all = append(all, w.Family)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// models are those that can be simulated: some of each family.
func models() []string {
	var all []string
	for _, k := range []demo.Kind{demo.QuecPython, demo.AT, demo.QuecThing} {
		all = append(all, demo.Models(k)...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// completedKinds completes models and faults of simulated devices.
func completedKinds(simulate *cobra.Command) {
	for _, c := range simulate.Commands() {
		kind := demo.Kind(c.Name())
		faults := demo.FleetKinds
		if c.Flags().Lookup("model") != nil {
			completed(c, "model", demo.Models(kind))
			faults = demo.Faults
		}
		completed(c, "fault", ordersOf(faults(kind)))
	}
}

// ordersOf are the faults as they are ordered; after a sign of equality a value is needed.
func ordersOf(kinds []sim.Kind) []string {
	var all []string
	for _, k := range kinds {
		name := k.Name
		if k.Measure != sim.Nothing && k.Default == "" {
			name += "="
		}
		all = append(all, name)
	}
	return all
}

// completedIDs completes the ids of what the verbs below c take one of, or several.
func completedIDs(c *cobra.Command, ids func(c *cobra.Command) []string) {
	for _, verb := range c.Commands() {
		_, takes, _ := strings.Cut(verb.Use, " ")
		several := strings.HasPrefix(takes, "[ID…]")
		if !several && !strings.HasPrefix(takes, "ID") {
			continue
		}
		verb.ValidArgsFunction = func(c *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			switch {
			case several || len(args) == 0:
				return without(ids(c), args), cobra.ShellCompDirectiveNoFileComp
			case strings.HasSuffix(takes, "yes|no") && len(args) == 2:
				return []string{"yes", "no"}, cobra.ShellCompDirectiveNoFileComp
			case strings.Contains(takes, "FILE"):
				return nil, cobra.ShellCompDirectiveDefault
			}
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
	}
}

// without are those of all that were not typed yet; after a tab they are described.
func without(all, typed []string) []string {
	return slices.DeleteFunc(all, func(s string) bool {
		id, _, _ := strings.Cut(s, "\t")
		return slices.Contains(typed, id)
	})
}

// planIDs are those of the data folder, with the plans' names.
func (a *app) planIDs(c *cobra.Command) []string {
	if a.prepare(c.Context(), false) != nil {
		return nil
	}
	var ids []string
	for _, p := range lab.Plans(lab.Options{Folder: a.folder}) {
		ids = append(ids, p.ID+"\t"+p.Name)
	}
	return ids
}

// packageIDs are those of the library that the call names.
func (a *app) packageIDs(c *cobra.Command) []string {
	if a.prepare(c.Context(), false) != nil {
		return nil
	}
	named := ""
	if f := c.Flag("library"); f != nil {
		named = f.Value.String()
	}
	if named == "" {
		var err error
		if named, err = lab.LibraryIn(a.folder); err != nil {
			return nil
		}
	}
	if name := c.Name(); name == "undo" || name == "empty" {
		return library.Removed(named)
	}
	return library.IDs(named)
}

// completedLater completes a flag by what is there when it is typed.
func (a *app) completedLater(c *cobra.Command, flag string, values func(c *cobra.Command) []string) {
	// It fails for a flag that does not exist or has a completion, which is a mistake here.
	err := c.RegisterFlagCompletionFunc(flag, func(c *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
		return values(c), cobra.ShellCompDirectiveNoFileComp
	})
	if err != nil {
		panic(err)
	}
}
