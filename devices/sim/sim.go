// Package sim is what the simulated devices have in common: the faults that can
// be ordered from them. A simulated device executes what it is sent; it knows
// no sentence of the programs that speak to it, so that other correct bytes
// make it do the other correct thing.
//
// Each simulator is named as the device it stands for, not as the driver that
// is tried against it, and shares no code with any driver.
package sim

import (
	"strconv"
	"strings"
	"time"

	"fotabench/devices"
)

// Fault is one order: what goes wrong, and how much or when.
type Fault struct {
	Name  string
	Value string
}

// String is the form that ParseFault takes: name or name=value.
func (f Fault) String() string {
	if f.Value == "" {
		return f.Name
	}
	return f.Name + "=" + f.Value
}

// Faults are all orders for one device; the order does not matter.
type Faults []Fault

// String joins the orders with commas.
func (fs Faults) String() string {
	texts := make([]string, len(fs))
	for i, f := range fs {
		texts[i] = f.String()
	}
	return strings.Join(texts, ",")
}

// find gives the last order of that name.
func (fs Faults) find(name string) (Fault, bool) {
	for i := len(fs) - 1; i >= 0; i-- {
		if fs[i].Name == name {
			return fs[i], true
		}
	}
	return Fault{}, false
}

// Has tells whether a fault was ordered.
func (fs Faults) Has(name string) bool {
	_, ok := fs.find(name)
	return ok
}

// Text gives the value of an order, or otherwise if there is none.
func (fs Faults) Text(name, otherwise string) string {
	if f, ok := fs.find(name); ok && f.Value != "" {
		return f.Value
	}
	return otherwise
}

// Int gives the value of an order as a number, or otherwise if there is none.
func (fs Faults) Int(name string, otherwise int64) int64 {
	n, err := strconv.ParseInt(fs.Text(name, ""), 0, 64)
	if err != nil {
		return otherwise
	}
	return n
}

// Duration gives the value of an order as a time, or otherwise if there is none.
func (fs Faults) Duration(name string, otherwise time.Duration) time.Duration {
	d, err := time.ParseDuration(fs.Text(name, ""))
	if err != nil {
		return otherwise
	}
	return d
}

// Rate gives the value of an order as a share of 1, 0 if there is none.
func (fs Faults) Rate(name string) float64 {
	r, err := strconv.ParseFloat(fs.Text(name, ""), 64)
	if err != nil {
		return 0
	}
	return r
}

// Measure is what the value of a fault is.
type Measure string

// The measures.
const (
	Nothing  Measure = ""
	Bytes    Measure = "bytes"
	Count    Measure = "count"
	Duration Measure = "duration"
	Share    Measure = "share" // 0 to 1
	Text     Measure = "text"
)

// Kind describes one fault that can be ordered.
type Kind struct {
	Name    string
	Measure Measure
	// Default is taken where the order has no value; empty means that it needs one.
	Default string
	// Help is a code of package words.
	Help devices.Code
}

// What can be wrong with an order; the Args are its name and its value.
const (
	NoteUnknown  devices.Code = "sim.order.unknown" // name, those that are known
	NoteNoValue  devices.Code = "sim.order.novalue"
	NoteNumber   devices.Code = "sim.order.number"
	NoteDuration devices.Code = "sim.order.duration"
	NoteShare    devices.Code = "sim.order.share"
	NoteText     devices.Code = "sim.order.text"
)

// ParseFault reads name or name=value, and checks it against the kinds that a
// device offers. What it refuses is a devices.Error with one of the notes above.
func ParseFault(text string, kinds []Kind) (Fault, error) {
	name, value, _ := strings.Cut(strings.TrimSpace(text), "=")
	for _, k := range kinds {
		if k.Name == name {
			return k.parse(value)
		}
	}
	names := make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = k.Name
	}
	return Fault{}, refusal(NoteUnknown, name, strings.Join(names, ", "))
}

func (k Kind) parse(value string) (Fault, error) {
	if value == "" {
		value = k.Default
	}
	if k.fits(value) {
		return Fault{Name: k.Name, Value: value}, nil
	}
	note := map[Measure]devices.Code{
		Nothing: NoteNoValue, Bytes: NoteNumber, Count: NoteNumber, Duration: NoteDuration, Share: NoteShare, Text: NoteText,
	}[k.Measure]
	return Fault{}, refusal(note, k.Name, value)
}

// fits tells whether a value is one of the measure.
func (k Kind) fits(value string) bool {
	switch k.Measure {
	case Nothing:
		return value == ""
	case Bytes, Count:
		n, err := strconv.ParseInt(value, 0, 64)
		return err == nil && n >= 0
	case Duration:
		_, err := time.ParseDuration(value)
		return err == nil
	case Share:
		r, err := strconv.ParseFloat(value, 64)
		return err == nil && r >= 0 && r <= 1
	}
	return value != ""
}

// refusal is why an order is none.
func refusal(note devices.Code, name, detail string) error {
	return &devices.Error{Op: "sim: fault", At: name, Kind: devices.Unsupported, Detail: detail, Note: note, Args: []any{name, detail}}
}

// ParseFaults reads several orders, each possibly a comma-separated list.
func ParseFaults(texts []string, kinds []Kind) (Faults, error) {
	var all Faults
	for _, text := range texts {
		for _, one := range strings.Split(text, ",") {
			f, err := ParseFault(one, kinds)
			if err != nil {
				return nil, err
			}
			all = append(all, f)
		}
	}
	return all, nil
}
