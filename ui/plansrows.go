package ui

import (
	"fmt"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	base "fyne.io/fyne/v2/theme"

	"fotabench/devices"
	"fotabench/ui/theme"
	"fotabench/ui/widgets"
	"fotabench/ui/words"
	"fotabench/updater/rollout"
)

func newPlanDeviceRow() fyne.CanvasObject {
	text := column(2, widgets.NewLine("", widgets.Bold()), widgets.NewLine("", widgets.Color(theme.Dim), widgets.Size(base.SizeNameCaptionText)))
	bar := container.New(&fixedWidth{90}, container.NewVBox(pad(12, 0, 0, 0, widgets.NewBar())))
	return pad(3, 3, 2, 4, border(nil, nil, pad(0, 0, 0, 10, container.NewCenter(widgets.NewBadge(widgets.Plain, "", 18))), pad(0, 0, 10, 0, bar), text))
}

func (p *plansPage) fillDevice(i int, o fyne.CanvasObject) {
	s, b := &p.w.state.plans, p.w.book
	if i >= len(s.shown) {
		return
	}
	badge, lines, rest := rowParts(o)
	d := s.shown[i]
	badge.Set(deviceMood(d.Status))
	lines[0].(*widgets.Line).Set(planDeviceName(b, d))
	lines[1].(*widgets.Line).Set(planDeviceLine(b, d))
	room := rest[0].(*fyne.Container)
	narrow := room.Objects[0].(*fyne.Container)
	bar := narrow.Objects[0].(*fyne.Container).Objects[0].(*fyne.Container).Objects[0].(*widgets.Bar)
	bar.Set(d.Part)
	if runs := d.Status == rollout.Running; runs != room.Visible() {
		hide(room, !runs) // the text has its room
		o.(*fyne.Container).Objects[0].Refresh()
	}
}

// planDeviceName is who a device is.
func planDeviceName(b *words.Book, d rollout.Device) string {
	parts := []string{strings.TrimPrefix(strings.TrimPrefix(d.ID, "imei:"), "sn:"), d.Model}
	if d.Simulated {
		parts = append(parts, b.Say(notePlanSim))
	}
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), " · ")
}

// planDeviceLine is how a device stands, what it runs, and why.
func planDeviceLine(b *words.Book, d rollout.Device) string {
	parts := []string{statusName(b, d.Status)}
	if said := func(arg any) bool { return fmt.Sprint(arg) == d.Version }; d.Version != "" && !slices.ContainsFunc(d.Reason.Args, said) {
		parts = append(parts, d.Version)
	}
	switch {
	case d.Status == rollout.Running && d.Stage != "" && d.Total > 0:
		parts[0] = b.Say(notePlanRunning, devices.Code("stage."+string(d.Stage)), int(100*d.Done/d.Total))
	case d.Status == rollout.Running && d.Stage != "":
		parts[0] = b.Say(devices.Code("stage." + string(d.Stage))) // which nobody can measure
	default:
		parts = append(parts, b.Note(d.Reason))
	}
	if !d.Here && d.Status != rollout.Verified && d.Status != rollout.Current && d.Reason.Code != rollout.WhyAway && d.Reason.Code != rollout.WhyLooked {
		parts = append(parts, b.Say(notePlanAway))
	}
	return strings.Join(parts, " · ")
}

// planDeviceWhole is all that is known of a device, for where there is room.
func planDeviceWhole(b *words.Book, o rollout.Overview, d rollout.Device) string {
	lines := []string{planDeviceName(b, d), planDeviceLine(b, d)}
	if d.Status == rollout.Asking && o.Plan.State != rollout.Draft {
		lines[1] = b.Say(notePlanAsks, o.Plan.Texts[b.Lang()])
	}
	if d.Version != "" && !d.Heard.IsZero() {
		lines = append(lines, b.Say(notePlanHeard, d.Version, d.Heard.Local().Format("2006-01-02 15:04:05")))
	}
	for _, c := range d.Checks {
		line := b.Say(devices.Code("ui.check."+c.Name)) + ": "
		if c.Fact.Code == d.Reason.Code {
			line = "" // it stands there already
		} else {
			line += b.Note(c.Fact)
		}
		if c.Remedy != nil {
			line = strings.TrimSpace(line + " " + b.Note(*c.Remedy))
		}
		if line != "" {
			lines = append(lines, line)
		}
	}
	if d.Reason.Code == rollout.WhyWould || d.Reason.Code == rollout.WhyWouldAsk {
		lines = append(lines, b.Say(rollout.PreviewLater))
	}
	return strings.Join(lines, "\n")
}
