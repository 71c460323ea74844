package lab

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"fotabench/devices"
	"fotabench/packages/durable"
	"fotabench/packages/library"
	"fotabench/updater"
	"fotabench/updater/rollout"
)

// planFile is how the name of a plan's file ends.
const planFile = ".plan.json"

// mostPlan bounds the file of a plan, in bytes.
const mostPlan = 64 << 20

// NoteTorn tells that a file holds no whole plan. Args: the name of the file.
const NoteTorn devices.Code = "lab.plan.torn"

// Read opens the lab to look at it, whoever has the plans: how they stand is what their
// files and the journal say. Nothing can be changed or carried out, and nothing is to be
// closed. Notices name the files that hold no plan that can be read. Errors: those of the
// library.
func Read(ctx context.Context, o Options) (*Lab, error) {
	l := &Lab{options: o}
	var err error
	dir, err := LibraryIn(o.Folder)
	if err != nil {
		return nil, err
	}
	if l.Library, err = library.Open(ctx, dir, library.Options{Look: true}); err != nil {
		return nil, err
	}
	if err := Away(l.Library, o.Folder); err != nil {
		return nil, err
	}
	plans, err := readPlans(o)
	if err != nil {
		return nil, err
	}
	l.Plans = l.runner(nil, plans.read)
	for _, u := range plans.unread {
		l.Notices = append(l.Notices, u.note())
	}
	return l, nil
}

// Plans are those whose files can be read, whoever has them, for a hint and not for a
// decision. The order is that of their ids.
func Plans(o Options) []rollout.Plan {
	plans, _ := readPlans(o) // what cannot be read is told by those who need it
	return plans.read
}

// Keeps tells whether a file of the plan with that id is among the plans of a data folder,
// whether it can be read or not: such a plan was not deleted.
func Keeps(folder, id string) bool {
	_, err := os.Lstat(filepath.Join(Options{Folder: folder}.plans(), filepath.Base(id)+planFile))
	return err == nil
}

// Away says why a library is not there. The usual one of a data folder, which is made with
// its first package, is only empty as long as it is new.
func Away(l *library.Library, folder string) error {
	if New(l.Dir(), folder) {
		return nil
	}
	return l.View().Err
}

// New tells whether dir is the usual place of a data folder's library and nothing is there
// yet, so that one may be made unasked. A link that leads nowhere, and a folder that has
// lost what makes it a library, are somebody's packages.
func New(dir, folder string) bool {
	if !usual(dir, folder) {
		return false
	}
	if _, err := os.Lstat(dir); err != nil {
		return errors.Is(err, fs.ErrNotExist)
	}
	names, err := os.ReadDir(dir)
	return err == nil && !slices.ContainsFunc(names, func(n fs.DirEntry) bool { return !strings.HasPrefix(n.Name(), ".") })
}

// usual tells whether dir is where the library of a data folder is unless it was put
// elsewhere.
func usual(dir, folder string) bool {
	dir, err := filepath.Abs(dir)
	at, wrong := filepath.Abs(filepath.Join(folder, "library"))
	return err == nil && wrong == nil && dir == at
}

// InUse tells of packages whether a plan under way needs them, by the plans' files as
// they are then, whoever has them. What cannot be read may need any.
func InUse(o Options) func(id string) bool {
	return func(id string) bool {
		plans, err := readPlans(o)
		return err != nil || needed(plans.read, id) || slices.ContainsFunc(plans.unread, func(u unread) bool { return u.mayNeed(id) })
	}
}

// unread is a file in which no plan could be read.
type unread struct {
	name string
	// text is what it holds, nil if that is not known.
	text []byte
	err  error
}

// note tells why.
func (u unread) note() updater.Note {
	n := updater.Note{Level: updater.Warn, Code: NoteTorn, Args: []any{u.name}}
	refusal, ours := errors.AsType[*rollout.Error](u.err)
	switch {
	case ours && refusal.Code == rollout.CodeNewer:
		n.Code = rollout.NoteNewer
	case u.text == nil && !errors.Is(u.err, durable.ErrLarge):
		n.Code = rollout.NoteLocked
	}
	return n
}

// mayNeed tells whether the file could be of a plan that needs the package. One that is
// whole names its packages, however new it is; of others nobody knows.
func (u unread) mayNeed(id string) bool {
	return !json.Valid(u.text) || bytes.Contains(u.text, []byte(id))
}

// planFiles are what is in a folder of plans.
type planFiles struct {
	read   []rollout.Plan
	unread []unread
}

func readPlans(o Options) (plans planFiles, err error) {
	files, err := os.ReadDir(o.plans())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return plans, fmt.Errorf("lab: %w", err)
	}
	for _, f := range files {
		// A name with a dot in front is of a write under way.
		if !strings.HasSuffix(f.Name(), planFile) || strings.HasPrefix(f.Name(), ".") {
			continue
		}
		text, err := durable.Read(filepath.Join(o.plans(), f.Name()), mostPlan)
		if errors.Is(err, fs.ErrNotExist) {
			continue // it was deleted meanwhile
		}
		var p rollout.Plan
		if err == nil {
			p, err = rollout.Parse(text)
		}
		switch {
		case err != nil:
			plans.unread = append(plans.unread, unread{f.Name(), text, err})
		case p.ID+planFile != f.Name():
			plans.unread = append(plans.unread, unread{f.Name(), text, errors.New("the plan in it has another id")})
		default:
			plans.read = append(plans.read, p)
		}
	}
	return plans, nil
}
