package origin

import (
	"bytes"
	"net/http"
	"net/url"
	"strconv"
	"sync/atomic"
	"time"
)

// find looks for what lies under a target: an exact path of ours, or any other
// spelling of it. It returns the HTTP status if the request has to be refused.
func (h *Host) find(asked *requestHead) (spot, int) {
	there, ok := h.lookUp(asked.target)
	if !ok {
		u, err := url.ParseRequestURI(string(asked.target))
		if err != nil {
			return spot{}, http.StatusBadRequest
		}
		if there, ok = h.lookUp([]byte(u.Path)); !ok {
			return spot{masked: maskPath(u.Path)}, http.StatusNotFound
		}
	}
	if !asked.reads() {
		return there, http.StatusMethodNotAllowed
	}
	return there, 0
}

func (h *Host) lookUp(path []byte) (spot, bool) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	there, ok := h.byPath[string(path)]
	return there, ok
}

// serve answers a request for a file of ours.
func (v *visit) serve(asked *requestHead, begun time.Time, there spot) Access {
	f := there.file
	f.tally.asked()
	p := f.portion(asked)
	if p.first > 0 && bytes.HasSuffix(asked.span, []byte("-")) && !asked.onlyHead() {
		f.tally.resumed(p.first)
	}
	v.text = f.appendHead(appendStatus(v.text[:0], asked.old, p.status), p)
	v.text = appendEnd(v.text, v.host.calendar.date(begun), asked.old, asked.last())
	if asked.onlyHead() {
		p.end = p.first
	}
	sent, err := f.hand(&v.out, begun, v.text, p.first, p.end, v.host.traffic.sent)
	if sent > 0 && err == nil {
		v.last = sending{f, p.first, p.end}
	}
	return Access{At: begun, Path: there.masked, Status: p.status, Bytes: sent, Cut: err != nil}
}

// refusal is an answer without a body, the last one of its connection.
func (v *visit) refusal(asked *requestHead, status int) []byte {
	v.text = appendLength(appendStatus(v.text[:0], asked.old, status), 0)
	if status == http.StatusMethodNotAllowed {
		v.text = append(v.text, "Allow: GET, HEAD\r\n"...)
	}
	return appendEnd(v.text, v.host.calendar.date(time.Now()), asked.old, true)
}

// appendStatus begins an answer, in the version of the request, RFC 9112, 4.
func appendStatus(b []byte, old bool, status int) []byte {
	if old {
		b = append(b, "HTTP/1.0 "...)
	} else {
		b = append(b, "HTTP/1.1 "...)
	}
	b = append(strconv.AppendInt(b, int64(status), 10), ' ')
	return append(append(b, http.StatusText(status)...), "\r\n"...)
}

func appendLength(b []byte, length int64) []byte {
	return append(strconv.AppendInt(append(b, "Content-Length: "...), length, 10), "\r\n"...)
}

// appendEnd ends a head: it says the date, and what becomes of the connection where
// the version does not.
func appendEnd(b []byte, date string, old, last bool) []byte {
	b = append(append(append(b, "Date: "...), date...), "\r\n"...)
	switch {
	case last:
		b = append(b, "Connection: close\r\n"...)
	case old:
		b = append(b, "Connection: keep-alive\r\n"...)
	}
	return append(b, "\r\n"...)
}

// calendar writes the date once a second.
type calendar struct{ page atomic.Pointer[datePage] }

type datePage struct {
	second int64 // since 1970
	text   string
}

// date is a time as HTTP writes it.
func (c *calendar) date(now time.Time) string {
	page := c.page.Load()
	if second := now.Unix(); page == nil || page.second != second {
		page = &datePage{second, now.UTC().Format(http.TimeFormat)}
		c.page.Store(page)
	}
	return page.text
}
