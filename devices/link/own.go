package link

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"fotabench/devices"
)

// OwnFolder makes a folder that only this user can enter, or finds that there is one.
// Where others may write, such as in a system's temporary folder, they could have put
// something else under its name before: a link that leads into this user's files, a
// folder of their own. That is an error of kind Denied, and nothing is written there.
// Others are those of the system; the folder above must exist.
func OwnFolder(dir string) error {
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("link: own folder: %w", err)
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return fmt.Errorf("link: own folder: %w", err)
	}
	if err := owned(info); err != nil {
		return &devices.Error{Op: "link: own folder", At: dir, Kind: devices.Denied, Note: NoteFolder, Args: []any{dir}, Err: err}
	}
	if err := closed(dir, info); err != nil {
		return fmt.Errorf("link: own folder: %w", err)
	}
	return nil
}

// Owned tells whether dir is a folder, and no link to one, that belongs to this user.
func Owned(dir string) bool {
	info, err := os.Lstat(dir)
	return err == nil && info.IsDir() && mine(info)
}

// owned is why what info tells of is no folder of this user alone.
func owned(info fs.FileInfo) error {
	switch {
	case info.Mode()&fs.ModeSymlink != 0:
		return errors.New("a symbolic link")
	case !info.IsDir():
		return errors.New("not a folder")
	case !mine(info):
		return errors.New("it belongs to another user")
	case shared(info):
		return fmt.Errorf("others may write in it: mode %04o", info.Mode().Perm())
	}
	return nil
}
