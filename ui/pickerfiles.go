package ui

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/adrg/xdg"

	"fotabench/devices"
	"fotabench/updater/home"
)

// Places where people keep their files.
const (
	placeHome      devices.Code = "ui.pick.home"
	placeDesktop   devices.Code = "ui.pick.desktop"
	placeDocuments devices.Code = "ui.pick.documents"
	placeDownloads devices.Code = "ui.pick.downloads"
	placeComputer  devices.Code = "ui.pick.computer"
)

// pickPlace is a folder by its name in the person's language; "" is by its path.
type pickPlace struct {
	code devices.Code
	path string
}

// pickRow is what a folder holds.
type pickRow struct {
	name           string
	folder, hidden bool
}

// pickFolder is a folder that was read, or why it cannot be.
type pickFolder struct {
	dir  string
	rows []pickRow
	err  error
}

// pickTarget is what a person named: what it is, and why that is not known; above is of the
// folder that it is in.
type pickTarget struct {
	path       string
	info       fs.FileInfo
	err, above error
}

// disk is where files are looked for. A drive that does not answer keeps each of its
// functions waiting, which nobody can end.
type disk struct {
	stat func(path string) (fs.FileInfo, error)
	list func(dir string) ([]fs.DirEntry, error)
}

func thisDisk() disk { return disk{os.Stat, os.ReadDir} }

// within is the path of what was typed while dir is shown; dir is "" while none is.
func within(dir, text string) string {
	switch {
	case dir == "" || text == "" || filepath.IsAbs(text):
		return text
	case os.IsPathSeparator(text[0]): // of the drive that is shown
		return filepath.VolumeName(dir) + text
	}
	return filepath.Join(dir, text)
}

// places are those that are there.
func (d disk) places() []pickPlace {
	usual, _ := os.UserHomeDir()
	all := []pickPlace{
		{placeHome, usual}, {placeDesktop, xdg.UserDirs.Desktop}, {placeDocuments, xdg.UserDirs.Documents}, {placeDownloads, xdg.UserDirs.Download},
	}
	seen := map[string]bool{}
	all = slices.DeleteFunc(all, func(at pickPlace) bool {
		info, err := d.stat(at.path)
		twice := seen[at.path]
		seen[at.path] = true
		return twice || err != nil || !info.IsDir()
	})
	return append(all, drives()...)
}

// look looks at what a person named.
func (d disk) look(path string) pickTarget {
	info, err := d.stat(path)
	above := err
	if errors.Is(err, fs.ErrNotExist) {
		_, above = d.stat(filepath.Dir(path))
	}
	return pickTarget{path, info, err, above}
}

// folderWait is how long a folder may take to answer for which there is another one.
const folderWait = 3 * time.Second

// readFirst reads the first of some folders that can be read, and answers soon where it is
// not the last one; the error is that of the last one. create makes a folder that is not
// there, in one that is.
func (d disk) readFirst(ctx context.Context, create bool, folders []string) (at pickFolder) {
	for i, folder := range folders {
		if folder == "" {
			at.err = cmp.Or(at.err, error(fs.ErrNotExist))
			continue
		}
		wait := folderWait
		if i == len(folders)-1 {
			wait = 0
		}
		next, in := home.Soon(ctx, wait, func() pickFolder { return d.readOne(ctx, create, folder) })
		if !in {
			next = pickFolder{dir: folder, err: home.ErrSilent}
		}
		if at = next; at.err == nil {
			break
		}
	}
	return at
}

// readOne reads a folder, or makes it.
func (d disk) readOne(ctx context.Context, create bool, folder string) (at pickFolder) {
	if at.dir, at.err = filepath.Abs(folder); at.err != nil {
		return at
	}
	if create {
		if at.err = os.Mkdir(at.dir, 0o777); at.err != nil && !errors.Is(at.err, fs.ErrExist) {
			return at
		}
	}
	at.rows, at.err = d.readFolder(ctx, at.dir)
	return at
}

// readFolder reads a folder: folders first, by name.
func (d disk) readFolder(ctx context.Context, dir string) ([]pickRow, error) {
	list, err := d.list(dir)
	if err != nil {
		return nil, err
	}
	rows := make([]pickRow, 0, len(list))
	var links []int
	for i, e := range list {
		rows = append(rows, pickRow{e.Name(), e.IsDir(), hidden(e)})
		if e.Type()&(fs.ModeSymlink|fs.ModeIrregular) != 0 {
			links = append(links, i)
		}
	}
	d.follow(ctx, dir, rows, links)
	slices.SortStableFunc(rows, func(a, b pickRow) int {
		if a.folder != b.folder {
			if a.folder {
				return -1
			}
			return 1
		}
		return cmp.Compare(strings.ToLower(a.name), strings.ToLower(b.name))
	})
	return rows, nil
}

const (
	// linksWait is how long a list waits for where its links lead.
	linksWait = time.Second
	// linksAtOnce are followed at the same time.
	linksAtOnce = 32
)

// follow finds out which of the rows that are links lead to a folder. One whose drive does
// not answer in time counts as such: it can be entered, and then its drive keeps nothing
// else waiting.
func (d disk) follow(ctx context.Context, dir string, rows []pickRow, links []int) {
	ctx, stop := context.WithTimeout(ctx, linksWait)
	defer stop()
	var all sync.WaitGroup
	turns := make(chan struct{}, linksAtOnce)
	for _, i := range links {
		turns <- struct{}{}
		if ctx.Err() != nil { // no drive is asked anymore
			rows[i].folder = true
			<-turns
			continue
		}
		all.Go(func() {
			defer func() { <-turns }()
			path := filepath.Join(dir, rows[i].name) // the rows may be sorted before it is asked
			folder, in := home.Soon(ctx, 0, func() bool {
				info, err := d.stat(path)
				return err == nil && info.IsDir()
			})
			rows[i].folder = folder || !in
		})
	}
	all.Wait()
}
