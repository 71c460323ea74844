package updater

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"fotabench/packages/durable"
)

// errEmpty is a journal without a byte. None of this program's ever is: a new one gets its
// name once it has its tables.
var errEmpty = errors.New("malformed: the file is empty")

// create makes a new journal where there is no file at path, beside it until it is whole.
// What a program left that was ended meanwhile is in nobody's way. The caller has the
// journal's turn.
func create(ctx context.Context, path string) error {
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return nil // what is wrong with it is found when it is opened
	}
	name := path + ".new"
	if err := errors.Join(ignoreAbsent(os.Remove(name)), removeLog(name)); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	db, err := openDB(ctx, name)
	if err != nil {
		return err
	}
	if err := db.Close(); err != nil { // which brings the log into the file
		return fmt.Errorf("journal: %w", err)
	}
	// A log of a journal that is gone would be taken for this one's.
	if err := removeLog(path); err != nil {
		return err
	}
	if err := durable.Move(name, path); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	return nil
}

// emptied gives errEmpty where the file at path has lost all that it held.
func emptied(path string) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("journal: %w", err)
	case info.Mode().IsRegular() && info.Size() == 0:
		return errEmpty
	}
	return nil
}
