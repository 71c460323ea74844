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
	// still keeps every upgrade from beginning.
	still  bool
	access func(devices.Sighting) devices.Access
	seen   func() // called once the present devices are known
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
		see(e.meant(list))
		if e.seen != nil {
			e.seen()
		}
	})
}

// meant are those of list at whose ports somebody is wanted, and the named devices that are
// not in it: whatever else is plugged in is neither asked nor upgraded.
func (o *opening) meant(list []devices.Sighting) []devices.Sighting {
	if len(o.hands) == 0 {
		return list
	}
	var all []devices.Sighting
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
