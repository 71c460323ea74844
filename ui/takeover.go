package ui

import (
	"context"
	"encoding/json"
	"slices"

	"fyne.io/fyne/v2"

	"fotabench/updater"
	"fotabench/updater/settings"
)

// The preferences in which the window kept settings before they belonged to the data
// folder.
const (
	prefLang      = "language"
	prefLook      = "appearance"
	prefWatch     = "watchFolder"
	prefPoints    = "accessPoints"
	prefCA        = "tlsCA"
	prefCert      = "tlsCertificate"
	prefKey       = "tlsKey"
	prefProxy     = "proxy"
	prefProxyUser = "proxyUser"
)

// relic is something that may still be in the preferences.
type relic struct {
	names []string
	// lacks tells whether the settings say nothing of it.
	lacks func(settings.Settings) bool
	take  func(*settings.Settings, fyne.Preferences)
}

func relics() []relic {
	text := func(name string, at func(*settings.Settings) *string) relic {
		return relic{[]string{name}, func(s settings.Settings) bool { return *at(&s) == "" }, func(s *settings.Settings, p fyne.Preferences) { *at(s) = p.String(name) }}
	}
	path := func(name string, at func(*settings.Settings) *string) relic {
		r := text(name, at)
		r.take = func(s *settings.Settings, p fyne.Preferences) {
			*at(s) = p.String(name)
			if whole, err := settings.Absolute(*at(s)); err == nil {
				*at(s) = whole
			}
		}
		return r
	}
	return []relic{
		text(prefLang, func(s *settings.Settings) *string { return &s.Language }),
		{[]string{prefLook}, func(s settings.Settings) bool { return s.Look == "" }, takeLook},
		path(prefWatch, func(s *settings.Settings) *string { return &s.Watch }),
		path(prefCA, func(s *settings.Settings) *string { return &s.TLS.CA }),
		path(prefCert, func(s *settings.Settings) *string { return &s.TLS.Cert }),
		path(prefKey, func(s *settings.Settings) *string { return &s.TLS.Key }),
		{[]string{prefProxy, prefProxyUser}, func(s settings.Settings) bool { return s.Proxy == settings.Proxy{} }, takeProxy},
		{[]string{prefPoints}, func(settings.Settings) bool { return true }, takePoints},
	}
}

// takeLook takes the look; that of the system is no choice.
func takeLook(s *settings.Settings, p fyne.Preferences) {
	if look := p.String(prefLook); look != "system" {
		s.Look = look
	}
}

func takeProxy(s *settings.Settings, p fyne.Preferences) {
	switch at := p.String(prefProxy); at {
	case "":
	case string(settings.Direct):
		s.Proxy = settings.Proxy{Mode: settings.Direct}
	default:
		s.Proxy = settings.Proxy{Mode: settings.Own, Address: at, User: p.String(prefProxyUser)}
	}
}

// takePoints adds the access points of which there is none by that name or id.
func takePoints(s *settings.Settings, p fyne.Preferences) {
	var list []settings.Point
	// What is no list was not written by this program; nothing secret is lost with it.
	if json.Unmarshal([]byte(p.String(prefPoints)), &list) != nil {
		return
	}
	for _, one := range list {
		if !slices.ContainsFunc(s.Points, func(x settings.Point) bool { return x.ID == one.ID || x.Name == one.Name }) {
			s.Points = append(s.Points, one)
		}
	}
}

// left tells whether some of it is in the preferences.
func (r relic) left(p fyne.Preferences) bool {
	return slices.ContainsFunc(r.names, func(name string) bool { return p.String(name) != "" })
}

// takeOver moves what is left in the preferences to the settings, where those say nothing.
// The preferences belong to no data folder: they are dropped once the usual one has
// them; until then another one takes a copy, as long as it has nothing of the kind itself.
// What cannot be kept stays where it is, and is told.
func takeOver(ctx context.Context, p fyne.Preferences, e house, usual bool, now settings.Settings) (settings.Settings, *updater.Note) {
	list := slices.DeleteFunc(relics(), func(r relic) bool { return !r.left(p) })
	own := !now.Equal(settings.Settings{Baud: now.Baud, Avoid: now.Avoid, Recordings: now.Recordings, RecordingBytes: now.RecordingBytes, Wait: now.Wait})
	if len(list) == 0 || !usual && own {
		return now, nil
	}
	var taken []relic
	s, err := e.Configure(ctx, func(s *settings.Settings) {
		taken = nil
		for _, r := range list {
			trial := s.Clone()
			if r.lacks(trial) {
				r.take(&trial, p)
			}
			if trial.Check() == nil {
				*s, taken = trial, append(taken, r)
			}
		}
	})
	if err != nil {
		return now, &updater.Note{Code: noteNotTaken, Args: []any{err.Error()}}
	}
	if usual {
		for _, r := range taken {
			for _, name := range r.names {
				p.RemoveValue(name)
			}
		}
	}
	if left := len(list) - len(taken); left > 0 {
		return s, &updater.Note{Code: noteLeftOver, Args: []any{left}}
	}
	return s, nil
}
