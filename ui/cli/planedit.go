package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"fotabench/packages"
	"fotabench/packages/durable"
	"fotabench/packages/library"
	"fotabench/ui/lab"
	"fotabench/ui/words"
	"fotabench/updater/rollout"
	"fotabench/updater/rollout/roster"
)

// mostDocument bounds the file of a plan, in bytes.
const mostDocument = 64 << 20

const planForm = "FILE.json is a plan's document (fotabench plan show ID --document prints one). What is left out is: the zone of this desk,\n" +
	"the whole day, nobody is asked, one device at once, stop at the first failure. A package is named by its library id,\n" +
	"of which the first six digits will do. A draft may be saved half-done; what is still missing is told.\n" +
	"A flag counts instead of what the document or the draft says. A list that is given takes the place of the one before; \"\" empties it.\n" +
	"Several entries may be in one flag, with commas. Tables of devices: fotabench plan import-devices."

func (p *planOrder) createCommand() *cobra.Command {
	var f draftFlags
	c := &cobra.Command{
		Use: "create [FILE.json]", Short: "make a draft of a plan, of a document, of flags, or of both", Long: planForm, Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 0 && !f.given(c) {
				return misuse("say what the plan is: FILE.json, or flags such as --name and --package")
			}
			draft, err := p.drafted(args, &f, lab.NewPlan())
			if err != nil {
				return err
			}
			ctx, stop := p.interruptible(c.Context())
			defer stop()
			return p.holding(ctx, opening{}, func(l *lab.Lab) error { return p.save(l, draft, "") })
		},
	}
	f.flags(c)
	return c
}

// drafted is the document that args name, or base without one, with what flags say.
func (p *planOrder) drafted(args []string, f *draftFlags, base rollout.Plan) (rollout.Plan, error) {
	if len(args) > 0 {
		var err error
		if base, err = p.readDraft(args[0]); err != nil {
			return base, err
		}
	}
	return base, f.put(&base)
}

func (p *planOrder) editCommand() *cobra.Command {
	var f draftFlags
	c := &cobra.Command{
		Use: "edit ID [FILE.json]", Short: "change a draft by flags, or put a document in its place", Long: planForm, Args: cobra.RangeArgs(1, 2),
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 1 && !f.given(c) {
				return misuse("say what is to change: FILE.json, or flags such as --allow and --window")
			}
			if _, err := p.drafted(args[1:], &f, rollout.Plan{Components: make([]rollout.Component, rollout.MaxComponents)}); err != nil {
				return err // before anybody is kept from the plans
			}
			return p.with(c, args[0], func(_ context.Context, l *lab.Lab, plan rollout.Plan) error {
				draft, err := p.drafted(args[1:], &f, plan)
				if err != nil {
					return err
				}
				return p.save(l, draft, plan.ID)
			})
		},
	}
	f.flags(c)
	return c
}

// readDraft reads what a person wrote of a plan over what is usual.
func (p *planOrder) readDraft(path string) (rollout.Plan, error) {
	f, err := durable.Open(path)
	if err != nil {
		return rollout.Plan{}, usageError{err}
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, mostDocument+1))
	if err != nil {
		return rollout.Plan{}, err
	}
	wrong := func(err error) error {
		what, remedy := p.book.Trouble(words.Explain(err))
		return misuse("%s: %s", path, strings.TrimSpace(what+" "+remedy))
	}
	if len(text) > mostDocument {
		return rollout.Plan{}, wrong(&rollout.Error{Op: "read", Code: rollout.CodeLarge, Args: []any{int64(mostDocument)}})
	}
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
	var head struct {
		Version int `json:"version"`
	}
	plan := lab.NewPlan()
	if json.Unmarshal(text, &head) == nil && head.Version > 0 {
		plan = rollout.Plan{} // the program wrote it: what it leaves out is meant
	}
	if head.Version > rollout.DocumentVersion {
		return plan, wrong(&rollout.Error{Op: "read", Code: rollout.CodeNewer, Args: []any{head.Version, rollout.DocumentVersion}})
	}
	if err := rollout.Decode(text, &plan); err != nil {
		return rollout.Plan{}, wrong(err)
	}
	return plan, nil
}

// save keeps a draft in place of the one with that id, "" for a new one, and tells what is
// missing.
func (p *planOrder) save(l *lab.Lab, draft rollout.Plan, id string) error {
	for i := range draft.Components {
		c := &draft.Components[i]
		e, err := l.Library.Find(c.Package)
		switch unknown, ours := errors.AsType[*packages.Error](err); {
		case err == nil:
			c.Package = e.ID
			if c.Name == "" {
				c.Name = short(e.Name())
			}
		case ours && unknown.Code == library.Ambiguous:
			return misuse("components[%d]: %w", i, err)
		}
	}
	code := PlanEdited
	if id == "" {
		code = PlanCreated
	}
	draft.ID = id
	kept, err := l.Plans.Save(draft, orMe(p.by))
	if err != nil {
		return err
	}
	if err := p.did(code, l.Plans, kept.ID); err != nil {
		return err
	}
	if faults := faultsOf(kept.Validate()); len(faults) > 0 {
		if !p.json {
			fmt.Fprintln(p.Err, p.book.Say(PlanUnready, len(faults)))
		}
		for _, f := range faults {
			p.fault(f)
		}
	}
	return nil
}

// short cuts a name to what a plan takes.
func short(name string) string {
	r := []rune(name)
	return string(r[:min(len(r), rollout.MaxName)])
}

// faultsOf are the fields that Validate complains about.
func faultsOf(err error) []rollout.Fault {
	if e, ok := errors.AsType[*rollout.Error](err); ok {
		return e.Faults
	}
	return nil
}

func (p *planOrder) importCommand() *cobra.Command {
	var deny bool
	c := &cobra.Command{
		Use: "import-devices ID FILE.csv", Short: "add a table's devices to the allow list of a draft, or to its deny list", Args: cobra.ExactArgs(2),
		Long: "The first line names the columns: at least one of imei, serial, mac, and list with allow or deny.\n" +
			"A row that cannot be used is left out and named by its line; the others are kept, and the exit code is 1.",
		RunE: func(c *cobra.Command, args []string) error {
			f, err := durable.Open(args[1])
			if err != nil {
				return usageError{err}
			}
			defer f.Close()
			table, err := roster.Import(f)
			if err != nil {
				return p.refused(err)
			}
			return p.with(c, args[0], func(_ context.Context, l *lab.Lab, plan rollout.Plan) error { return p.add(l, plan, table, deny) })
		},
	}
	c.Flags().BoolVar(&deny, "deny", false, "all of them go to the deny list")
	return c
}

// add adds the devices of a table to a draft, and names the rows that were left out.
func (p *planOrder) add(l *lab.Lab, plan rollout.Plan, table roster.Roster, deny bool) error {
	if deny {
		table.Deny, table.Allow = append(table.Deny, table.Allow...), nil
	}
	plan.Targets.Allow = union(plan.Targets.Allow, table.Allow)
	plan.Targets.Deny = union(plan.Targets.Deny, table.Deny)
	if _, err := l.Plans.Save(plan, orMe(p.by)); err != nil {
		return err
	}
	type row struct {
		Line int    `json:"line"`
		Text string `json:"text"`
	}
	rows := make([]row, len(table.Problems))
	for i, b := range table.Problems {
		rows[i] = row{b.Line, p.book.Say(b.Code, b.Args...)}
	}
	p.line(map[string]any{"allow": len(table.Allow), "deny": len(table.Deny), "twice": table.Twice, "bad": table.Bad, "problems": rows},
		p.book.Say(PlanImported, len(table.Allow), len(table.Deny), table.Twice))
	if table.Bad > 0 && !p.json {
		fmt.Fprintln(p.Err, p.book.Say(PlanBadRows, table.Bad))
		for _, r := range rows {
			fmt.Fprintln(p.Err, "  "+p.book.Say(PlanBadRow, r.Line, r.Text))
		}
	}
	if table.Bad > 0 {
		return status(ExitFailed)
	}
	return nil
}

// union adds to a list what it does not hold.
func union(list, more []string) []string {
	have := make(map[string]bool, len(list))
	for _, s := range list {
		have[s] = true
	}
	list = slices.Clone(list)
	for _, s := range more {
		if !have[s] {
			have[s] = true
			list = append(list, s)
		}
	}
	return list
}
