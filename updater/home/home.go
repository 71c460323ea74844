// Package home decides which folder is the data folder: that of the journal, plans,
// settings, keys and, unless it has a place of its own, of the library. The usual folder of
// this user may hold a file that names another one. The window and every verb ask here, so
// that both work in the same folder. Nothing is ever moved, and no journal is opened.
package home

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/adrg/xdg"

	"fotabench/devices"
	"fotabench/packages/durable"
	"fotabench/packages/strictjson"
)

// File names the data folder; it is in the usual one.
const File = "data-folder.json"

// Mark is in every folder that was chosen. An empty folder where a drive is to be mounted
// is there too when the drive is not; it must not be taken for the one that was chosen.
const Mark = "fotabench-data.txt"

const (
	markText = "fotabench keeps its data in this folder.\n"
	maxFile  = 64 << 10 // bytes
	maxPath  = 4096     // bytes
)

// traces are what a folder that this program has used holds, whether or not it was chosen.
var traces = []string{Mark, journal, "settings.json"}

const journal = "journal.db"

// Remarks.
const (
	NoteAway       devices.Code = "home.away"       // folder, usual folder
	NoteEmpty      devices.Code = "home.empty"      // folder, usual folder
	NoteUnreadable devices.Code = "home.unreadable" // file, usual folder
	NotePath       devices.Code = "home.path"       // most bytes
	NoteNoParent   devices.Code = "home.noparent"   // folder above
	NoteForeign    devices.Code = "home.foreign"    // folder
	NoteInside     devices.Code = "home.inside"     // folder, usual folder
)

// Choice is what a person chose.
type Choice struct {
	// Folder is the data folder from the next start on; "" is the usual one.
	Folder string `json:"folder,omitempty"`
	// Earlier are the folders that were chosen before, newest first.
	Earlier []string `json:"earlier,omitempty"`
}

// Usual is the usual folder of this user.
func Usual() string { return filepath.Join(xdg.DataHome, "fotabench") }

// Find is the data folder of a program that is told none, by what is chosen in the usual
// folder. With an error, the folder is the one that is meant but cannot be used now: of
// kind Absent where it is not there, Integrity where what was chosen cannot be read.
func Find(usual string) (folder string, err error) {
	c, err := Read(usual)
	if err != nil || c.Folder == "" {
		return usual, err
	}
	return c.Folder, Reach(c.Folder, usual)
}

// Reach tells whether a folder is there and is the one that was chosen; usual is the usual
// one. Errors: Absent.
func Reach(folder, usual string) error {
	info, err := os.Stat(filepath.Join(folder, Mark))
	if err == nil && info.Mode().IsRegular() {
		return nil
	}
	note := NoteAway
	if at, e := os.Stat(folder); e == nil && at.IsDir() && errors.Is(err, fs.ErrNotExist) {
		note = NoteEmpty
	}
	return &devices.Error{Op: "data folder", At: folder, Kind: devices.Absent, Note: note, Args: []any{folder, usual}, Err: err}
}

// Read reads what is chosen in the usual folder; without a file that is nothing. Errors:
// Integrity.
func Read(usual string) (c Choice, err error) {
	path := filepath.Join(usual, File)
	text, err := durable.Read(path, maxFile)
	if errors.Is(err, fs.ErrNotExist) {
		return Choice{}, nil
	}
	if err == nil {
		c, err = parse(text)
	}
	if err != nil {
		return Choice{}, &devices.Error{Op: "data folder: read", At: path, Kind: devices.Integrity, Note: NoteUnreadable, Args: []any{path, usual}, Err: err}
	}
	return c, nil
}

// parse reads the file and checks what it says.
func parse(text []byte) (c Choice, err error) {
	if _, err := strictjson.Read(text, &c); err != nil {
		return c, err
	}
	for _, folder := range append(slices.Clone(c.Earlier), c.Folder) {
		if folder != "" && !filepath.IsAbs(folder) {
			return c, fmt.Errorf("%q does not begin at the root", folder)
		}
	}
	return c, nil
}

// In is the folder that is chosen, where usual is the usual one.
func (c Choice) In(usual string) string { return cmp.Or(c.Folder, usual) }

// Elsewhere are the folders other than now that may hold earlier records: the usual one if
// it has a journal, and those that were chosen before, also where they are not there now.
func (c Choice) Elsewhere(usual, now string) []string {
	var all []string
	if _, err := os.Stat(filepath.Join(usual, journal)); err == nil {
		all = append(all, usual)
	}
	all = append(all, c.Earlier...)
	return slices.DeleteFunc(all, func(folder string) bool { return folder == now || folder == c.In(usual) })
}

// Choose makes a folder the data folder from the next start on; "" is the usual one. It
// must be empty or have been one before; it is made where only the folder above is there.
// Errors: Refused or Absent for one that cannot be it, which changes nothing, and those of
// the disk.
func Choose(ctx context.Context, usual, folder string) (c Choice, err error) {
	if folder, err = settled(usual, folder); err != nil {
		return Choice{}, err
	}
	if err := os.MkdirAll(usual, 0o700); err != nil {
		return Choice{}, fmt.Errorf("data folder: %w", err)
	}
	path := filepath.Join(usual, File)
	err = durable.Locked(ctx, path, func() error {
		if c, err = Read(usual); err != nil {
			// The person chooses anew; what cannot be read stays beside it.
			aside := filepath.Join(usual, "data-folder.damaged-"+time.Now().UTC().Format("20060102T150405.000")+".json")
			if err := durable.Move(path, aside); err != nil {
				return err
			}
			c = Choice{}
		}
		c = c.after(folder)
		text, err := json.MarshalIndent(c, "", "  ")
		if err != nil {
			return err
		}
		return durable.Write(path, append(text, '\n'))
	})
	if err != nil {
		return Choice{}, fmt.Errorf("data folder: %w", err)
	}
	return c, nil
}

// after is the choice once folder is chosen.
func (c Choice) after(folder string) Choice {
	earlier := slices.Clone(c.Earlier)
	if c.Folder != "" {
		earlier = slices.Insert(earlier, 0, c.Folder)
	}
	var once []string
	for _, e := range earlier {
		if e != folder && !slices.Contains(once, e) {
			once = append(once, e)
		}
	}
	return Choice{Folder: folder, Earlier: once}
}

// settled is the whole path of a folder that can be the data folder, with its mark; "" for
// the usual one.
func settled(usual, folder string) (string, error) {
	if folder == "" {
		return "", nil
	}
	control := func(r rune) bool { return r < ' ' || r == 0x7f || r == 0xfffd }
	if len(folder) > maxPath || strings.ContainsFunc(folder, control) {
		return "", refused(NotePath, folder, nil, maxPath)
	}
	folder, err := filepath.Abs(folder)
	if err != nil {
		return "", fmt.Errorf("data folder: %w", err)
	}
	if same(folder, usual) {
		return "", nil
	}
	if inside(folder, usual) {
		return "", refused(NoteInside, folder, nil, folder, usual)
	}
	if err := makeFolder(folder); err != nil {
		return "", err
	}
	if err := fit(folder); err != nil {
		return "", err
	}
	return folder, durable.Write(filepath.Join(folder, Mark), []byte(markText))
}

// same tells whether both paths lead to one folder.
func same(a, b string) bool {
	if a == b {
		return true
	}
	one, err := os.Stat(a)
	if err != nil {
		return false
	}
	other, err := os.Stat(b)
	return err == nil && os.SameFile(one, other)
}

// inside tells whether a folder is below another one, wherever their links lead.
func inside(folder, other string) bool {
	for at := filepath.Dir(folder); ; at = filepath.Dir(at) {
		if same(at, other) {
			return true
		}
		if at == filepath.Dir(at) {
			return false
		}
	}
}

// makeFolder makes a folder whose parent is there. One whose parent is not is more likely
// on a drive that is missing than meant to be new.
func makeFolder(folder string) error {
	err := os.Mkdir(folder, 0o700)
	switch {
	case err == nil || errors.Is(err, fs.ErrExist):
		return nil
	case errors.Is(err, fs.ErrNotExist):
		above := filepath.Dir(folder)
		return &devices.Error{Op: "data folder", At: folder, Kind: devices.Absent, Note: NoteNoParent, Args: []any{above}, Err: err}
	}
	return fmt.Errorf("data folder: %w", err)
}

// fit refuses a folder with what others have put there.
func fit(folder string) error {
	list, err := os.ReadDir(folder)
	if err != nil {
		return refused(NoteForeign, folder, err, folder)
	}
	ours := func(e fs.DirEntry) bool { return slices.Contains(traces, e.Name()) }
	if len(list) > 0 && !slices.ContainsFunc(list, ours) {
		return refused(NoteForeign, folder, nil, folder)
	}
	return nil
}

// refused is the error for a folder that cannot be the data folder.
func refused(note devices.Code, folder string, err error, args ...any) error {
	return &devices.Error{Op: "data folder", At: folder, Kind: devices.Refused, Note: note, Args: args, Err: err}
}
