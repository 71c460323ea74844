package quecthing

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"fotabench/devices"
	"fotabench/devices/repl/script"
)

// find gives the customer's function for a component.
func (q *qth) find(component string) (module, function string, ok bool) {
	if q.platform == nil {
		return "", "", false
	}
	for _, part := range q.platform.MCU {
		if part.Component == component {
			return handover(part)
		}
	}
	return "", "", false
}

func (q *qth) carries(component string) error {
	if _, _, ok := q.find(component); !ok {
		return fail("deliver", devices.Unsupported, NoteNoHandover, component)
	}
	if q.versions[component] == "" {
		return fail("deliver", devices.Refused, NoteNoVersion, component)
	}
	return nil
}

func (q *qth) drop(ctx context.Context) {
	if _, err := q.ask(ctx, "clean up", "drop.py", arguments{"path": storePath}); err == nil {
		q.fetched = false
	}
}

// fetch lets the module bring the image into its file system, with the digests
// computed on the way.
func (q *qth) fetch(ctx context.Context, im image, report devices.Report) (digests, error) {
	q.fetched = true
	a, err := q.ask(ctx, "fetch", "fetch.py", arguments{"component": im.component, "path": storePath})
	if err != nil {
		return digests{}, err
	}
	if n, ok := a.Number("status"); !ok || n != 200 {
		e := fail("fetch", devices.Refused, NoteStatus, n)
		e.Code, e.HasCode = n, ok
		return digests{}, e
	}
	for changed, done := time.Now(), int64(0); ; {
		a, err := q.ask(ctx, "fetch", "fetchmore.py", nil)
		if err != nil {
			return digests{}, err
		}
		if a["gone"] != "" {
			return digests{}, fail("fetch", devices.Lost, NoteGone)
		}
		n, _ := strconv.ParseInt(a["size"], 10, 64)
		if n > done {
			done, changed = n, time.Now()
			report.Progress(done, totalOf(im, done))
		}
		if a["over"] != "" {
			return digestsOf(a, n)
		}
		if budget := q.driver.budgets.silence; time.Since(changed) > budget {
			return digests{}, fail("fetch", devices.Timeout, NoteSilent, int(budget.Seconds()))
		}
	}
}

// totalOf is how long an image is said to be; one that is longer than that has no
// known end.
func totalOf(im image, done int64) int64 {
	if im.size < done {
		return 0
	}
	return im.size
}

func digestsOf(a script.Answer, size int64) (digests, error) {
	n, err := strconv.ParseUint(a["crc"], 10, 32)
	if err != nil {
		return digests{}, fmt.Errorf("quecthing: fetch: %w", err)
	}
	crc := uint32(n)
	return digests{size: size, md5: strings.ToLower(a.Text("md5")), crc: &crc}, nil
}

// opHand is the operation that has the customer's budget.
const opHand = "hand over"

func (q *qth) handOver(ctx context.Context, component string) (string, error) {
	module, function, ok := q.find(component)
	if !ok {
		return "", fail(opHand, devices.Unsupported, NoteNoHandover, component)
	}
	a, err := q.ask(ctx, opHand, "handover.py", arguments{"module": module, "function": function, "path": storePath})
	if err != nil {
		return "", err
	}
	version := a.Text("version")
	if version == "" || len(version) > maxVersion || !plainText(version) {
		return "", fail(opHand, devices.Protocol, NoteVersionText, component, version)
	}
	q.versions[component] = version
	a, err = q.ask(ctx, "report", "report.py", arguments{"component": component, "version": version})
	if err == nil && a["ret"] != "yes" {
		err = fail("report", devices.Refused, NoteRefused, "Qth.setMcuVer")
	}
	return version, err
}
