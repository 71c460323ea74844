package updater

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"fotabench/devices/link/record"
)

const (
	recordingsFolder = "records"
	recordingSuffix  = ".jsonl"
)

// RecordingPath is where the bytes of a job are kept, in an engine's data folder.
// There is no file while no port was opened, and for jobs long ago.
func RecordingPath(folder, job string) string {
	return filepath.Join(folder, recordingsFolder, filepath.Base(job)+recordingSuffix)
}

// recording is the recorder of one job with its file; nil records nothing.
type recording struct {
	recorder *record.Recorder
	file     *recordingFile
}

// recorded gives the context in which the ports of a job are opened, and its
// recording.
func (e *Engine) recorded(j *job) (context.Context, *recording) {
	ctx := j.plan.links(e.ctx)
	if e.cfg.DataDir == "" || j.plan.Unrecorded {
		return ctx, nil
	}
	f := &recordingFile{path: RecordingPath(e.cfg.DataDir, j.id), settings: e.Settings, begun: e.journal.Jobs, busy: e.works}
	header := record.Header{Program: e.cfg.Version, Family: j.plan.Family, Job: j.id, Sighting: &j.plan.Sighting}
	ctx, r := record.Start(ctx, f, header, 0, j.secrets()...)
	return ctx, &recording{r, f}
}

// hide keeps a secret out that became known while the job runs.
func (r *recording) hide(secret string) {
	if r != nil {
		r.recorder.Hide(secret)
	}
}

// close ends the recording. An error says that it is not whole.
func (r *recording) close() error {
	if r == nil {
		return nil
	}
	return errors.Join(r.recorder.Close(), r.file.close())
}

// recordingFile is made at its first byte: many jobs open no port.
type recordingFile struct {
	path     string
	settings func() (Settings, error)
	begun    func(limit int) ([]Record, error) // Journal.Jobs
	busy     func(job string) bool
	file     *os.File
}

func (f *recordingFile) Write(p []byte) (int, error) {
	if f.file == nil {
		if err := f.create(); err != nil {
			return 0, err
		}
	}
	return f.file.Write(p)
}

// create makes the file, which only this user may read, and room for it.
func (f *recordingFile) create() error {
	dir := filepath.Dir(f.path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("recording: %w", err)
	}
	settings, err := f.settings()
	if err != nil {
		return err // nobody knows what may be removed
	}
	begun, err := f.begun(0)
	if err != nil {
		return err
	}
	most, size := settings.Kept()
	if err := prune(dir, most-1, size-record.Limit, begun, f.busy); err != nil {
		return err
	}
	file, err := os.OpenFile(f.path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("recording: %w", err)
	}
	f.file = file
	return nil
}

func (f *recordingFile) close() error {
	if f.file == nil {
		return nil
	}
	return f.file.Close()
}

// works tells whether a job is under way in this program.
func (e *Engine) works(job string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.running[job] != nil
}

// prune leaves the newest recordings of a folder, at most so many and so many
// bytes together, and those of jobs that are busy: they are still written. begun says
// which are the newest, the last begun first; a job that it does not know is older.
func prune(dir string, most int, size int64, begun []Record, busy func(job string) bool) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("recording: %w", err)
	}
	slices.Reverse(entries)
	rank := make(map[string]int, len(begun))
	for i := range begun {
		rank[begun[i].Job+recordingSuffix] = i - len(begun)
	}
	slices.SortStableFunc(entries, func(a, b os.DirEntry) int { return cmp.Compare(rank[a.Name()], rank[b.Name()]) })
	kept := 0
	for _, entry := range entries {
		info, err := entry.Info()
		if err != nil || !info.Mode().IsRegular() || !strings.HasSuffix(info.Name(), recordingSuffix) {
			continue
		}
		kept, size = kept+1, size-info.Size()
		if kept <= most && size >= 0 || busy(strings.TrimSuffix(info.Name(), recordingSuffix)) {
			continue
		}
		// One that another window still writes stays on Windows; next time then.
		_ = os.Remove(filepath.Join(dir, info.Name()))
	}
	return nil
}
