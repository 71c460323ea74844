package origin

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"path"
	"time"

	ftpserver "github.com/fclairamb/ftpserverlib"
	"github.com/spf13/afero"
)

// shelf is what one session sees: a folder with the files of its share. Everything
// that would change it is refused by the file system below, which is empty and
// read-only.
type shelf struct {
	afero.Fs
	of     *session
	client ftpserver.ClientContext
	byPath map[string]*served
}

func newShelf(of *session, client ftpserver.ClientContext) *shelf {
	s := &shelf{Fs: afero.NewReadOnlyFs(afero.NewMemMapFs()), of: of, client: client, byPath: map[string]*served{}}
	for _, f := range of.share.files {
		s.byPath["/"+f.name] = f
	}
	return s
}

// Stat implements afero.Fs. The library asks it before a rename: that is where one
// is refused.
func (s *shelf) Stat(name string) (os.FileInfo, error) {
	f := s.byPath[name]
	switch {
	case s.client.GetLastCommand() == "RNFR":
		return nil, errReadOnly
	case f != nil:
		return entry{f.name, f.size, s.of.begun}, nil
	case name == "/":
		return entry{"/", -1, s.of.begun}, nil
	}
	return nil, errMissing
}

// ReadDir implements ftpserver.ClientDriverExtensionFileList.
func (s *shelf) ReadDir(string) ([]os.FileInfo, error) {
	all := make([]os.FileInfo, 0, len(s.byPath))
	for _, f := range s.of.share.files {
		all = append(all, entry{f.name, f.size, s.of.begun})
	}
	return all, nil
}

// What a device hears instead of a file. They say no more than that.
var (
	errMissing  = errors.New("no such file")
	errReadOnly = errors.New("nothing can be changed here")
	errOffset   = errors.New("the file is not that long")
)

// GetHandle implements ftpserver.ClientDriverExtentionFileTransfer.
func (s *shelf) GetHandle(name string, flags int, offset int64) (ftpserver.FileTransfer, error) {
	s.of.host.traffic.requests.Add(1)
	f, err := s.byPath[name], error(nil)
	switch {
	case flags != os.O_RDONLY:
		err = errReadOnly
	case f == nil:
		err = errMissing
	case offset < 0 || offset > f.size:
		err = errOffset
	}
	d := &download{
		of: s.of, file: f, from: offset,
		entry: Access{At: time.Now(), Method: oneLine(s.client.GetLastCommand(), longestMethod), Path: maskPath(name)},
	}
	if offset != 0 {
		d.entry.Range = "bytes=" + itoa(offset) + "-"
	}
	if err == nil && !s.of.begin() {
		err = net.ErrClosed
	}
	if err != nil {
		d.entry.Status = ftpserver.StatusActionNotTaken
		s.of.log(d.entry)
		return nil, err
	}
	f.tally.asked()
	d.Reader = bytes.NewReader(f.content.Bytes())
	return d, nil
}

// download is one file on its way.
type download struct {
	// Reader keeps the position that the library seeks to.
	*bytes.Reader
	of    *session
	file  *served
	from  int64
	entry Access
}

// WriteTo sends the rest of the file.
func (d *download) WriteTo(to io.Writer) (int64, error) {
	conn, ok := to.(*net.TCPConn)
	if !ok {
		return 0, errors.ErrUnsupported
	}
	d.entry.Status = ftpserver.StatusClosingDataConn
	out := outlet{conn: conn, patient: true, period: slowWrite}
	sent, err := d.file.hand(&out, time.Now(), nil, d.Size()-int64(d.Len()), d.Size(), d.of.host.traffic.sent)
	d.entry.Bytes = sent
	if err == nil {
		// Whether it arrived, nobody asks: devices that fetch over FTP are on a cable, and
		// speak for themselves.
		d.file.tally.took(d.Size()-int64(d.Len()), d.Size())
	}
	return sent, err
}

// TransferError implements ftpserver.FileTransferError: it is called before Close.
func (d *download) TransferError(error) {
	d.entry.Cut = true
	if d.entry.Status == 0 {
		d.entry.Status = ftpserver.StatusCannotOpenDataConnection
	} else {
		d.entry.Status = ftpserver.StatusTransferAborted
	}
}

// Write refuses: nothing can be changed here.
func (d *download) Write([]byte) (int, error) { return 0, errReadOnly }

// Close is the end of the download.
func (d *download) Close() error {
	d.of.log(d.entry)
	d.of.transfers.Done()
	return nil
}

// entry is what is said about a file, or with a negative size about the folder.
type entry struct {
	name string
	size int64
	at   time.Time
}

// Name implements fs.FileInfo.
func (e entry) Name() string { return path.Base(e.name) }

// Size implements fs.FileInfo.
func (e entry) Size() int64 { return max(0, e.size) }

// Mode implements fs.FileInfo: anybody may read.
func (e entry) Mode() fs.FileMode {
	if e.IsDir() {
		return fs.ModeDir | 0o555
	}
	return 0o444
}

// ModTime implements fs.FileInfo.
func (e entry) ModTime() time.Time { return e.at }

// IsDir implements fs.FileInfo.
func (e entry) IsDir() bool { return e.size < 0 }

// Sys implements fs.FileInfo.
func (e entry) Sys() any { return nil }
