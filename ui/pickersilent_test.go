package ui

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// silentDisk is a disk on which nothing below that folder answers until the test ends.
func silentDisk(t *testing.T, below string) (disk, <-chan struct{}) {
	t.Helper()
	asked, over := make(chan struct{}, 99), make(chan struct{})
	t.Cleanup(func() { close(over) })
	wait := func(path string) {
		if inside, err := filepath.Rel(below, path); err == nil && filepath.IsLocal(inside) {
			asked <- struct{}{}
			<-over
		}
	}
	return disk{
		stat: func(path string) (fs.FileInfo, error) { wait(path); return os.Stat(path) },
		list: func(dir string) ([]fs.DirEntry, error) { wait(dir); return os.ReadDir(dir) },
	}, asked
}

// TestSilentDriveKeepsNothing: while a drive does not answer another folder can be entered,
// nothing is taken, and the window can be closed.
func TestSilentDriveKeepsNothing(t *testing.T) {
	b, home := pickDesk(t, "dead/", "good/a.bin")
	p, got := b.picks(pickToOpen)
	d, asked := silentDisk(t, filepath.Join(home, "dead"))
	p.disk = d
	p.enter(filepath.Join(home, "dead"))
	<-asked
	assert.Contains(t, b.text(), b.book.Say(pickReading))
	b.write(pickName, "a.bin")
	b.tap(actTakeFile)
	p.enter(filepath.Join(home, "good"))
	b.pickList()
	assert.Equal(t, filepath.Join(home, "good"), p.dir)
	assert.Empty(t, *got)

	b.write(pickName, filepath.Join(home, "dead", "a.bin"))
	b.tap(actTakeFile)
	<-asked
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		b.feed.close(errClosed)
	}()
	select {
	case <-closed:
	case <-time.After(time.Minute):
		t.Fatal("the drive keeps the window")
	}
	assert.Empty(t, *got)
}

// TestSaveBeforeTheListIsThere: who takes the proposed name while the folder is still read
// need not do so again; who types another one meanwhile does.
func TestSaveBeforeTheListIsThere(t *testing.T) {
	for name, write := range map[string]string{"a.bin": "", "": "b.bin"} {
		b, home := pickDesk(t, "slow/")
		p, got := b.picks(pickToSave)
		slow := filepath.Join(home, "slow")
		asked, answer := make(chan struct{}, 9), make(chan struct{})
		p.disk.list = func(dir string) ([]fs.DirEntry, error) {
			asked <- struct{}{}
			<-answer
			return os.ReadDir(dir)
		}
		p.enter(slow)
		<-asked
		b.tap(actSaveFile)
		if write != "" {
			b.write(pickName, write)
		}
		close(answer)
		if name != "" {
			assert.Equal(t, filepath.Join(slow, name), b.taken(got))
			continue
		}
		b.until("the folder", func() bool { return p.dir == slow })
		assert.False(t, p.meant)
		assert.Empty(t, *got)
	}
}

// TestSilentLink: a link to a drive that does not answer keeps no list back.
func TestSilentLink(t *testing.T) {
	_, home := pickDesk(t, "dead/", "good/", "a.bin")
	if err := os.Symlink(filepath.Join(home, "dead"), filepath.Join(home, "link")); err != nil {
		t.Log("this system makes no links for this user:", err)
		return
	}
	d, _ := silentDisk(t, filepath.Join(home, "link"))
	rows, err := d.readFolder(t.Context(), home)
	require.NoError(t, err)
	assert.Contains(t, rows, pickRow{name: "link", folder: true})
	assert.Contains(t, rows, pickRow{name: "a.bin"})
}
