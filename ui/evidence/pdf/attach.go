package pdf

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// attachments adds files and gives the catalog's entries for them (ISO 32000-1,
// section 7.11.4), in the order of their names as a name tree asks for.
func (w *writer) attachments(files []attachment) string {
	if len(files) == 0 {
		return ""
	}
	var names, list strings.Builder
	for _, f := range files {
		stream := w.stream(mark(f.name)+" /Subtype /"+strings.ReplaceAll(f.media, "/", "#2F"), f.data)
		spec := w.add(fmt.Sprintf("<< /Type /Filespec /F (%[1]s) /UF (%[1]s) /AFRelationship /Data /EF << /F %[2]d 0 R >> >>", plain(f.name), stream))
		fmt.Fprintf(&names, "(%s) %d 0 R ", plain(f.name), spec)
		fmt.Fprintf(&list, "%d 0 R ", spec)
	}
	return fmt.Sprintf("/Names << /EmbeddedFiles << /Names [ %s] >> >> /AF [ %s] ", names.String(), list.String())
}

// mark begins the dictionary of an attached file.
func mark(name string) string { return "/Type /EmbeddedFile /FotabenchName (" + plain(name) + ")" }

// Attached finds a file that Attach put into a file of this package; nil if it is not
// there, or there twice. It is no PDF reader: it finds nothing in a file that another
// program has written anew.
func Attached(file []byte, name string) []byte {
	begin := []byte("<< " + mark(name))
	at := bytes.Index(file, begin)
	if at < 0 || bytes.Contains(file[at+len(begin):], begin) {
		return nil
	}
	const end = " >>\nstream\n"
	rest := file[at+len(begin):]
	stop := bytes.Index(rest, []byte(end))
	if stop < 0 {
		return nil
	}
	_, length, ok := strings.Cut(string(rest[:stop]), "/Length ")
	n, err := strconv.Atoi(length)
	rest = rest[stop+len(end):]
	if !ok || err != nil || n < 0 || n > len(rest) || !bytes.HasPrefix(rest[n:], []byte("\nendstream")) {
		return nil
	}
	return rest[:n:n]
}
