package updater

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
)

// owed keeps of the jobs that were begun here whether the journal lacks what happened last,
// because it could not be written. What is written of others' jobs does not count: their
// programs died.
type owed struct {
	mu    sync.Mutex
	jobs  map[string]bool
	blank int // how many it was never told of
}

// begin takes in jobs that were begun.
func (o *owed) begin(jobs []string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.jobs == nil {
		o.jobs = make(map[string]bool)
	}
	for _, job := range jobs {
		o.jobs[job] = false
	}
}

// note takes in how an attempt to write e went.
func (o *owed) note(e Event, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if _, ours := o.jobs[e.Job]; !ours {
		return
	}
	if o.jobs[e.Job] = err != nil; err == nil && e.Outcome != Running {
		delete(o.jobs, e.Job)
	}
}

// owe implements debtor.
func (f *file) owe(jobs []string, blank int) {
	f.owed.mu.Lock()
	defer f.owed.mu.Unlock()
	for _, job := range jobs {
		if _, ours := f.owed.jobs[job]; ours {
			f.owed.jobs[job] = true
		}
	}
	f.owed.blank = blank
}

// owedPath is the empty file that says of a job that its end could not be written. It is
// no part of the journal: a file without content can still be made where a disk is full,
// or another program keeps the journal to itself.
func (f *file) owedPath(job string) string {
	return filepath.Join(f.dir, "running", filepath.Base(job)+".unkept")
}

// owes tells whether the program that ran a job could not write how it ended.
func (f *file) owes(job string) bool {
	_, err := os.Lstat(f.owedPath(job))
	return err == nil
}

// leaveWord says of all jobs whose end could not be written that this is so, for whoever
// opens the journal next; else they would have been cut off.
func (f *file) leaveWord() (err error) {
	f.owed.mu.Lock()
	defer f.owed.mu.Unlock()
	for job, owing := range f.owed.jobs {
		if owing {
			err = errors.Join(err, os.WriteFile(f.owedPath(job), nil, 0o600))
		}
	}
	if n := f.owed.blank; n > 0 {
		name := strconv.Itoa(n) + "." + f.instance + blankSuffix
		err = errors.Join(err, os.WriteFile(filepath.Join(f.dir, "running", name), nil, 0o600))
	}
	return err
}

// blankSuffix is that of the empty files that say in their name how many upgrades a program
// could not write down at all.
const blankSuffix = ".blank"

// blanks is how many upgrades programs that have ended could not write down at all. It is
// told once.
func (f *file) blanks() (n int64) {
	files, err := os.ReadDir(filepath.Join(f.dir, "running"))
	if err != nil {
		return 0 // the journal has just been opened there
	}
	for _, one := range files {
		count, _, _ := strings.Cut(one.Name(), ".")
		here, err := strconv.ParseInt(count, 10, 32)
		if !strings.HasSuffix(one.Name(), blankSuffix) || err != nil {
			continue
		}
		if os.Remove(filepath.Join(f.dir, "running", one.Name())) == nil { // else it is told next time
			n += here
		}
	}
	return n
}
