package micropython

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"path"
	"slices"
	"strings"
)

var errUnzip = errors.New("sim: unpacking ended early")

// unzip unpacks as the firmware's miniunz.c does: it joins the folder and the
// name as they are, passes over a file that cannot be opened, and stops at the
// first that cannot be read or written. atMost, if not negative, is how many
// entries are unpacked before it fails.
func (d *disk) unzip(data []byte, folder string, atMost int) error {
	archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return err
	}
	for i, entry := range archive.File {
		if i == atMost {
			return errUnzip
		}
		if err := d.extract(entry, folder); err != nil {
			return err
		}
	}
	return nil
}

func (d *disk) extract(entry *zip.File, folder string) error {
	const encrypted = 1
	if entry.Flags&encrypted != 0 {
		return errUnzip
	}
	for i, r := range entry.Name {
		if r == '/' {
			d.mkdir(path.Clean(folder + entry.Name[:i])) // one that is there is fine
		}
	}
	if strings.HasSuffix(entry.Name, "/") {
		return nil
	}
	body, err := entry.Open()
	if err != nil {
		return err
	}
	defer body.Close()
	content, err := io.ReadAll(io.LimitReader(body, d.capacity+1))
	if err != nil {
		return err
	}
	if e := d.put(path.Clean(folder+entry.Name), content); e == enospc {
		return errUnzip
	}
	return nil
}

// append adds to a file that is there.
func (d *disk) append(p string, data []byte) errno {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := d.nodes[p]
	if n == nil || n.dir {
		return enoent
	}
	return d.write(n, int64(len(n.data)), data, false)
}

// copy keeps a folder with all in it, for put back.
func (d *disk) copy(folder string) map[string]node {
	d.mu.Lock()
	defer d.mu.Unlock()
	kept := map[string]node{}
	for _, p := range d.below(folder) {
		if n := d.nodes[p]; n != nil {
			kept[p] = node{dir: n.dir, data: slices.Clone(n.data)}
		}
	}
	return kept
}

// putBack makes a folder what it was when it was copied.
func (d *disk) putBack(folder string, kept map[string]node) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, p := range d.below(folder) {
		delete(d.nodes, p)
	}
	for p, n := range kept {
		d.nodes[p] = &n
	}
}
