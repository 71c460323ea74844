package cli

import (
	"fmt"

	"fotabench/updater"
)

// incomplete names the files of plans that could not be read, after an answer that is
// without them: it is not the whole one, and the exit code says so.
func (p *planOrder) incomplete(files []updater.Note, err error) error {
	for _, n := range files {
		fmt.Fprintln(p.Err, p.book.Note(n))
	}
	if err == nil && len(files) > 0 {
		return status(ExitFailed)
	}
	return err
}
