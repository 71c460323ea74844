package ui

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/adrg/xdg"

	"fotabench/devices"
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

// placesHere are those places that are there. A drive that does not answer keeps it waiting.
func placesHere() []pickPlace {
	home, _ := os.UserHomeDir()
	all := []pickPlace{
		{placeHome, home}, {placeDesktop, xdg.UserDirs.Desktop}, {placeDocuments, xdg.UserDirs.Documents}, {placeDownloads, xdg.UserDirs.Download},
	}
	seen := map[string]bool{}
	all = slices.DeleteFunc(all, func(at pickPlace) bool {
		info, err := os.Stat(at.path)
		twice := seen[at.path]
		seen[at.path] = true
		return twice || err != nil || !info.IsDir()
	})
	return append(all, drives()...)
}

// readFirst reads the first of some folders that can be read; the error is that of the
// last one. create makes a folder that is not there, in one that is.
func readFirst(create bool, folders []string) (dir string, rows []pickRow, err error) {
	for _, folder := range folders {
		if folder == "" {
			err = cmp.Or(err, error(fs.ErrNotExist))
			continue
		}
		if dir, err = filepath.Abs(folder); err != nil {
			continue
		}
		if create {
			if err = os.Mkdir(dir, 0o777); err != nil && !errors.Is(err, fs.ErrExist) {
				continue
			}
		}
		if rows, err = readFolder(dir); err == nil {
			break
		}
	}
	return dir, rows, err
}

// readFolder reads a folder: folders first, by name.
func readFolder(dir string) ([]pickRow, error) {
	list, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	rows := make([]pickRow, 0, len(list))
	for _, e := range list {
		folder := e.IsDir()
		if e.Type()&(fs.ModeSymlink|fs.ModeIrregular) != 0 { // where it leads
			info, err := os.Stat(filepath.Join(dir, e.Name()))
			folder = err == nil && info.IsDir()
		}
		rows = append(rows, pickRow{e.Name(), folder, hidden(e)})
	}
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
