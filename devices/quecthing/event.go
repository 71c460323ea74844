package quecthing

import (
	"strconv"
	"strings"

	"fotabench/devices/repl/script"
)

// maxFields bounds the fields of one event.
const maxFields = 16

// fieldsOf reads what connect.py took down: a name and its values, one a line, each
// behind a letter for its kind.
func fieldsOf(text string) (name string, values []value, ok bool) {
	lines := strings.Split(text, "\n")
	if len(lines) > maxFields {
		return "", nil, false
	}
	for _, line := range lines[1:] {
		if line == "" {
			return "", nil, false
		}
		v := value{text: line[1:]}
		switch line[0] {
		case 'i', 'b':
			if v.numeric = true; !v.read() {
				return "", nil, false
			}
		case 'n':
			v.text = ""
		case 's':
		default:
			return "", nil, false
		}
		values = append(values, v)
	}
	return lines[0], values, true
}

func (v *value) read() (ok bool) {
	n, err := strconv.ParseInt(v.text, 10, 64)
	v.number = n
	return err == nil
}

// eventOf understands one event of Qth; false for what concerns no upgrade, and for
// what makes no sense.
func eventOf(text string, sota func(component string) bool) (event, bool) {
	name, values, ok := fieldsOf(text)
	if !ok {
		return event{}, false
	}
	switch {
	case name == "plan" && len(values) > 1:
		return planEvent(values[1:], sota), true // the first is how many plans there are
	case name == "info" && len(values) > 1:
		im, ok := imageOf(values)
		return event{kind: described, image: im, component: im.component}, ok
	case (name == "fota" || name == "mcu") && len(values) == 2:
		return event{kind: settled, component: script.Printable(values[0].text), ok: values[1].number == 1}, values[1].numeric
	}
	return event{}, false
}

// imageOf reads component and version, then in any number and order a size, an MD5, a
// CRC and a SHA-256: firmware of different years says more or less.
func imageOf(values []value) (image, bool) {
	im := image{component: values[0].text, version: values[1].text}
	rest := values[2:]
	for i, v := range rest {
		switch text := strings.ToLower(v.text); {
		case !v.numeric && len(text) == 32 && isHex(text):
			im.md5 = text
		case !v.numeric && len(text) == 64 && isHex(text):
			im.sha256 = text
		case !v.isNumber() || v.number < 0:
		case i == 0: // a size stands before the digests
			im.size = v.number
		case v.number <= 1<<32-1:
			crc := uint32(v.number)
			im.crc = &crc
		}
	}
	return im, im.component != "" && im.md5 != ""
}

func isHex(s string) bool { return strings.Trim(s, "0123456789abcdef") == "" }
