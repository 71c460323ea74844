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
	etag    string
	// said are the header lines of every answer. The names are as the standards
	// spell them, "ETag" and not Go's "Etag": some modules compare letters.
	said string
}

func newServed(name string, content *packages.Content) *served {
	etag := `"` + content.Digests[packages.SHA256] + `"`
	return &served{
		name: name, size: content.Size, content: content, etag: etag,
		said: "Accept-Ranges: bytes\r\nCache-Control: no-store, no-transform\r\n" +
			"Content-Type: application/octet-stream\r\nETag: " + etag + "\r\n",
	}
}

// portion is what one request wants of a file.
type portion struct {
	first, end int64
	status     int
}

// portion reads what a GET or HEAD wants.
func (f *served) portion(r *requestHead) portion {
	wanted := r.span
	if len(r.condition) > 0 && string(r.condition) != f.etag {
		wanted = nil
	}
	first, end, fit := cut(string(wanted), f.size)
	p := portion{first: first, end: end, status: http.StatusOK}
	switch fit {
	case rangeOutside:
		p.status = http.StatusRequestedRangeNotSatisfiable
	case rangePart:
		p.status = http.StatusPartialContent
	}
	return p
}

// appendHead appends the header lines that tell of a portion.
func (f *served) appendHead(b []byte, p portion) []byte {
	b = appendLength(append(b, f.said...), p.end-p.first)
	switch p.status {
	case http.StatusPartialContent:
		b = strconv.AppendInt(append(b, "Content-Range: bytes "...), p.first, 10)
		b = strconv.AppendInt(append(b, '-'), p.end-1, 10)
	case http.StatusRequestedRangeNotSatisfiable:
		b = append(b, "Content-Range: bytes *"...)
	default:
		return b
	}
	b = strconv.AppendInt(append(b, '/'), f.size, 10)
	return append(b, "\r\n"...)
}
