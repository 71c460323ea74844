package cli

import (
	"bufio"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"fotabench/devices"
	"fotabench/packages/durable"
	"fotabench/ui/lab"
	"fotabench/updater/rollout"
	"fotabench/updater/rollout/roster"
)

// draftFlags are what the window's form has, for plan create and plan edit: a flag that was
// given counts instead of what the document or the draft says, one with nothing in it empties
// a list.
type draftFlags struct {
	name, zone, window, english, chinese, method, listen   string
	packages, expect, models, sources, allow, deny, ranges []string
	allowFile, denyFile, rangeFile                         string
	battery, signal, atOnce, stopAfter                     int
	silent, stopProgram                                    bool
	changed                                                func(flag string) bool
}

// flags puts the flags on a verb.
func (f *draftFlags) flags(c *cobra.Command) {
	set := c.Flags()
	f.changed = set.Changed
	set.StringVar(&f.name, "name", "", "what the plan is called")
	set.StringArrayVar(&f.packages, "package", nil, "a package of the library, by its id (repeatable, in the order in which they are installed)")
	set.StringArrayVar(&f.expect, "expect", nil, "what the device must report afterwards, where the package does not say it (repeatable, one for each package)")
	set.StringArrayVar(&f.models, "model", nil, "only models that begin so (repeatable)")
	set.StringArrayVar(&f.sources, "source", nil, "only devices that run this version (repeatable)")
	set.StringArrayVar(&f.allow, "allow", nil, "only this device: an IMEI, or imei:…, sn:…, mac:… (repeatable)")
	set.StringVar(&f.allowFile, "allow-file", "", "a text file with such devices, one a line")
	set.StringArrayVar(&f.deny, "deny", nil, "never this device, whatever else is said (repeatable)")
	set.StringVar(&f.denyFile, "deny-file", "", "a text file with such devices, one a line")
	set.StringArrayVar(&f.ranges, "range", nil, "only IMEIs from one to another, FIRST-LAST (repeatable)")
	set.StringVar(&f.rangeFile, "range-file", "", "a text file with such ranges, one a line")
	set.IntVar(&f.battery, "min-battery", 0, "least charge of the battery in percent")
	set.IntVar(&f.signal, "min-signal", 0, "least signal, CSQ 0 to 31")
	set.StringVar(&f.zone, "zone", "", "the time zone of --window, such as Asia/Shanghai (default: this desk's)")
	set.StringVar(&f.window, "window", "", "when upgrades may begin each day, in whole hours: 22-6; 0-24 is the whole day")
	set.BoolVar(&f.silent, "silent", false, "ask nobody")
	set.StringVar(&f.english, "ask-en", "", "ask for each device, with this text where the language is English; --ask-zh is needed too")
	set.StringVar(&f.chinese, "ask-zh", "", "ask for each device, with this text where the language is Chinese; --ask-en is needed too")
	set.IntVar(&f.atOnce, "at-once", 0, "how many devices are upgraded at once, 1 to 64")
	set.IntVar(&f.stopAfter, "stop-after", 0, "pause when so many devices have failed; 0 is never")
	set.StringVar(&f.method, "method", "", "how packages travel: local, answer, mqtt, http, ftp; own is each device's own way")
	set.StringVar(&f.listen, "listen", "", "ADDRESS:PORT at which devices fetch packages that this computer serves")
	set.BoolVar(&f.stopProgram, "stop-program", false, "programs on devices may be interrupted")
	completed(c, "zone", lab.Zones(""))
	completed(c, "method", []string{"own", "local", "answer", "mqtt", "http", "ftp"})
}

// given tells whether any of them was.
func (f *draftFlags) given(c *cobra.Command) bool {
	given := false
	c.LocalNonPersistentFlags().VisitAll(func(one *pflag.Flag) { given = given || one.Changed })
	return given
}

// put puts what was given into a draft. Errors are those of usage.
func (f *draftFlags) put(p *rollout.Plan) error {
	if f.changed("name") {
		p.Name = f.name
	}
	if err := f.parts(p); err != nil {
		return err
	}
	for flag, list := range map[string]struct {
		from []string
		to   *[]string
	}{"model": {f.models, &p.Targets.Models}, "source": {f.sources, &p.Targets.Sources}} {
		if f.changed(flag) {
			*list.to = pieces(list.from)
		}
	}
	if err := f.lists(&p.Targets); err != nil {
		return err
	}
	for flag, number := range map[string]struct{ from, to *int }{
		"min-battery": {&f.battery, &p.MinBattery}, "min-signal": {&f.signal, &p.MinSignal},
		"at-once": {&f.atOnce, &p.Parallel}, "stop-after": {&f.stopAfter, &p.StopAfter},
	} {
		if f.changed(flag) {
			*number.to = *number.from
		}
	}
	if err := f.times(p); err != nil {
		return err
	}
	if err := f.question(p); err != nil {
		return err
	}
	return f.delivery(&p.Delivery)
}

// parts are the packages, and what they make a device report.
func (f *draftFlags) parts(p *rollout.Plan) error {
	if f.changed("package") {
		p.Components = nil
		for _, id := range pieces(f.packages) {
			p.Components = append(p.Components, rollout.Component{Package: id})
		}
	}
	if !f.changed("expect") {
		return nil
	}
	if len(f.expect) > len(p.Components) {
		return misuse("--expect is given %d times for %d packages", len(f.expect), len(p.Components))
	}
	p.Components = slices.Clone(p.Components)
	for i, version := range f.expect {
		p.Components[i].Expect = strings.TrimSpace(version)
	}
	return nil
}

// lists are the devices that are meant, and those that are not.
func (f *draftFlags) lists(t *rollout.Targets) error {
	for _, list := range []struct {
		flag, file string
		typed      []string
		to         *[]string
	}{{"allow", f.allowFile, f.allow, &t.Allow}, {"deny", f.denyFile, f.deny, &t.Deny}} {
		entries, err := f.listed(list.flag, list.typed, list.file)
		if err != nil {
			return err
		}
		if entries == nil {
			continue
		}
		for i, text := range entries {
			entries[i] = deviceID(text)
			if _, ok := rollout.Entry(entries[i]); !ok {
				return misuse("--%s %q: it is an IMEI of 15 digits, imei:…, sn:… or mac:…", list.flag, text)
			}
		}
		*list.to = union(nil, entries)
	}
	entries, err := f.listed("range", f.ranges, f.rangeFile)
	if err != nil || entries == nil {
		return err
	}
	t.Ranges = nil
	for _, text := range entries {
		r, ok := rollout.Range(text)
		if !ok {
			return misuse("--range %q: it is FIRST-LAST, two IMEIs", text)
		}
		t.Ranges = append(t.Ranges, r)
	}
	return nil
}

// listed is what was typed for a list and what stands in its file; nil if neither was given.
func (f *draftFlags) listed(flag string, typed []string, path string) ([]string, error) {
	if !f.changed(flag) && !f.changed(flag+"-file") {
		return nil, nil
	}
	list := append([]string{}, pieces(typed)...)
	if !f.changed(flag + "-file") {
		return list, nil
	}
	before := len(list)
	file, err := durable.Open(path)
	if err != nil {
		return nil, usageError{err}
	}
	defer file.Close()
	lines := bufio.NewScanner(io.LimitReader(file, roster.MaxBytes))
	for lines.Scan() {
		list = append(list, pieces([]string{strings.TrimPrefix(lines.Text(), "\ufeff")})...)
		if len(list) > rollout.MaxEntries {
			return nil, misuse("--%s-file %q has more than %d entries", flag, path, rollout.MaxEntries)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, misuse("--%s-file %q: %w", flag, path, err)
	}
	if len(list) == before { // an empty list is for everybody
		return nil, misuse("--%s-file %q names nobody; --%s \"\" empties the list", flag, path, flag)
	}
	return list, nil
}

// pieces are the entries of texts, which commas may separate; what is empty is none.
func pieces(texts []string) []string {
	var all []string
	for _, text := range texts {
		for _, s := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(",，;；\n", r) }) {
			if s = strings.TrimSpace(s); s != "" {
				all = append(all, s)
			}
		}
	}
	return all
}

// windowForm is two hours.
var windowForm = regexp.MustCompile(`^(\d{1,2})(?::00)?\s*[-–]\s*(\d{1,2})(?::00)?$`)

// times are the zone and the window.
func (f *draftFlags) times(p *rollout.Plan) error {
	if f.changed("zone") {
		p.Zone = strings.TrimSpace(f.zone)
	}
	if !f.changed("window") {
		return nil
	}
	m := windowForm.FindStringSubmatch(strings.TrimSpace(f.window))
	if m == nil {
		return misuse("--window %q: it is two hours, such as 22-6", f.window)
	}
	p.Window.From, _ = strconv.Atoi(m[1]) // digits only
	p.Window.To, _ = strconv.Atoi(m[2])
	return nil
}

// question says whether people are asked, and what.
func (f *draftFlags) question(p *rollout.Plan) error {
	asks := f.changed("ask-en") || f.changed("ask-zh")
	switch {
	case asks && f.silent:
		return misuse("either --silent or --ask-en and --ask-zh")
	case f.silent:
		p.Confirm = rollout.Silent
	case asks:
		texts := map[string]string{}
		for lang, text := range p.Texts {
			texts[lang] = text
		}
		for flag, said := range map[string][2]string{"ask-en": {rollout.English, f.english}, "ask-zh": {rollout.Chinese, f.chinese}} {
			if f.changed(flag) {
				texts[said[0]] = strings.TrimSpace(said[1])
			}
		}
		p.Confirm, p.Texts = rollout.Confirmed, texts
	}
	return nil
}

// delivery says how packages travel.
func (f *draftFlags) delivery(d *rollout.Delivery) error {
	if f.changed("method") {
		switch f.method {
		case "own":
			d.Method = ""
		case "local", "answer", "mqtt", "http", "ftp":
			d.Method = devices.Method(f.method)
		default:
			return misuse("--method %q is none of own, local, answer, mqtt, http, ftp", f.method)
		}
	}
	if f.changed("listen") {
		d.Listen = strings.TrimSpace(f.listen)
	}
	if f.changed("stop-program") {
		d.StopProgram = f.stopProgram
	}
	return nil
}
