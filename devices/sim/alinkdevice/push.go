package alinkdevice

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// push is what the platform sends as upgrade or as reply to firmware/get
// (docs/protocols/aliyun.md, Topics and payloads). Fields that the device does
// not know are ignored.
type push struct {
	Message string `json:"message"`
	Data    parcel `json:"data"`
}

type parcel struct {
	Module       string  `json:"module"`
	Version      string  `json:"version"`
	Size         number  `json:"size"`
	URL          string  `json:"url"`
	MD5          string  `json:"md5"`
	Sign         string  `json:"sign"`
	SignMethod   string  `json:"signMethod"`
	DProtocol    string  `json:"dProtocol"`
	StreamID     number  `json:"streamId"`
	StreamFileID number  `json:"streamFileId"`
	Files        []entry `json:"files"`
}

type entry struct {
	Name string `json:"fileName"`
	URL  string `json:"fileUrl"`
	Size number `json:"fileSize"`
	Sign string `json:"fileSign"`
	MD5  string `json:"fileMd5"`
}

// number is an integer that may have been sent as text.
type number struct {
	value int64
	set   bool
	// text is true if it was not sent as a number.
	text bool
}

// UnmarshalJSON takes 5, "5" and " 5 "; null leaves the number unset.
func (n *number) UnmarshalJSON(b []byte) error {
	if bytes.Equal(b, []byte("null")) {
		return nil
	}
	n.text = b[0] == '"'
	digits := strings.TrimSpace(strings.Trim(string(b), `"`))
	if err := json.Unmarshal([]byte(digits), &n.value); err != nil {
		return fmt.Errorf("%q is no whole number", b)
	}
	n.set = true
	return nil
}

// order is one push that a device has accepted: what it will fetch and check.
type order struct {
	module, version string
	files           []file
	mqtt            bool
	stream, fileID  int64
}

type file struct {
	name, url string
	size      int64
	algorithm algorithm
	digest    string
}

// readPush takes a payload apart. The second result is false when it says that
// there is nothing to do: a reply without data.
func readPush(payload []byte) (push, bool, error) {
	payload = bytes.TrimRight(payload, "\x00")
	var outer struct {
		Data json.RawMessage `json:"data"`
	}
	if err := json.Unmarshal(payload, &outer); err != nil {
		return push{}, false, fmt.Errorf("push is not JSON: %w", err)
	}
	var fields map[string]json.RawMessage
	if len(outer.Data) == 0 || json.Unmarshal(outer.Data, &fields) == nil && len(fields) == 0 {
		return push{}, false, nil
	}
	p := push{Data: parcel{Module: moduleDefault}}
	if err := json.Unmarshal(payload, &p); err != nil {
		return push{}, false, fmt.Errorf("push: %w", err)
	}
	if p.Data.Module == "" {
		p.Data.Module = moduleDefault
	}
	return p, true, nil
}

// mostBytes bounds what a file can claim to be; it keeps sums of sizes sane.
const mostBytes = 1 << 40

// accept checks the fields of a push as a device of these traits does.
func (t traits) accept(p push) (order, error) {
	d := p.Data
	o := order{
		module: d.Module, version: d.Version, mqtt: d.DProtocol == "mqtt",
		stream: d.StreamID.value, fileID: d.StreamFileID.value,
	}
	switch {
	case t.needSuccess && p.Message != "success":
		return o, fmt.Errorf("message is %q", p.Message)
	case d.Version == "":
		return o, fmt.Errorf("version is absent")
	case t.capVersion > 0 && len(d.Version) > t.capVersion:
		return o, fmt.Errorf("version is longer than %d", t.capVersion)
	case len(d.Files) > 0 && !t.multi:
		return o, fmt.Errorf("several files are not supported")
	}
	if err := t.acceptProtocol(d); err != nil {
		return o, err
	}
	entries := d.Files
	if len(entries) == 0 {
		entries = []entry{{URL: d.URL, Size: d.Size, Sign: d.Sign, MD5: d.MD5}}
	}
	for _, e := range entries {
		f, err := t.acceptFile(e, d.SignMethod, len(d.Files) > 0, o.mqtt)
		if err != nil {
			return o, err
		}
		o.files = append(o.files, f)
	}
	return o, nil
}

// acceptProtocol checks the way by which the files are to come.
func (t traits) acceptProtocol(d parcel) error {
	switch {
	case d.DProtocol == "" || d.DProtocol == "https":
		return nil
	case d.DProtocol != "mqtt" || !t.mqtt:
		return fmt.Errorf("no download protocol %q", d.DProtocol)
	case !d.StreamID.set || !d.StreamFileID.set:
		return fmt.Errorf("streamId or streamFileId is absent")
	case len(d.Files) > 0:
		return fmt.Errorf("several files do not come over MQTT")
	}
	return nil
}

// acceptFile checks one file of a push.
func (t traits) acceptFile(e entry, method string, several, mqtt bool) (file, error) {
	f := file{name: e.Name, url: e.URL, size: e.Size.value}
	switch {
	case f.url == "" && !mqtt:
		return f, fmt.Errorf("url is absent")
	case t.capURL > 0 && len(f.url) > t.capURL:
		return f, fmt.Errorf("url is longer than %d", t.capURL)
	case !e.Size.set || f.size <= 0 || f.size > mostBytes || t.numberSize && e.Size.text:
		return f, fmt.Errorf("size is absent or wrong")
	case several && f.name == "":
		return f, fmt.Errorf("fileName is absent")
	case several && t.fileSign && e.Sign == "":
		return f, fmt.Errorf("fileSign is absent")
	}
	var err error
	f.algorithm, f.digest, err = t.digest(e, method)
	return f, err
}

// digest chooses what a file is checked against: sign if a method is named,
// else the MD5.
func (t traits) digest(e entry, method string) (algorithm, string, error) {
	a, text := digestMD5, e.MD5
	if method != "" && (e.Sign != "" || t.needDigest) {
		var err error
		if a, err = t.algorithm(method); err != nil {
			return digestNone, "", err
		}
		text = e.Sign
	}
	switch {
	case text == "" && t.needDigest:
		return digestNone, "", fmt.Errorf("digest is absent")
	case text == "":
		return digestNone, "", nil
	case len(text) != a.chars():
		return digestNone, "", fmt.Errorf("digest has %d characters, %s has %d", len(text), a, a.chars())
	}
	return a, text, nil
}

// algorithm reads a signing method in the spellings that the device knows.
func (t traits) algorithm(method string) (algorithm, error) {
	if a, ok := t.digests[method]; ok {
		return a, nil
	}
	if t.digests == nil {
		switch strings.ToUpper(method) {
		case "MD5":
			return digestMD5, nil
		case "SHA256":
			return digestSHA256, nil
		}
	}
	return digestNone, fmt.Errorf("no signing method %q", method)
}

// olderThan tells whether AliOS would move from the version now to next: as
// text, over the length of next. Equal beginnings are not older.
func olderThan(now, next string) bool {
	return now[:min(len(now), len(next))] < next
}
