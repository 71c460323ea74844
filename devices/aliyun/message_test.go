package aliyun

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"testing"
)

// TestParse: what devices send is not always JSON, nor of the types stated
// (docs/protocols/aliyun.md, leniency).
func TestParse(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text          string
		version, step string
		id            string
	}{
		{`{"id":"123","params":{"version":"1.0.1","module":"MCU"}}`, "1.0.1", "", "123"},
		{"{\"id\":0,\"params\":{\"version\":\"1.0.1\"}}\x00", "1.0.1", "", "0"},
		{`{"id":1,"params":{"step":" 5","desc":""}}`, "", "5", "1"},
		{`{"id":1,"params":{"step":-3,"desc":"x"}}`, "", "-3", "1"},
		{`{"id":"7","version":"1.0","params":{"fileToken":"default","fileInfo":{"streamId":1,"fileId":1,},"fileBlock":{"size":5,"offset":0}}}`, "", "", "7"},
	} {
		s, err := parse([]byte(c.text))
		if err != nil || string(s.Params.Version) != c.version || string(s.Params.Step) != c.step || string(s.ID) != c.id {
			t.Errorf("%s: %+v, %v", c.text, s, err)
		}
	}
	for _, text := range []string{"", "x", "[]", `{"params":{"version":{}}}`, `{"id":[1]}`} {
		if s, err := parse([]byte(text)); err == nil {
			t.Errorf("took %q as %+v", text, s)
		}
	}
	if _, err := parse(make([]byte, maxMessage+1)); err == nil {
		t.Error("took too much")
	}
}

func TestAbout(t *testing.T) {
	t.Parallel()
	for topic, want := range map[string]what{
		"/ota/device/inform/pk/dn":             inform,
		"/ota/device/progress/pk/dn":           progress,
		"/sys/pk/dn/thing/ota/firmware/get":    getFirmware,
		"/sys/pk/dn/thing/file/download":       getPiece,
		"/sys/pk/dn/thing/file/download_reply": unknown,
		"/ota/device/upgrade/pk/dn":            unknown,
		"/ota/device/inform/pk/dn/x":           unknown,
		"/ota/device/inform/pk":                unknown,
		"/sys/pk":                              unknown,
		"":                                     unknown,
	} {
		if got, key, name := about(topic); got != want || got != unknown && (key != "pk" || name != "dn") {
			t.Errorf("%s: %v %q %q", topic, got, key, name)
		}
	}
}

// TestPiece holds the reply to its layout; the sum is CRC-16/ARC.
func TestPiece(t *testing.T) {
	t.Parallel()
	if got := crc16([]byte("123456789")); got != 0xbb3d {
		t.Fatalf("CRC-16/ARC of 123456789 is %04x", got)
	}
	data := []byte("123456789")
	b, err := piece("7", 5120, 99999, data)
	if err != nil {
		t.Fatal(err)
	}
	n := int(binary.BigEndian.Uint16(b))
	var head struct {
		Code int
		ID   string
		Data struct {
			BOffset, FileLength int64
			BSize               int
		}
	}
	if err := json.Unmarshal(b[2:2+n], &head); err != nil {
		t.Fatal(err)
	}
	if head.Code != 200 || head.ID != "7" || head.Data.BOffset != 5120 || head.Data.BSize != 9 || head.Data.FileLength != 99999 ||
		!bytes.Equal(b[2+n:2+n+9], data) || !bytes.Equal(b[2+n+9:], []byte{0x3d, 0xbb}) {
		t.Errorf("%+v after %q", head, b)
	}
}

// FuzzParse: no message of a device does harm, and what is shown of it is bounded.
func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"id":"123","params":{"version":"1.0.1","module":"MCU","step":"5"}}`))
	f.Add([]byte("{\"id\":0,\"params\":{\"version\":\"1.0.1\",}}\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := parse(b)
		if err != nil {
			return
		}
		if v := tidy(string(s.Params.Version), maxVersion); len([]rune(v)) > maxVersion {
			t.Fatalf("a version of %d characters", len(v))
		}
		_, _ = s.Params.Step.number()
	})
}

// FuzzTopic: whatever the topic, the names in it are parts of it.
func FuzzTopic(f *testing.F) {
	f.Add("/ota/device/inform/pk/dn")
	f.Add("/sys/pk/dn/thing/file/download")
	f.Fuzz(func(t *testing.T, topic string) {
		w, key, name := about(topic)
		if w != unknown && len(key)+len(name) > len(topic) {
			t.Fatalf("%q: %q %q", topic, key, name)
		}
		_ = topicsOf(topic)
	})
}

// FuzzRead: no login does harm.
func FuzzRead(f *testing.F) {
	f.Add("12345|securemode=3,signmethod=hmacsha1,timestamp=789|", "device&pk", "x")
	f.Fuzz(func(t *testing.T, id, user, password string) {
		if c, ok := read(id, user, password); ok && len(c.sum("s")) == 0 {
			t.Fatal("no sum")
		}
	})
}
