package origin

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"fotabench/devices"
)

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// refusal sorts the answers that are not the file: what a person must change,
// what is not there, and what may pass.
func (s *webSite) refusal(resp *http.Response) error {
	status := resp.StatusCode
	switch status {
	case http.StatusUnauthorized:
		return coded(devices.Locked, NoteLogin, status, s.f.url.Host)
	case http.StatusProxyAuthRequired:
		return coded(devices.Locked, NoteProxyLogin, status)
	case http.StatusForbidden:
		return coded(devices.Denied, NoteForbidden, status, s.f.url.Host)
	case http.StatusNotFound:
		return coded(devices.Absent, NoteMissing, status, s.f.url.Host)
	case http.StatusGone:
		return coded(devices.Absent, NoteGone, status, s.f.url.Host)
	case http.StatusPartialContent, http.StatusRequestedRangeNotSatisfiable:
		return coded(devices.Protocol, NoteRange, status)
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		after := retryAfter(resp.Header.Get("Retry-After"), time.Now())
		return &again{err: coded(devices.Busy, NoteBusy, status, s.f.url.Host, status, after.Seconds()), after: after}
	case http.StatusRequestTimeout, http.StatusInternalServerError, http.StatusBadGateway, http.StatusGatewayTimeout:
		return &again{err: coded(devices.Refused, NoteServer, status, s.f.url.Host, status)}
	}
	return coded(devices.Refused, NoteStatus, status, s.f.url.Host, status)
}

// retryAfter reads a Retry-After of seconds or of a date (RFC 9110, 10.2.3);
// zero if there is none that makes sense.
func retryAfter(value string, now time.Time) time.Duration {
	value = strings.TrimSpace(value)
	if seconds, err := strconv.Atoi(value); err == nil && seconds >= 0 && seconds <= int(24*time.Hour/time.Second) {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(value); err == nil && at.After(now) {
		return at.Sub(now)
	}
	return 0
}

var errContentRange = errors.New("content-range makes no sense")

// parseContentRange reads "bytes first-last/total"; total is -1 for "*".
func parseContentRange(value string) (first, last, total int64, err error) {
	rest, ok := strings.CutPrefix(strings.TrimSpace(value), "bytes ")
	span, size, ok2 := strings.Cut(rest, "/")
	from, to, ok3 := strings.Cut(span, "-")
	if !ok || !ok2 || !ok3 {
		return 0, 0, 0, errContentRange
	}
	total = -1
	if size != "*" {
		total, err = digits(size)
	}
	first, err1 := digits(from)
	last, err2 := digits(to)
	if err != nil || err1 != nil || err2 != nil || last < first || total >= 0 && last >= total {
		return 0, 0, 0, errContentRange
	}
	return first, last, total, nil
}

// digits reads a number without sign or space, as HTTP has them.
func digits(s string) (int64, error) {
	n, err := strconv.ParseUint(strings.TrimSpace(s), 10, 63)
	return int64(n), err
}
