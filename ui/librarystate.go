package ui

import (
	"slices"
	"time"

	"fotabench/packages/library"
	"fotabench/ui/lab"
	"fotabench/ui/words"
	"fotabench/updater/rollout"
)

// libraryState is what the library page shows, as a value.
type libraryState struct {
	view   library.View
	filter library.Filter
	// trash shows what was removed instead of what is there.
	trash bool
	// shown are the entries that the filter keeps, in its order.
	shown []*library.Entry
	// chosen is the ID of the one that is looked at; wanted is what is to be chosen as soon
	// as it is shown.
	chosen, wanted string
	// proofs are what devices here have proved.
	proofs rollout.Proofs
	// doing says what is under way, "" if nothing; done and total are bytes.
	doing       string
	done, total int64
	trouble     *words.Trouble
	// refused is what was not taken in, until the person has read it.
	refused []refusal
	changes int       // of refused
	heeded  time.Time // of the library's last notice that was taken in
	// told says what was just done.
	told libraryTold
	// signed is who signed what is on the page.
	signed judged
	// waiting are the imports that come next, in the order in which they were asked for.
	waiting []func()
	typed   typedURL
}

// look takes in what the library holds.
func (s *libraryState) look(v library.View) {
	s.view = v
	s.heed(v.Notices)
	s.sort()
}

// sort applies the filter.
func (s *libraryState) sort() {
	from := s.view.Entries
	if s.trash {
		from = s.view.Trash
	}
	f := s.filter
	f.Unreadable = true // what cannot be read must be seen
	s.shown = f.Apply(from, time.Now(), s.isProved)
	if slices.ContainsFunc(s.shown, func(e *library.Entry) bool { return e.ID == s.wanted }) {
		s.chosen, s.wanted = s.wanted, ""
	}
	if s.entry() == nil {
		s.chosen = ""
		if len(s.shown) > 0 {
			s.chosen = s.shown[0].ID
		}
	}
}

// entry is the chosen one, nil if it is not shown.
func (s *libraryState) entry() *library.Entry {
	i := s.index()
	if i < 0 {
		return nil
	}
	return s.shown[i]
}

func (s *libraryState) index() int {
	return slices.IndexFunc(s.shown, func(e *library.Entry) bool { return e.ID == s.chosen })
}

// remember takes in what devices have proved.
func (s *libraryState) remember(proofs rollout.Proofs) {
	s.proofs = proofs
	s.sort()
}

// isProved tells whether a real device here has proved the package.
func (s *libraryState) isProved(id string) bool {
	all := s.view.Entries
	if s.trash {
		all = s.view.Trash
	}
	for _, e := range all {
		if e.ID == id {
			return len(lab.Standing(e, s.proofs).Jobs) > 0
		}
	}
	return false
}
