package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"fotabench/devices"
	"fotabench/packages/library"
	"fotabench/packages/signature"
	"fotabench/updater/settings"
)

// What the settings verbs tell.
const (
	SettingUsual    devices.Code = "cli.settings.usual"    // value
	SettingNone     devices.Code = "cli.settings.none"     // –
	SettingSet      devices.Code = "cli.settings.set"      // name, value
	SettingCleared  devices.Code = "cli.settings.cleared"  // name, value
	SettingRenewed  devices.Code = "cli.settings.renewed"  // file
	SettingSound    devices.Code = "cli.settings.sound"    // file
	SettingAvoids   devices.Code = "cli.settings.avoids"   // ports
	SettingNotThere devices.Code = "cli.settings.notthere" // port
	PointLine       devices.Code = "cli.settings.point"    // name, APN, IPv4 or IPv6, user
	PointSecret     devices.Code = "cli.settings.pointsecret"
	PointKept       devices.Code = "cli.settings.pointkept"    // name
	PointDropped    devices.Code = "cli.settings.pointdropped" // name
	PointsNone      devices.Code = "cli.settings.pointsnone"
	AskSecret       devices.Code = "cli.settings.password"
)

const settingsHelp = `What the Settings page of the window shows, for scripts. It belongs to the data folder and holds for the window too,
also while that is open. Which folder that is says settings data-folder.

  baud              usual speed of serial ports, 300 to 4000000 bits a second
  avoid             ports that are never opened and not shown; see settings avoid
  recordings        how many recordings are kept, 1 to 10000
  recording-bytes   what they may take together, from 67108864 on; also as 500MB or 1GiB
  checkin-wait      how long a device that asks by itself may be silent after it was given a package, 1m to 2160h; 48h without a choice
  point             access points (APN); see settings point
  tls-ca, tls-cert, tls-key
                    PEM files that upgrade --tls-kept gives to a device
  proxy             how this computer reaches other hosts; see settings proxy
  watch             folder from which the window, and library import --watched, take packages
  library           folder of the packages, empty or a library already; nothing is moved there. A window heeds it from its next start on
  language          en, zh-Hans or system
  look              light, dark or system
  picked            folder in which the window begins where a file is picked; it keeps the last one there

Whose signatures count is set with fotabench keys.`

func (a *app) settingsCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "settings", Short: "show and change what holds for the data folder", Long: settingsHelp, Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return a.settingsShow("") },
	}
	show := &cobra.Command{
		Use: "show [NAME]", Short: "show all settings, or the value of one", Args: cobra.MaximumNArgs(1),
		ValidArgsFunction: a.fieldNames(1),
		RunE:              func(_ *cobra.Command, args []string) error { return a.settingsShow(append(args, "")[0]) },
	}
	set := &cobra.Command{
		Use: "set NAME VALUE", Short: "set what is one value; fotabench settings --help has the names", Args: cobra.ExactArgs(2),
		ValidArgsFunction: a.fieldValues,
		RunE:              func(c *cobra.Command, args []string) error { return a.settingsSet(c.Context(), args[0], args[1]) },
	}
	clearing := &cobra.Command{
		Use: "clear NAME…", Short: "take the usual values again", Args: cobra.MinimumNArgs(1),
		ValidArgsFunction: a.fieldNames(len(settings.Fields())),
		RunE:              func(c *cobra.Command, args []string) error { return a.settingsClear(c.Context(), args) },
	}
	c.AddCommand(show, set, clearing, a.avoidCommand(), a.pointCommand(), a.proxyCommand(), a.renewCommand(), a.dataFolderCommand())
	return c
}

// shown are all settings as --json prints them, with what holds where nobody chose.
type shown struct {
	DataFolder     string            `json:"dataFolder"`
	Library        string            `json:"library"`
	Baud           int               `json:"baud"`
	Avoid          []devices.Address `json:"avoid"`
	Recordings     int               `json:"recordings"`
	RecordingBytes int64             `json:"recordingBytes"`
	// Wait is in seconds.
	Wait     int64            `json:"checkInWait"`
	Points   []settings.Point `json:"accessPoints"`
	TLS      shownTLS         `json:"tls"`
	Proxy    shownProxy       `json:"proxy"`
	Watch    string           `json:"watch"`
	Language string           `json:"language"`
	Look     string           `json:"look"`
	Picked   string           `json:"picked"`
	Policy   signature.Policy `json:"policy"`
}

type shownTLS struct {
	CA   string `json:"ca"`
	Cert string `json:"cert"`
	Key  string `json:"key"`
}

type shownProxy struct {
	Mode    string `json:"mode"`
	Address string `json:"address"`
	User    string `json:"user"`
	// Forgot is true when the password that was kept is not for this proxy and user.
	Forgot bool `json:"passwordForgotten,omitempty"`
}

func (a *app) settingsShow(name string) error {
	s, err := settings.Read(a.folder)
	if err != nil {
		return err
	}
	if name != "" {
		return a.settingsValue(s, name)
	}
	ring, err := a.ring().Load()
	if err != nil {
		return err
	}
	if a.json {
		a.object(a.shownOf(s, ring.Policy))
		return nil
	}
	row := func(name, value string) { fmt.Fprintf(a.Out, "%-16s %s\n", name, value) }
	row("data-folder", a.folder)
	for _, f := range settings.Fields() {
		row(f.Name, a.value(f, s))
	}
	row("avoid", a.orNone(joined(s.Avoid)))
	row("proxy", proxyLine(s.Proxy))
	row("policy", string(ring.Policy))
	for _, p := range s.Points {
		row("point", a.pointLine(p))
	}
	return nil
}

func (a *app) shownOf(s settings.Settings, policy signature.Policy) shown {
	count, size := s.Kept()
	all := shown{
		DataFolder: a.folder, Library: s.LibraryIn(a.folder), Baud: s.Baud,
		Avoid: append([]devices.Address{}, s.Avoid...), Recordings: count, RecordingBytes: size, Wait: int64(s.Waits().Seconds()),
		Points: append([]settings.Point{}, s.Points...), TLS: shownTLS(s.TLS),
		Proxy: shownProxy{Mode: modeName(s.Proxy.Mode), Address: s.Proxy.Address, User: s.Proxy.User},
		Watch: s.Watch, Language: s.Language, Look: s.Look, Picked: s.Picked, Policy: policy,
	}
	for value, usual := range map[*string]string{&all.Language: "system", &all.Look: "system"} {
		if *value == "" {
			*value = usual
		}
	}
	if all.Baud == 0 {
		all.Baud = settings.UsualBaud
	}
	return all
}

// settingsValue prints one value, so that a script can take it as it is.
func (a *app) settingsValue(s settings.Settings, name string) error {
	f, err := settings.FieldOf(name)
	if err != nil {
		return err
	}
	value, usual := a.holds(f, s)
	a.line(map[string]any{"name": name, "value": value, "usual": usual}, value)
	return nil
}

// value is what holds, for people.
func (a *app) value(f settings.Field, s settings.Settings) string {
	value, usual := a.holds(f, s)
	if value != "" && usual {
		return a.book.Say(SettingUsual, value)
	}
	return a.orNone(value)
}

// holds is what holds, and whether that is the usual value. There is a library without a
// choice too.
func (a *app) holds(f settings.Field, s settings.Settings) (value string, usual bool) {
	if value, usual = f.Get(s); f.Name == settings.FieldLibrary {
		value = s.LibraryIn(a.folder)
	}
	return value, usual
}

func (a *app) orNone(text string) string {
	if text == "" {
		return a.book.Say(SettingNone)
	}
	return text
}

func joined(list []devices.Address) string {
	var all []string
	for _, at := range list {
		all = append(all, string(at))
	}
	return strings.Join(all, ", ")
}

// opens tells whether the folder that change sets can be a library: what is none must be
// told before anybody depends on it.
func (a *app) opens(ctx context.Context, change func(*settings.Settings)) error {
	var wanted settings.Settings
	change(&wanted)
	_, err := library.Open(ctx, wanted.LibraryIn(a.folder), library.Options{})
	return err
}

func (a *app) settingsSet(ctx context.Context, name, text string) error {
	f, err := settings.FieldOf(name)
	if err != nil {
		return err
	}
	change, err := f.Change(text, a.folder)
	if err != nil {
		return err
	}
	if name == settings.FieldLibrary {
		if err := a.opens(ctx, change); err != nil {
			return err
		}
	}
	s, err := settings.Change(ctx, a.folder, change)
	if err != nil {
		return err
	}
	value, _ := f.Get(s)
	a.line(map[string]any{"name": name, "value": value}, a.book.Say(SettingSet, name, value))
	return nil
}

func (a *app) settingsClear(ctx context.Context, names []string) error {
	var fields []settings.Field
	for _, name := range names {
		f, err := settings.FieldOf(name)
		if err != nil {
			return err
		}
		fields = append(fields, f)
	}
	s, err := settings.Change(ctx, a.folder, func(s *settings.Settings) {
		for _, f := range fields {
			f.Clear(s)
		}
	})
	if err != nil {
		return err
	}
	for _, f := range fields {
		value, _ := a.holds(f, s)
		a.line(map[string]any{"name": f.Name, "value": value}, a.book.Say(SettingCleared, f.Name, a.orNone(value)))
	}
	return nil
}

func (a *app) renewCommand() *cobra.Command {
	var yes bool
	c := &cobra.Command{
		Use: "renew --yes", Short: "begin anew where settings.json cannot be read; that file is put aside", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			_, err := settings.Read(a.folder)
			switch {
			case err == nil:
				a.line(map[string]any{"renewed": false}, a.book.Say(SettingSound, settings.File))
				return nil
			case !yes:
				return misuse("ports that were never to be opened may be opened then: repeat with --yes")
			}
			if _, err := settings.Renew(c.Context(), a.folder, func(*settings.Settings) {}); err != nil {
				return err
			}
			a.line(map[string]any{"renewed": true}, a.book.Say(SettingRenewed, settings.File))
			return nil
		},
	}
	c.Flags().BoolVar(&yes, "yes", false, "really begin anew")
	return c
}

// badSetting tells whether an error is about a value that a person gave for a setting.
func badSetting(err error) bool {
	known, is := errors.AsType[*devices.Error](err)
	return is && strings.HasPrefix(string(known.Note), "settings.bad.")
}
