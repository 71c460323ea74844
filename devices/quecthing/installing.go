package quecthing

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"fotabench/devices"
	"fotabench/devices/at"
	"fotabench/devices/repl/script"
)

// updateHead begins the lines with which a module says how far its update is (Quectel
// DFOTA guides).
const updateHead = `+QIND: "FOTA",`

// percentOf reads one such line: the percent, or -1 for another word of the update;
// false if it is no such line.
func percentOf(line string) (percent int, ok bool) {
	rest, ok := strings.CutPrefix(line, updateHead)
	if !ok {
		return 0, false
	}
	word, value, _ := strings.Cut(rest, ",")
	n, err := strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(value), "%")))
	if strings.Trim(word, ` "`) != "UPDATING" || err != nil || n < 0 || n > 100 {
		return -1, true
	}
	return n, true
}

// endOf reads how an update ended badly; false for any other line.
func endOf(line string) (devices.Said, bool) {
	rest, ok := strings.CutPrefix(line, updateHead)
	word, value, _ := strings.Cut(rest, ",")
	n, err := strconv.Atoi(strings.TrimSpace(value))
	if !ok || strings.Trim(word, ` "`) != "END" || err != nil || n <= 0 {
		return devices.Said{}, false
	}
	return devices.Said{Words: script.Printable(line), Code: n, HasCode: true}, true
}

// follow listens to a module that answers no command because it installs, as long as
// it goes on saying so: the link is gone in the end, or it answers again.
func (q *qiot) follow(ctx context.Context, access devices.Access, unanswered error) error {
	said := false
	for {
		inner, cancel := context.WithTimeout(ctx, q.patience(said))
		line, err := q.feed.Next(inner)
		late := inner.Err() != nil
		cancel()
		switch {
		case ctx.Err() != nil:
			return ended(ctx, "open")
		case err != nil && late && !said:
			return unanswered
		case err != nil && late:
			return fail("open", devices.Timeout, NoteSilent, int(q.driver.budgets.silence.Seconds()))
		case err != nil:
			return err
		}
		if end, ok := endOf(line); ok && access.Said != nil {
			access.Said(end)
		}
		percent, ok := percentOf(line)
		switch {
		case line == "RDY" && said:
			return q.client.Sync(ctx)
		case !ok:
			continue
		case percent >= 0:
			access.Installing(percent)
		}
		said = true
	}
}

// patience is how long follow waits for the next line; a module that has said nothing
// of an update is not waited for.
func (q *qiot) patience(said bool) time.Duration {
	if said {
		return q.driver.budgets.silence
	}
	return listen
}

// synchronise proves that AT answers, or follows a module that installs.
func (q *qiot) synchronise(ctx context.Context, access devices.Access) error {
	err := q.client.Sync(ctx)
	if err == nil || access.Installing == nil || ctx.Err() != nil || errors.Is(err, devices.Lost) {
		return err
	}
	return q.follow(ctx, access, err)
}

// wanted are the unsolicited lines that are kept.
func wanted(line string) bool {
	return line == "RDY" || strings.HasPrefix(line, eventHead) || strings.HasPrefix(line, updateHead)
}

// unsolicited begin lines that belong to no answer.
var unsolicited = at.Options{Unsolicited: []string{eventHead, "+QIND:"}}
