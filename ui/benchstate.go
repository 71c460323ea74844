package ui

import (
	"crypto/tls"
	"fmt"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"fotabench/devices"
	"fotabench/devices/checkin"
	"fotabench/ui/bench"
	"fotabench/ui/widgets"
	"fotabench/ui/words"
	"fotabench/updater"
	"fotabench/updater/origin"
)

// benchState is what the bench page shows, as a value.
type benchState struct {
	services []bench.Status
	guests   []checkin.Guest
	counts   checkin.Counts
	// unwritten is what keeps records of what rules give from being written, if it has a code.
	unwritten updater.Note
	// chosen is the service whose details are shown.
	chosen bench.Service
	// trouble is why a service could not be switched on, by service.
	trouble map[bench.Service]words.Trouble
	// turning are those that are being switched.
	turning map[bench.Service]bool
	// listen is what was typed for a service that is off.
	listen map[bench.Service]string
	// user and password are for somebody else's broker.
	user, password string
	// tls is what the HTTPS host shows and asks for.
	tls tlsState
	// tlsDue: it was chosen while the host was being switched, which does not know it yet;
	// tlsWrong: the host's trouble is what was chosen.
	tlsDue, tlsWrong bool
	// plan says what decides.
	plan planState
	// marked is the device that is chosen in the list.
	marked devices.Address
}

// tlsState are the choices for a host over TLS: the places of the versions in
// tlsVersions, and PEM files.
type tlsState struct {
	least, most   int
	cert, key, ca string
}

// tlsVersions can be chosen, the oldest first.
var tlsVersions = []struct {
	name    string
	version uint16
}{{"TLS 1.0", tls.VersionTLS10}, {"TLS 1.1", tls.VersionTLS11}, {"TLS 1.2", tls.VersionTLS12}, {"TLS 1.3", tls.VersionTLS13}}

// host reads the files that are named.
func (t tlsState) host() (*origin.TLSHost, error) {
	h := &origin.TLSHost{
		MinVersion: tlsVersions[t.least].version, MaxVersion: tlsVersions[t.most].version,
		CertFile: t.cert, KeyFile: t.key, ClientCAFile: t.ca,
	}
	for _, f := range []struct {
		path string
		text *[]byte
	}{{t.cert, &h.CertPEM}, {t.key, &h.KeyPEM}, {t.ca, &h.ClientCAPEM}} {
		text, err := origin.ReadPEM(f.path)
		if err != nil {
			return nil, err
		}
		*f.text = []byte(text)
	}
	h.RequireClient = len(h.ClientCAPEM) > 0
	return h, nil
}

// planState is what decides what devices are given unasked.
type planState struct {
	kind planKind
	name string // of the plan file or package
}

type planKind string

// What decides.
const (
	planNobody  planKind = "nobody"
	planPackage planKind = "package"
	planFile    planKind = "file"
)

func newBenchState() benchState {
	return benchState{
		chosen: bench.LuatHTTP, trouble: map[bench.Service]words.Trouble{}, turning: map[bench.Service]bool{},
		listen: map[bench.Service]string{}, tls: tlsState{most: len(tlsVersions) - 1}, plan: planState{kind: planNobody},
	}
}

// status is how the chosen service stands.
func (s *benchState) status() bench.Status {
	for _, st := range s.services {
		if st.Service == s.chosen {
			return st
		}
	}
	return bench.Status{Service: s.chosen}
}

// address is where the chosen service is, or would be, listening.
func (s *benchState) address(st bench.Status) string {
	if typed, ok := s.listen[st.Service]; ok && !st.On {
		return typed
	}
	return st.Listen
}

// serviceLine says in a few words how a service stands.
func (s *benchState) serviceLine(b *words.Book, st bench.Status) (string, widgets.Mood) {
	switch _, failed := s.trouble[st.Service]; {
	case s.turning[st.Service]:
		return b.Say(noteTurning), widgets.Wait
	case st.On:
		mood := widgets.Good
		if len(st.Remarks) > 0 {
			mood = widgets.Look
		}
		return b.Say(noteServiceOn), mood
	case failed:
		return b.Say(noteNotOn), widgets.Bad
	}
	return b.Say(noteServiceOff), widgets.Plain
}

// counterLine lists a service's counters.
func counterLine(b *words.Book, st bench.Status) string {
	parts := make([]string, 0, len(st.Counters))
	for _, c := range st.Counters {
		value := humanize.Comma(c.Value)
		if c.Bytes {
			value = b.Say(noteBytes, c.Value)
		}
		parts = append(parts, b.Say(c.Code)+" "+value)
	}
	return strings.Join(parts, " · ")
}

// remarkText says what a person should know of a service.
func (s *benchState) remarkText(b *words.Book, st bench.Status) string {
	var lines []string
	if t, failed := s.trouble[st.Service]; failed && !st.On {
		what, remedy := b.Trouble(t)
		lines = append(lines, strings.TrimSpace(what+" "+remedy))
	}
	for _, r := range st.Remarks {
		lines = append(lines, b.Say(r.Code, r.Args...))
	}
	return strings.Join(lines, "\n")
}

// guestMood is the badge of a device.
func guestMood(p checkin.Phase) widgets.Mood {
	switch p {
	case checkin.Verified:
		return widgets.Good
	case checkin.Failed:
		return widgets.Bad
	case checkin.Refused:
		return widgets.Look
	case checkin.Armed, checkin.Fetching, checkin.Waiting:
		return widgets.Wait
	}
	return widgets.Plain
}

// guestTitle is who a device is and what it runs.
func guestTitle(g checkin.Guest) string {
	version := g.Identity.Firmware
	if g.Target != "" && g.Phase != checkin.Verified && g.Phase != checkin.Idle && g.Phase != checkin.Refused {
		version += " → " + g.Target
	}
	return strings.TrimPrefix(strings.TrimPrefix(g.Identity.ID(), "imei:"), "sn:") + " · " + version
}

// guestLine is what was decided and why, from where it asked and when.
func guestLine(b *words.Book, g checkin.Guest, now time.Time) string {
	why := b.Say(g.Why.Code, g.Why.Args...)
	if g.Phase == checkin.Waiting {
		why += " " + b.Say(noteSince, now.Sub(g.Since).Seconds())
	}
	return fmt.Sprintf("%s · %s · %s · %s", why, g.Service, g.From, b.Say(noteAgo, now.Sub(g.Seen).Round(time.Second).Seconds()))
}

// guestShare is how much of a package a device has, and whether that is worth
// showing.
func guestShare(g checkin.Guest) (float64, bool) {
	if g.Total <= 0 || g.Phase != checkin.Fetching && g.Phase != checkin.Waiting && g.Phase != checkin.Armed {
		return 0, false
	}
	return min(1, float64(g.Done)/float64(g.Total)), true
}

// unwrittenLine says what keeps records from being written, "" for nothing.
func (s *benchState) unwrittenLine(b *words.Book) string {
	if s.unwritten.Code == "" {
		return ""
	}
	return b.Note(s.unwritten)
}

// planLine says what decides.
func (s *benchState) planLine(b *words.Book) string {
	switch s.plan.kind {
	case planPackage:
		return b.Say(notePlanPackage, s.plan.name)
	case planFile:
		return b.Say(notePlanFile, s.plan.name)
	}
	return b.Say(notePlanNobody)
}
