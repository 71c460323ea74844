package ui

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"fotabench/devices"
	"fotabench/ui/widgets"
	"fotabench/updater"
	"fotabench/updater/settings"
)

// portsSection is about serial ports: how fast, and which never.
type portsSection struct {
	w     *window
	root  *fyne.Container
	speed *widgets.SelectEntry
	avoid *widgets.Entry
	said  *widgets.Prose
	shown string
}

// usualSpeeds are offered, in bits a second.
var usualSpeeds = []string{"9600", "57600", "115200", "230400", "460800", "921600"}

func newPortsSection(w *window) *portsSection {
	b, s := w.book, &portsSection{w: w, said: newSaid()}
	s.speed = widgets.NewSelectEntry(usualSpeeds)
	s.speed.PlaceHolder = b.Say(noteUsualSpeed)
	s.avoid = widgets.NewEntry(b.Say(noteAvoidHint), w.escape)
	s.avoid.MultiLine = true
	s.avoid.SetMinRowsVisible(3)
	s.root = column(10, w.labelled(labelSpeed, narrow(s.speed)), w.labelled(labelAvoid, s.avoid),
		container.NewHBox(widgets.NewButton(b.Say(actKeep), s.keep, w.escape)), s.said)
	return s
}

// render shows what was read; what a person has typed since stays.
func (s *portsSection) render() {
	at := &s.w.state.settings
	key := fmt.Sprint(at.houseOK, at.house.Baud, at.house.Avoid)
	if key == s.shown {
		return
	}
	s.shown = key
	s.speed.SetText(number(at.house.Baud))
	var lines []string
	for _, a := range at.house.Avoid {
		lines = append(lines, string(a))
	}
	s.avoid.SetText(strings.Join(lines, "\n"))
	s.root.Refresh()
}

// keep makes what was typed hold. Who says here which ports to leave alone may begin
// anew where nobody can read that any more.
func (s *portsSection) keep() {
	w, speed := s.w, func(house *updater.Settings) { house.Baud = 0 }
	if text := strings.TrimSpace(s.speed.Text); text != "" {
		baud, err := settings.FieldOf("baud")
		if err == nil {
			speed, err = baud.Change(text, w.folder)
		}
		if err != nil {
			w.tellSaved(s.said, err)
			return
		}
	}
	var avoid []devices.Address
	for at := range strings.Lines(s.avoid.Text) {
		if at = strings.TrimSpace(at); at != "" && !slices.Contains(avoid, devices.Address(at)) {
			avoid = append(avoid, devices.Address(at))
		}
	}
	w.keepBy(s.said, func(ctx context.Context) (updater.Settings, error) {
		return w.engine.Renew(ctx, func(house *updater.Settings) {
			speed(house)
			house.Avoid = avoid
		})
	}, nil)
}

// retentionSection is about what may fill the disk.
type retentionSection struct {
	w           *window
	root        *fyne.Container
	count, size *widget.Select
	counts      []int
	sizes       []int64
	said        *widgets.Prose
	shown       string
}

// The choices, and what holds where nobody chose (updater.Settings).
var (
	keptCounts = []int{5, 10, 20, 50, 100, 200, 500, 1000}
	keptSizes  = []int64{100 << 20, 200 << 20, 500 << 20, 1 << 30, 2 << 30, 5 << 30}
)

func newRetentionSection(w *window) *retentionSection {
	s := &retentionSection{w: w, said: newSaid(), count: widget.NewSelect(nil, nil), size: widget.NewSelect(nil, nil)}
	s.root = column(10, line(14, w.labelled(labelRecordings, narrow(s.count)), w.labelled(labelRecordingBytes, narrow(s.size))), s.said)
	return s
}

func (s *retentionSection) render() {
	at, b := &s.w.state.settings, s.w.book
	key := fmt.Sprint(at.houseOK, at.house.Recordings, at.house.RecordingBytes)
	if key == s.shown {
		return
	}
	s.shown = key
	count, size := at.house.Kept()
	s.counts, s.sizes = with(keptCounts, count), with(keptSizes, size)
	s.count.OnChanged, s.size.OnChanged = nil, nil
	s.count.Options, s.size.Options = nil, nil
	for _, n := range s.counts {
		s.count.Options = append(s.count.Options, b.Say(noteKeptCount, n))
	}
	for _, n := range s.sizes {
		s.size.Options = append(s.size.Options, b.Say(noteKeptSize, n))
	}
	s.count.SetSelectedIndex(slices.Index(s.counts, count))
	s.size.SetSelectedIndex(slices.Index(s.sizes, size))
	s.count.OnChanged, s.size.OnChanged = s.keep, s.keep
}

// keep makes the choice hold.
func (s *retentionSection) keep(string) {
	count, size := s.counts[max(0, s.count.SelectedIndex())], s.sizes[max(0, s.size.SelectedIndex())]
	s.w.configure(s.said, func(house *updater.Settings) { house.Recordings, house.RecordingBytes = count, size })
}

// with is a sorted list that has one more in its place.
func with[T int | int64](list []T, one T) []T {
	i, there := slices.BinarySearch(list, one)
	if there {
		return list
	}
	return slices.Insert(slices.Clone(list), i, one)
}
