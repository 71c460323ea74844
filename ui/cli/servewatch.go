package cli

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"fotabench/ui/bench"
)

// watched are files that are taken up together when one of them changes.
type watched struct {
	paths []string
	// taken is how they were when they were read last, last how at the last look.
	taken, last []edition
	// asked is true where they are taken up also when somebody asks and none of them
	// changed: what they name may have.
	asked  bool
	takeUp func(context.Context)
}

func (w *watched) now() []edition {
	all := make([]edition, len(w.paths))
	for i, p := range w.paths {
		all[i] = editionOf(p)
	}
	return all
}

// again takes the files up as they are now.
func (w *watched) again(ctx context.Context) {
	w.taken = w.now()
	w.last = w.taken
	w.takeUp(ctx)
}

// look takes the files up if they changed and look the same twice.
func (w *watched) look(ctx context.Context) {
	now := w.now()
	if slices.Equal(now, w.last) && !slices.Equal(now, w.taken) {
		w.again(ctx)
	}
	w.last = now
}

// files are those that are watched: the plan or those of the one package, those of the HTTPS host, and the authority of
// a broker.
func (s serving) files() (plan, host, broker []string) {
	named := func(paths ...string) []string {
		return slices.DeleteFunc(paths, func(p string) bool { return p == "" })
	}
	return named(append([]string{s.plan}, s.pkg...)...), named(s.cert, s.key, s.client), named(s.ca)
}

// follows tells whether there is a file that may change while the services run.
func (s serving) follows() bool {
	plan, host, broker := s.files()
	return len(plan)+len(host)+len(broker) > 0
}

// watch notes how the files, and the trusted keys by which the plan's packages are judged, are before they are read for the first time.
func (o *stand) watch() {
	plan, host, broker := o.files()
	var ring []string
	if o.gives() {
		ring = []string{o.desk.Ring()}
	}
	for _, w := range []*watched{
		{paths: plan, asked: true, takeUp: o.again},
		{paths: ring, takeUp: o.judged},
		{paths: host, asked: true, takeUp: o.secureAgain},
		{paths: broker, takeUp: func(context.Context) { o.brokerAgain() }},
	} {
		if len(w.paths) > 0 {
			w.taken = w.now()
			w.last = w.taken
			o.watched = append(o.watched, w)
		}
	}
}

// follow takes up each change of the files, until ctx ends; anew asks for it at once.
func (o *stand) follow(ctx context.Context, anew <-chan struct{}) {
	look, counts := ticks(planLook), ticks(o.every)
	if len(o.watched) == 0 {
		look = ticks(0)
	}
	defer look.Stop()
	defer counts.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-anew:
			for _, w := range o.watched {
				if w.asked || !slices.Equal(w.now(), w.taken) {
					w.again(ctx)
				}
			}
		case <-counts.C:
			o.counts()
		case <-look.C:
			for _, w := range o.watched {
				w.look(ctx)
			}
		}
	}
}

// ticks is a ticker that never ticks where no time is given.
func ticks(every time.Duration) *time.Ticker {
	if every > 0 {
		return time.NewTicker(every)
	}
	never := time.NewTicker(time.Hour)
	never.Stop()
	return never
}

// secureAgain takes up the TLS files of the HTTPS host as they are now: whoever connects next
// is shown them, whoever fetches goes on. Files with a mistake are told, and change nothing;
// while the plan has no HTTPS host too, for it may name one later.
func (o *stand) secureAgain(context.Context) {
	var names []string
	for _, p := range []string{o.cert, o.key, o.client} {
		if p != "" {
			names = append(names, filepath.Base(p))
		}
	}
	files := strings.Join(names, ", ")
	next, err := o.tls()
	told := ServeTLS
	switch {
	case err != nil:
	case o.on[bench.HTTPS] != "":
		err = o.Bench.Secure(*next)
	default:
		told, err = ServeTLSOff, next.Check()
	}
	if err != nil {
		text := o.book.Say(ServeTLSKept, files, o.why(err))
		o.say(note{Event: "kept", Service: string(bench.HTTPS), Text: text}, o.now(text))
		return
	}
	o.secure = next
	text := o.book.Say(told, files)
	o.say(note{Event: "tls", Service: string(bench.HTTPS), Text: text}, o.now(text))
}

// brokerAgain says that the authority of a broker is taken up at the next start only: a
// connection that is lost comes back by the one that was read.
func (o *stand) brokerAgain() {
	text := o.book.Say(ServeOld, filepath.Base(o.ca))
	o.say(note{Event: "old", Service: string(bench.MQTTClient), Text: text}, o.now(text))
}
