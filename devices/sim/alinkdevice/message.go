package alinkdevice

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"
)

// topics are those of one device (docs/protocols/aliyun.md, Topics and payloads).
type topics struct {
	inform, upgrade, progress string
	get, getReply             string
	download, downloadReply   string
}

func topicsOf(product, device string) topics {
	who := product + "/" + device
	thing := "/sys/" + who + "/thing/"
	return topics{
		inform:        "/ota/device/inform/" + who,
		upgrade:       "/ota/device/upgrade/" + who,
		progress:      "/ota/device/progress/" + who,
		get:           thing + "ota/firmware/get",
		getReply:      thing + "ota/firmware/get_reply",
		download:      thing + "file/download",
		downloadReply: thing + "file/download_reply",
	}
}

// greet tells the platform what the device runs, as it does after each login.
func (l *link) greet(ctx context.Context) error {
	if l.upgraded {
		if l.o.Faults.Has(faultNoInform) {
			return nil
		}
		if l.once(faultInformLate) {
			if err := pause(ctx, l.o.Faults.Duration(faultInformLate, time.Minute)); err != nil {
				return err
			}
		}
	}
	modules := l.modules()
	for _, module := range modules {
		version, _ := l.version(module)
		if err := l.publish(ctx, l.topics.inform, l.inform(module, version)); err != nil {
			return fmt.Errorf("inform: %w", err)
		}
		l.note(func(s *State) { s.Informs++ })
	}
	if !l.t.asks {
		return nil
	}
	for _, module := range modules {
		if err := l.publish(ctx, l.topics.get, l.ask(module)); err != nil {
			return fmt.Errorf("firmware/get: %w", err)
		}
	}
	return nil
}

// simulator is what no device says: behind somebody else's broker nothing else tells that this
// is none. A field more does not trouble who reads the others.
const simulator = `,"simulator":true`

// inform is the payload that tells a version.
func (l *link) inform(module, version string) []byte {
	if l.o.Faults.Has(faultNonJSONInform) {
		return []byte("version=" + version + ";module=" + module)
	}
	return l.wrap(0, l.pair("version", version)+l.named(module), simulator)
}

// ask is the payload of firmware/get.
func (l *link) ask(module string) []byte {
	return l.wrap(1, l.pair("module", module), `,"version":"1.0","method":"thing.ota.firmware.get"`)
}

// progress is the payload that tells a step.
func (l *link) progress(module string, step int, desc string) []byte {
	text := l.pair("step", strconv.Itoa(step))
	if l.t.intStep {
		text = `"step":` + strconv.Itoa(step)
	}
	return l.wrap(1, text+","+l.pair("desc", desc)+l.named(module), "")
}

// wrap puts params between an id and what else a message has. bare is the id of
// flavours that do not count.
func (l *link) wrap(bare int, params, more string) []byte {
	var id string
	switch l.t.id {
	case idNumber:
		id = strconv.Itoa(bare)
	case idTick:
		id = quoted(strconv.FormatInt(time.Now().UnixMicro(), 10))
	default:
		id = quoted(l.nextID())
	}
	text := `{"id":` + l.gap() + id + `,"params":` + l.gap() + `{` + params + `}` + more + `}`
	if l.t.nul {
		text += "\x00"
	}
	return []byte(text)
}

func (l *link) nextID() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ids++
	return strconv.FormatUint(l.ids, 10)
}

// named is the module in a message; the default module is not named.
func (l *link) named(module string) string {
	if module == moduleDefault {
		return ""
	}
	return "," + l.pair("module", module)
}

func (l *link) pair(key, value string) string {
	return quoted(key) + ":" + l.gap() + quoted(value)
}

// gap is what stands behind a colon.
func (l *link) gap() string {
	if l.t.spaced {
		return " "
	}
	return ""
}

// quoted is text as a JSON string.
func quoted(text string) string {
	b, err := json.Marshal(text)
	if err != nil { // no string fails
		return `""`
	}
	return string(b)
}
