package origin

import (
	"net/http"
	"strconv"

	"fotabench/packages"
)

// served is one file of a share.
type served struct {
	name    string
	size    int64
	content *packages.Content
	tally   tally
	// What every answer says, made once.
	etag, length []string
}

func newServed(name string, content *packages.Content) *served {
	return &served{
		name: name, size: content.Size, content: content,
		etag:   []string{`"` + content.Digests[packages.SHA256] + `"`},
		length: []string{itoa(content.Size)},
	}
}

// constant are header values that all answers share; nobody writes to them.
type constant struct{ ranges, kind, cache []string }

func constants() constant {
	return constant{
		ranges: []string{"bytes"},
		kind:   []string{"application/octet-stream"},
		cache:  []string{"no-store, no-transform"},
	}
}

// portion is what one request wants of a file.
type portion struct {
	first, end int64
	status     int
}

// head writes the status and the header of one GET or HEAD. The keys are as the
// standards spell them, "ETag" and not Go's "Etag": some modules compare letters.
func (f *served) head(w http.ResponseWriter, r *http.Request, say constant) portion {
	f.tally.asked()
	header := w.Header()
	header["ETag"] = f.etag
	header["Accept-Ranges"] = say.ranges
	header["Content-Type"] = say.kind
	header["Cache-Control"] = say.cache
	wanted := r.Header.Get("Range")
	if condition := r.Header.Get("If-Range"); condition != "" && condition != f.etag[0] {
		wanted = ""
	}
	first, end, fit := cut(wanted, f.size)
	p := portion{first: first, end: end, status: http.StatusOK}
	switch fit {
	case rangeOutside:
		header["Content-Range"] = []string{"bytes */" + f.length[0]}
		p.status = http.StatusRequestedRangeNotSatisfiable
	case rangePart:
		header["Content-Range"] = []string{contentRange(first, end, f.size)}
		p.status = http.StatusPartialContent
	}
	if end-first == f.size {
		header["Content-Length"] = f.length
	} else {
		header["Content-Length"] = []string{itoa(end - first)}
	}
	w.WriteHeader(p.status)
	return p
}

func contentRange(first, end, size int64) string {
	b := append(make([]byte, 0, 64), "bytes "...)
	b = append(strconv.AppendInt(b, first, 10), '-')
	b = append(strconv.AppendInt(b, end-1, 10), '/')
	return string(strconv.AppendInt(b, size, 10))
}
