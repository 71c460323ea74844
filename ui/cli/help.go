package cli

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// helped lets help speak the language of the call. Its English texts stay with the verbs
// and flags; they are translated when somebody asks for help, and not at every start.
func (a *app) helped(root *cobra.Command) {
	root.SetHelpFunc(func(c *cobra.Command, _ []string) {
		if a.book == nil {
			a.choose(c.Context())
		}
		a.translate(root)
		if err := a.page(a.Out, c); err != nil {
			c.PrintErrln(err)
		}
	})
	// Cobra's own verb would answer the name of a shell that it does not know with help, and
	// with 0: a script that takes in what it prints would not notice.
	root.InitDefaultCompletionCmd()
	shells := sub(root, "completion")
	shells.Annotations, shells.RunE = homeless(), func(c *cobra.Command, _ []string) error { return c.Help() }
	root.InitDefaultHelpCmd()
	help := sub(root, "help")
	help.Run, help.RunE = nil, func(help *cobra.Command, args []string) error {
		c, _, err := root.Find(args)
		if err != nil || c == root && len(args) > 0 {
			return misuse("unknown command %q; see %s --help", strings.Join(args, " "), root.CommandPath())
		}
		c.InitDefaultHelpFlag()
		c.InitDefaultVersionFlag()
		return c.Help()
	}
}

// translate puts the texts of a verb, of its flags and of all verbs below it into the
// language of the call.
func (a *app) translate(c *cobra.Command) {
	c.InitDefaultHelpFlag()
	c.InitDefaultVersionFlag()
	c.Short, c.Long = a.book.Usage(c.Short), a.book.Usage(c.Long)
	flag := func(f *pflag.Flag) {
		if _, cobras := f.Annotations[cobra.FlagSetByCobraAnnotation]; cobras { // such as “help for plan”
			if text, found := strings.CutSuffix(f.Usage, c.DisplayName()); found {
				f.Usage = fmt.Sprintf(a.book.Usage(text+"%s"), c.DisplayName())
			}
		}
		f.Usage = a.book.Usage(f.Usage)
	}
	c.Flags().VisitAll(flag)
	c.PersistentFlags().VisitAll(flag)
	for _, s := range c.Commands() {
		a.translate(s)
	}
}

// page writes the help of a verb as cobra does, in the language of the call.
func (a *app) page(to io.Writer, c *cobra.Command) error {
	var p strings.Builder
	say := a.book.Usage
	fmt.Fprintf(&p, "%s\n\n%s", strings.TrimRight(cmp.Or(c.Long, c.Short), " \n"), say("Usage:"))
	if line := c.UseLine(); c.Runnable() {
		if use, flags := strings.CutSuffix(line, " [flags]"); flags {
			line = use + " " + say("[flags]")
		}
		p.WriteString("\n  " + line)
	}
	if c.HasAvailableSubCommands() {
		fmt.Fprintf(&p, "\n  %s %s\n\n%s", c.CommandPath(), say("[command]"), say("Available Commands:"))
		for _, s := range c.Commands() {
			if s.IsAvailableCommand() || s.Name() == "help" {
				p.WriteString("\n  " + column(s.Name(), s.NamePadding()) + " " + s.Short)
			}
		}
	}
	p.WriteString("\n")
	for _, part := range []struct {
		title string
		flags *pflag.FlagSet
	}{{say("Flags:"), c.LocalFlags()}, {say("Global Flags:"), c.InheritedFlags()}} {
		if part.flags.HasAvailableFlags() {
			p.WriteString("\n" + part.title + "\n")
			if err := table(&p, a.flagRows(part.flags)); err != nil {
				return err
			}
		}
	}
	if c.HasAvailableSubCommands() {
		fmt.Fprintf(&p, "\n"+say(`Use "%s [command] --help" for more information about a command.`)+"\n", c.CommandPath())
	}
	_, err := io.WriteString(to, p.String())
	return err
}

// flagRows is a table of flags: how each is written, and what it does.
func (a *app) flagRows(flags *pflag.FlagSet) (rows [][]string) {
	flags.VisitAll(func(f *pflag.Flag) {
		name := "      --" + f.Name
		if f.Shorthand != "" {
			name = "  -" + f.Shorthand + ", --" + f.Name
		}
		kind, usage := pflag.UnquoteUsage(f)
		if kind != "" {
			name += " " + a.book.Usage(kind)
		}
		switch value := f.DefValue; value {
		case "", "0", "0s", "[]", "false":
		default:
			if f.Value.Type() == "string" {
				value = fmt.Sprintf("%q", value)
			}
			usage += fmt.Sprintf(a.book.Usage(" (default %s)"), value)
		}
		for i, line := range strings.Split(usage, "\n") {
			if i > 0 {
				name = ""
			}
			rows = append(rows, []string{name + " ", line})
		}
	})
	return rows
}
