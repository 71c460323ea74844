package updater

import (
	"errors"
	"os"
	"path/filepath"
	"sync"
)

// owed keeps of the jobs that were begun here whether the journal lacks what happened last,
// because it could not be written. What is written of others' jobs does not count: their
// programs died.
type owed struct {
	mu   sync.Mutex
	jobs map[string]bool
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
	return err
}
