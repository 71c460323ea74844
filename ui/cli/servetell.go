package cli

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"fotabench/ui/bench"
	"fotabench/ui/words"
)

// tell says that services are on, and what devices must be given.
func (o *stand) tell(fresh []bench.Service) {
	for _, st := range o.Bench.Status() {
		if !st.On || !slices.Contains(fresh, st.Service) {
			continue
		}
		text := fmt.Sprintf("%-12s %s", st.Service, st.Address)
		for _, r := range st.Remarks {
			text += "\n  " + o.book.Say(r.Code, r.Args...)
		}
		o.say(note{Event: "on", Service: string(st.Service), Address: st.Address}, text)
	}
}

// kept says that a plan file was not taken up.
func (o *stand) kept(file string, err error) {
	text := o.book.Say(ServeKept, file, o.why(err))
	o.say(note{Event: "kept", Plan: file, Text: text}, o.now(text))
}

// now is a line of the log for people.
func (o *stand) now(text string) string { return time.Now().Format(time.TimeOnly) + "  " + text }

// why is an error in words where there are some, with its technical text.
func (o *stand) why(err error) string {
	t := words.Explain(err)
	if t.Code == "" || !o.book.Has(t.Code) {
		return o.book.Raw(t.Detail)
	}
	what, remedy := o.book.Trouble(t)
	return strings.TrimSpace(what+" "+remedy) + " (" + o.book.Raw(t.Detail) + ")"
}

// counts tells what the services that are on have seen, as the Bench page shows it; for
// people, only what there was of.
func (o *stand) counts() {
	for _, st := range o.Bench.Status() {
		if !st.On {
			continue
		}
		n := note{Event: "counts", Service: string(st.Service), Counts: map[string]int64{}}
		var parts []string
		for _, c := range st.Counters {
			n.Counts[strings.TrimPrefix(string(c.Code), "bench.count.")] = c.Value
			if c.Value > 0 {
				parts = append(parts, o.book.Say(c.Code)+" "+o.counted(c))
			}
		}
		if o.json || len(parts) > 0 {
			o.say(n, o.now(fmt.Sprintf("%-12s %s", st.Service, strings.Join(parts, " · "))))
		}
	}
}

// counted is a counter's value for people.
func (o *stand) counted(c bench.Counter) string {
	if c.Bytes {
		return o.book.Say(SizeBytes, c.Value)
	}
	return fmt.Sprint(c.Value)
}
