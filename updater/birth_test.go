package updater

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"fotabench/devices"
)

// TestJournalEmptied: a journal without a byte is one that was lost. It is told as such for
// as long as it is kept, and its log is kept with it.
func TestJournalEmptied(t *testing.T) {
	dir := t.TempDir()
	j, _ := open(t, dir)
	begin(t, j, "a", 3)
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, journalName)
	write(t, path, nil)
	write(t, path+"-wal", []byte("the log"))
	for range 2 {
		j, notes := open(t, dir)
		codes := []devices.Code{}
		for _, n := range notes {
			codes = append(codes, n.Code)
		}
		if !slices.Equal(codes, []devices.Code{NoteJournalDamaged, NoteJournalUnknown}) {
			t.Fatalf("notes %+v", notes)
		}
		kept := filepath.Join(dir, notes[0].Args[0].(string))
		if len(bytesOf(t, kept)) != 0 || string(bytesOf(t, kept+"-wal")) != "the log" {
			t.Error("it was not kept as it was")
		}
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestJournalNewborn: of many programs that start at once in a new folder none takes what
// another just makes for a loss; nor what one left that was killed while it made it.
func TestJournalNewborn(t *testing.T) {
	for name, rest := range map[string][]byte{"none": nil, "empty": {}, "torn": []byte("SQLite format 3\x00 and no more")} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, journalName)
			if rest != nil {
				write(t, path+".new", rest)
				write(t, path+".new-wal", rest)
				write(t, path+"-wal", []byte("a log of a journal that is gone"))
			}
			var starts sync.WaitGroup
			for i := range 8 {
				starts.Go(func() {
					j, notes, err := OpenJournal(dir)
					if err != nil || len(notes) != 0 {
						t.Errorf("%v, %v", notes, err)
						return
					}
					if i%2 == 0 {
						if err := j.Begin(Record{Job: string(rune('a' + i))}); err != nil {
							t.Error(err)
						}
					}
					if err := j.Close(); err != nil {
						t.Error(err)
					}
				})
			}
			starts.Wait()
			j, notes := open(t, dir)
			if records, err := j.Jobs(0); err != nil || len(records) != 4 || len(notes) != 0 {
				t.Errorf("%d records, %v, %v", len(records), notes, err)
			}
			if _, err := os.Lstat(path + ".new"); err == nil {
				t.Error("a rest is left")
			}
		})
	}
}

// TestJournalGrows: what another program begins while this one counts is not missing.
func TestJournalGrows(t *testing.T) {
	dir := t.TempDir()
	reader, _ := open(t, dir)
	writer, _ := open(t, dir)
	begun := make(chan error, 1)
	go func() {
		for i := range 300 {
			if err := writer.Begin(Record{Job: fmt.Sprint(i)}); err != nil {
				begun <- err
				return
			}
		}
		begun <- nil
	}()
	for counted := 0; ; counted++ {
		select {
		case err := <-begun:
			if err != nil || counted == 0 {
				t.Errorf("counted %d times: %v", counted, err)
			}
			return
		default:
			if gone, err := missing(reader.db); gone != 0 || err != nil {
				t.Errorf("%d, %v", gone, err)
			}
		}
	}
}
