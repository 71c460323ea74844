package updater

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"fotabench/devices"
)

// Query selects upgrades. Its zero value selects all.
type Query struct {
	// Text is words of which each must occur in some field, without regard to case.
	Text string
	// Outcomes are results of which the upgrade must have one; none means any. Running
	// selects those that have not ended.
	Outcomes []Outcome
	// Model must begin the model's name, without regard to case.
	Model string
	// Digest must begin a digest of one of the package's files, in hex.
	Digest string
	// Since and Until bound when it was started: not before Since, before Until.
	Since, Until time.Time
	// Limit is how many are wanted, 0 means all.
	Limit int
}

// Filter gives those of records that q selects, in their order; a Query that selects
// all gives records themselves.
func (q Query) Filter(records []Record) []Record {
	words := strings.Fields(strings.ToLower(q.Text))
	if q.all(words) {
		if q.Limit > 0 {
			return records[:min(q.Limit, len(records))]
		}
		return records
	}
	var found []Record
	for i := range records {
		if q.Limit > 0 && len(found) == q.Limit {
			break
		}
		if q.selects(&records[i], words) {
			found = append(found, records[i])
		}
	}
	return found
}

// all tells whether every record is selected.
func (q Query) all(words []string) bool {
	return len(words) == 0 && len(q.Outcomes) == 0 && q.Model == "" && q.Digest == "" && q.Since.IsZero() && q.Until.IsZero()
}

func (q Query) selects(r *Record, words []string) bool {
	switch {
	case !q.Since.IsZero() && r.Started.Before(q.Since), !q.Until.IsZero() && !r.Started.Before(q.Until):
		return false
	case len(q.Outcomes) > 0 && !slices.Contains(q.Outcomes, r.Result()):
		return false
	case q.Model != "" && (r.Device == nil || !beginsFold(r.Device.Model, q.Model)):
		return false
	case q.Digest != "" && !hasDigest(r, strings.ToLower(q.Digest)):
		return false
	}
	return !slices.ContainsFunc(words, func(w string) bool { return !mentions(r, w) })
}

func beginsFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

func hasDigest(r *Record, prefix string) bool {
	for _, f := range r.Plan.Files {
		for _, hex := range f.Digests {
			if strings.HasPrefix(hex, prefix) {
				return true
			}
		}
	}
	return false
}

// mentions tells whether a field of r holds word, which is in lower case.
func mentions(r *Record, word string) bool {
	p := &r.Plan
	for _, text := range [...]string{
		r.Job, p.Package, p.Target, p.Family, string(p.Address), p.Place, p.ID, string(p.Method),
		p.Manifest.SourceVersion, string(r.Result()), string(r.Stage),
	} {
		if holdsFold(text, word) {
			return true
		}
	}
	return filesMention(r, word) || peopleMention(r, word) || planMentions(p, word) || slices.ContainsFunc(p.URLs, func(u string) bool { return holdsFold(u, word) })
}

// planMentions looks at what let it run without a person: the plan for many devices, also
// one that was deleted since, or the file with rules.
func planMentions(p *PlanRecord, word string) bool {
	if ro := p.Rollout; ro != nil && (holdsFold(ro.Name, word) || holdsFold(ro.Plan, word)) {
		return true
	}
	return p.Rule != nil && holdsFold(p.Rule.File, word)
}

func filesMention(r *Record, word string) bool {
	for i := range r.Plan.Files {
		f := &r.Plan.Files[i]
		if holdsFold(f.Name, word) {
			return true
		}
		for _, hex := range f.Digests {
			if holdsFold(hex, word) {
				return true
			}
		}
	}
	return false
}

// peopleMention looks at who ran it, on which device, and what went wrong.
func peopleMention(r *Record, word string) bool {
	if w := r.Where; w != nil && (holdsFold(w.By, word) || holdsFold(w.User, word) || holdsFold(w.Host, word)) {
		return true
	}
	if s := r.Settled; s != nil && (identityMentions(s.Device, word) || noteMentions(&s.Note, word)) {
		return true
	}
	return identityMentions(r.Device, word) || noteMentions(r.Ending, word) || failureMentions(r, word)
}

func failureMentions(r *Record, word string) bool {
	if s := r.Said; s != nil && (holdsFold(s.Words, word) || holdsFold(string(s.Why), word)) {
		return true
	}
	f := r.Failure
	return f != nil && (holdsFold(f.Said, word) || holdsFold(f.Text, word) || holdsFold(string(f.Note.Code), word))
}

// identityMentions looks at what a device said of itself, also of its modules.
func identityMentions(d *devices.Identity, word string) bool {
	if d == nil {
		return false
	}
	for _, text := range [...]string{d.Model, d.IMEI, d.Serial, d.Firmware, d.Vendor, d.Runtime} {
		if holdsFold(text, word) {
			return true
		}
	}
	for _, text := range d.Extra {
		if holdsFold(text, word) {
			return true
		}
	}
	return false
}

// noteMentions looks at what a remark names, such as the version that the device reported.
func noteMentions(n *Note, word string) bool {
	return n != nil && slices.ContainsFunc(n.Args, func(a any) bool {
		text, is := a.(string)
		return is && holdsFold(text, word)
	})
}

// holdsFold tells whether text holds word, which is in lower case. It makes nothing
// on the way: thousands of records are asked at every key.
func holdsFold(text, word string) bool {
	if len(word) == 0 {
		return true
	}
	for i := 0; i+len(word) <= len(text); i++ {
		if c := text[i]; c >= utf8.RuneSelf || word[0] >= utf8.RuneSelf {
			return strings.Contains(strings.ToLower(text), word)
		}
		if text[i]|0x20 == word[0]|0x20 && strings.EqualFold(text[i:i+len(word)], word) {
			return true
		}
	}
	return false
}
