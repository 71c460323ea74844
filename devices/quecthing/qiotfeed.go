package quecthing

import (
	"context"
	"time"
)

// nextLine is the next line; late is true if none came.
func (q *qiot) nextLine(ctx context.Context) (line string, late bool, err error) {
	if len(q.kept) > 0 {
		line, q.kept = q.kept[0], q.kept[1:]
		return line, false, nil
	}
	inner, cancel := context.WithTimeout(ctx, listen)
	defer cancel()
	line, err = q.feed.Next(inner)
	return line, inner.Err() != nil, err
}

// forgetStart drops the word of a module's start, which so far came before anything that
// is asked here: it is no restart. What else came is kept.
func (q *qiot) forgetStart(ctx context.Context) {
	var kept []string
	for {
		line, _, err := q.nextLine(ctx)
		if err != nil {
			q.kept = kept
			return
		}
		if line != "RDY" {
			kept = append(kept, line)
		}
	}
}

// listen is how long events waits for a line.
const listen = 20 * time.Millisecond
