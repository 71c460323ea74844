package link

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"github.com/gofrs/flock"

	"fotabench/devices"
)

// maxHolder bounds what is read of another instance's note, in bytes.
const maxHolder = 4096

// Claim keeps a port or device for one instance of this program on this
// computer. id is the port's address or the device's identity, who is how this
// instance is named to the second one, which gets an error of kind Busy with
// that name and the process id. The claim ends with release or with the
// process, however it ends: the lock is the kernel's. dir is shared by all
// instances and made if need be.
func Claim(dir, id, who string) (release func(), err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("link: claim: %w", err)
	}
	base := filepath.Join(dir, claimName(id))
	lock := flock.New(base+".lock", flock.SetPermissions(0o666))
	got, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("link: claim: %w", errors.Join(err, lock.Close()))
	}
	// Who it is stands beside the lock: Windows lets nobody read a locked file.
	note := base + ".txt"
	if !got {
		return nil, errors.Join(claimed(id, note), lock.Close())
	}
	text := fmt.Sprintf("%s\n%d\n%s\n", strings.ReplaceAll(bounded(who), "\n", " "), os.Getpid(), bounded(id))
	if err := os.WriteFile(note, []byte(text), 0o644); err != nil {
		return nil, fmt.Errorf("link: claim: %w", errors.Join(err, lock.Close()))
	}
	return sync.OnceFunc(func() {
		// The lock file stays: removing it would let two hold it at once.
		_ = os.Remove(note)
		_ = lock.Close()
	}), nil
}

// claimed is the refusal; it names the first if its note can be read.
func claimed(id, note string) error {
	e := &devices.Error{Op: "link: claim", At: bounded(id), Kind: devices.Busy, Note: NoteBusy, Args: []any{bounded(id)}}
	file, err := os.Open(note)
	if err != nil {
		return e // it holds the lock and has not said its name yet
	}
	defer file.Close()
	buf := make([]byte, maxHolder)
	n, _ := file.Read(buf)
	lines := strings.Split(string(buf[:n]), "\n")
	if len(lines) < 2 {
		return e
	}
	pid, err := strconv.Atoi(lines[1])
	if err != nil {
		return e
	}
	who := bounded(lines[0])
	e.Detail = fmt.Sprintf("%s (process %d)", who, pid)
	e.Note, e.Args = NoteClaimed, []any{bounded(id), who, pid}
	return e
}

// claimName is a file name that a person can recognise and nobody can break out
// of.
func claimName(id string) string {
	readable := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return '-'
	}, bounded(id))
	sum := sha256.Sum256([]byte(id))
	return strings.Trim(readable[:min(40, len(readable))], "-") + "-" + hex.EncodeToString(sum[:6])
}
