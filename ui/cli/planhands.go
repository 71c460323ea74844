package cli

import (
	"context"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"fotabench/devices"
	"fotabench/devices/link"
	"fotabench/ui/words"
)

// opening says how the plans are opened.
type opening struct {
	// only are the plans that may be carried out; none means all.
	only []string
	// hands are devices whose ports were named: only they are seen then, whether a
	// discoverer finds them or not; none means all that are found.
	hands []devices.Sighting
	// guest is a device that asks by itself, by its id: only it is seen then, from when it
	// asked; "" leaves hands to say who is seen.
	guest string
	// guests lets those that ask by themselves be seen beside hands: their service was
	// switched on.
	guests bool
	// still keeps every upgrade from beginning.
	still bool
	// by is who upgrades, "" if nobody said so.
	by     string
	access func(devices.Sighting) devices.Access
	// seen gets the devices that are meant whenever they are told anew.
	seen func([]devices.Sighting)
	// proxy is how URLs are proved, as in origin.Request; nil is as the environment says.
	proxy func() (string, error)
}

// presence is an engine that sees the devices that were named by hand, if any were.
type presence struct {
	Engine
	opening
}

// Sightings implements rollout.Engine.
func (e *presence) Sightings(ctx context.Context, see func([]devices.Sighting)) error {
	return e.Engine.Sightings(ctx, func(list []devices.Sighting) {
		meant := e.meant(list)
		see(meant)
		if e.seen != nil {
			e.seen(meant)
		}
	})
}

// meant are those of list at whose ports somebody is wanted, and the named devices that are
// not in it: whatever else is plugged in is neither asked nor upgraded.
func (o *opening) meant(list []devices.Sighting) []devices.Sighting {
	if o.guest != "" {
		return slices.DeleteFunc(slices.Clone(list), func(s devices.Sighting) bool { return !asks(s, o.guest) })
	}
	if len(o.hands) == 0 {
		return list
	}
	var all []devices.Sighting
	if o.guests {
		all = slices.DeleteFunc(slices.Clone(list), func(s devices.Sighting) bool { return s.Control() == "" || s.Ports[0].Role != devices.RoleCheckIn })
	}
	for _, h := range o.hands {
		known := func(s devices.Sighting) bool {
			return slices.ContainsFunc(s.Ports, func(p devices.Port) bool { return p.Address == h.Control() })
		}
		i := slices.IndexFunc(list, known)
		if i < 0 {
			all = append(all, h)
			continue
		}
		if same := func(s devices.Sighting) bool { return s.Key == list[i].Key }; !slices.ContainsFunc(all, same) {
			all = append(all, list[i])
		}
	}
	return all
}

// asks tells whether a sighting is the device with that id, which asked by itself. Its
// name ends with who it is (checkin.Desk). What has no IMEI goes by "sn:" and its name;
// the name alone will do.
func asks(s devices.Sighting, id string) bool {
	if len(s.Ports) == 0 || s.Ports[0].Role != devices.RoleCheckIn {
		return false
	}
	return slices.ContainsFunc([]string{id, "sn:" + id}, func(id string) bool { return s.Name == id || strings.HasSuffix(s.Name, " · "+id) })
}

// span is the end of an address that names several ports.
var span = regexp.MustCompile(`^(tcp://.*:)(\d{1,5})-(\d{1,5})$`)

// byHand are devices at typed addresses. tcp://host:7100-7109 are ten.
func (p *planOrder) byHand(typed []string) ([]devices.Sighting, error) {
	var list []devices.Sighting
	for _, text := range typed {
		for _, one := range spread(text) {
			at, err := link.ParseAddress(one)
			if err != nil {
				what, remedy := p.book.Trouble(words.Explain(err))
				return nil, misuse("--port: %s %s", what, remedy)
			}
			list = append(list, devices.Sighting{
				Key: string(at), Name: string(at), Ports: []devices.Port{{Address: at, Interface: -1}}, Simulated: link.Here(at),
			})
		}
	}
	return list, nil
}

// most bounds how many ports one --port names.
const most = 1000

// spread is an address, or those of all ports that it names.
func spread(text string) []string {
	m := span.FindStringSubmatch(strings.TrimSpace(text))
	if m == nil {
		return []string{text}
	}
	from, _ := strconv.Atoi(m[2]) // digits only
	to, _ := strconv.Atoi(m[3])
	if to < from || to-from >= most {
		return []string{text} // is no address, and told so
	}
	var all []string
	for n := from; n <= to; n++ {
		all = append(all, m[1]+strconv.Itoa(n))
	}
	return all
}
