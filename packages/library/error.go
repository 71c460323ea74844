package library

import (
	"errors"
	"io/fs"
	"os"
	"syscall"

	"fotabench/packages"
)

// The refusals of a library. The comment gives the Args of each.
const (
	Foreign  packages.Code = "library.foreign"  // folder
	Newer    packages.Code = "library.newer"    // folder
	Gone     packages.Code = "library.gone"     // folder
	Unmarked packages.Code = "library.unmarked" // folder
	ReadOnly packages.Code = "library.readOnly" // folder
	Full     packages.Code = "library.full"     // folder
	Busy     packages.Code = "library.busy"     // folder
	Fetching packages.Code = "library.fetching" // address that is being downloaded
	Failed   packages.Code = "library.failed"   // folder

	Unknown    packages.Code = "library.unknown"    // id as given
	NotRemoved packages.Code = "library.notRemoved" // id as given
	Ambiguous  packages.Code = "library.ambiguous"  // id as given
	InUse      packages.Code = "library.inUse"      // name
	Disputed   packages.Code = "library.disputed"   // name, field, value, source, other value, other source
	NotGreen   packages.Code = "library.notGreen"   // name
	NoReason   packages.Code = "library.noReason"   // –
	Occupied   packages.Code = "library.occupied"   // file that is there already
	NotFolder  packages.Code = "library.notFolder"  // folder
	BadAddress packages.Code = "library.badAddress" // –
	Lookalike  packages.Code = "library.lookalike"  // file, package

	FolderAway packages.Code = "library.folder.away" // watched folder
	FolderMany packages.Code = "library.folder.many" // watched folder, how many files are looked at
)

// What is wrong with an entry: Entry.Unreadable, Check.Problem, and the code of the
// error of who wants to use it nevertheless.
const (
	EntryNewer   packages.Code = "library.entry.newer"   // file of the entry
	EntryDamaged packages.Code = "library.entry.damaged" // file of the entry
	Altered      packages.Code = "library.altered"       // file name
	Lost         packages.Code = "library.lost"          // file name
)

// The notices: what the library did by itself.
const (
	NoticeAside    packages.Code = "library.notice.aside"    // file of the entry, where it is now
	NoticeFinished packages.Code = "library.notice.finished" // name
	NoticeReadOnly packages.Code = "library.notice.readOnly" // folder
	NoticeEmptied  packages.Code = "library.notice.emptied"  // name
	NoticeMade     packages.Code = "library.notice.made"     // folder
	NoticeMarked   packages.Code = "library.notice.marked"   // folder
	NoticeGBK      packages.Code = "library.notice.gbk"      // name, files that were read as GBK
	NoticeOther    packages.Code = "library.notice.other"    // name, name and first digits of the package with the same files in another order
	NoticeLacking  packages.Code = "library.notice.lacking"  // name and first digits of a package with which no upgrade begins yet
	NoticeLeft     packages.Code = "library.notice.left"     // folder that could not be removed
)

// trouble types what a file system said while op was done in the library; other
// errors stay as they are.
func (l *Library) trouble(op string, err error) error {
	if err == nil || codeOf(err) != "" || !ofFiles(err) {
		return err
	}
	code := Failed
	switch {
	case isFull(err):
		code = Full
	case isReadOnly(err) || errors.Is(err, fs.ErrPermission):
		code = ReadOnly
	case l.marked() != nil:
		return l.gone(op, err)
	}
	return &packages.Error{Op: op, Code: code, Args: []any{l.dir}, Err: err}
}

// ofFiles tells whether an error is one of a file system.
func ofFiles(err error) bool {
	var path *fs.PathError
	var link *os.LinkError
	var call *os.SyscallError
	var number syscall.Errno
	return errors.As(err, &path) || errors.As(err, &link) || errors.As(err, &call) || errors.As(err, &number)
}

// refuse is the refusal of op for a package or file called name.
func refuse(op, name string, code packages.Code, args ...any) error {
	return &packages.Error{Op: op, File: name, Code: code, Args: append([]any{name}, args...)}
}
