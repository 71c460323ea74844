package aliyun

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"fotabench/devices/checkin"
	"fotabench/packages"
)

// maxMessage bounds what a device may publish, in bytes. AliOS sends at most 256.
const maxMessage = 16 << 10

// Topics: what stands before and after the product key and device name.
const (
	topicInform      = "/ota/device/inform/"
	topicProgress    = "/ota/device/progress/"
	topicUpgrade     = "/ota/device/upgrade/"
	topicSys         = "/sys/"
	afterGet         = "/thing/ota/firmware/get"
	afterGetReply    = "/thing/ota/firmware/get_reply"
	afterPieces      = "/thing/file/download"
	afterPiecesReply = "/thing/file/download_reply"
)

// what is what a topic is about.
type what int

const (
	unknown what = iota
	inform
	progress
	getFirmware
	getPiece
)

// about tells what a device's own topic is about, and whose it is.
func about(topic string) (w what, productKey, deviceName string) {
	if rest, ok := strings.CutPrefix(topic, topicSys); ok {
		parts := strings.SplitN(rest, "/", 3)
		if len(parts) < 3 {
			return unknown, "", ""
		}
		switch "/" + parts[2] {
		case afterGet:
			return getFirmware, parts[0], parts[1]
		case afterPieces:
			return getPiece, parts[0], parts[1]
		}
		return unknown, parts[0], parts[1]
	}
	for prefix, w := range map[string]what{
		topicInform: inform, topicProgress: progress, topicUpgrade: unknown,
	} {
		if rest, ok := strings.CutPrefix(topic, prefix); ok {
			key, name, two := strings.Cut(rest, "/")
			if !two || strings.Contains(name, "/") {
				return unknown, "", ""
			}
			return w, key, name
		}
	}
	return unknown, "", ""
}

// said is what devices say, leniently: numbers come as text and the other way
// round.
type said struct {
	ID loose `json:"id"`
	// Simulator is true for what says of itself that it is no device.
	Simulator bool `json:"simulator"`
	Params    struct {
		Version loose  `json:"version"`
		Module  string `json:"module"`
		Step    loose  `json:"step"`
		Desc    string `json:"desc"`
		Info    struct {
			Stream int64 `json:"streamId"`
			File   int64 `json:"fileId"`
		} `json:"fileInfo"`
		Block struct {
			Size   int64 `json:"size"`
			Offset int64 `json:"offset"`
		} `json:"fileBlock"`
	} `json:"params"`
}

// loose is a text that may be written as a number.
type loose string

// UnmarshalJSON implements json.Unmarshaler.
func (l *loose) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '"' {
		var s string
		if err := json.Unmarshal(b, &s); err != nil {
			return err
		}
		*l = loose(strings.TrimSpace(s))
		return nil
	}
	var n json.Number
	if err := json.Unmarshal(b, &n); err != nil {
		return err
	}
	*l = loose(n)
	return nil
}

// tailComma is what a C SDK leaves before a closing brace.
var tailComma = regexp.MustCompile(`,\s*([}\]])`)

// parse reads a device's message. AliOS sends the NUL byte that ends its text; a C
// SDK writes a comma too many.
func parse(payload []byte) (said, error) {
	var s said
	if len(payload) > maxMessage {
		return s, fmt.Errorf("aliyun: a message of %d bytes", len(payload))
	}
	text := bytes.TrimRight(payload, "\x00")
	err := json.Unmarshal(text, &s)
	if err != nil {
		s = said{}
		err = json.Unmarshal(tailComma.ReplaceAll(text, []byte("$1")), &s)
	}
	return s, err
}

// tidy bounds a device's words for people.
func tidy(text string, limit int) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return -1
	}, strings.ToValidUTF8(text, "?"))
	if r := []rune(text); len(r) > limit {
		text = string(r[:limit])
	}
	return text
}

// upgrade is the data of a push.
type upgrade struct {
	Size       int64          `json:"size,omitempty"`
	Version    string         `json:"version"`
	IsDiff     int            `json:"isDiff,omitempty"`
	URL        string         `json:"url,omitempty"`
	MD5        string         `json:"md5,omitempty"`
	Sign       string         `json:"sign,omitempty"`
	SignMethod string         `json:"signMethod"`
	Module     string         `json:"module,omitempty"`
	Protocol   string         `json:"dProtocol,omitempty"`
	Stream     uint32         `json:"streamId,omitempty"`
	StreamFile uint32         `json:"streamFileId,omitempty"`
	Files      []upgradeFile  `json:"files,omitempty"`
	ExtData    map[string]any `json:"extData"`
}

type upgradeFile struct {
	Name string `json:"fileName"`
	URL  string `json:"fileUrl"`
	Size int64  `json:"fileSize"`
	Sign string `json:"fileSign"`
	MD5  string `json:"fileMd5"`
}

// signMethod is spelled in the one way that all SDKs accept.
const signMethod = "SHA256"

// describe says what a device is to fetch.
func describe(o *checkin.Order, stream uint32) upgrade {
	files := o.Package.Files
	u := upgrade{Version: o.Target, SignMethod: signMethod, Module: o.Module, ExtData: map[string]any{}}
	if o.Package.Manifest.Kind == packages.Delta {
		u.IsDiff = 1
	}
	if len(files) > 1 {
		for i, f := range files {
			sign, md5 := digests(f)
			u.Files = append(u.Files, upgradeFile{f.Name, o.Sources[i].URL, f.Size, sign, md5})
		}
		return u
	}
	u.Size = files[0].Size
	u.Sign, u.MD5 = digests(files[0])
	if len(o.Sources) > 0 {
		u.URL = o.Sources[0].URL
		return u
	}
	u.Protocol, u.Stream, u.StreamFile = "mqtt", stream, 1
	return u
}

// pushed is the message with which an upgrade is pushed.
func pushed(o *checkin.Order, stream uint32) ([]byte, error) {
	return json.Marshal(map[string]any{
		"code": "1000", "data": describe(o, stream), "id": int64(stream), "message": "success",
	})
}

// reply answers a device's own question; empty data means that there is nothing.
func reply(id loose, data any) ([]byte, error) {
	return json.Marshal(map[string]any{"id": string(id), "code": 200, "data": data})
}

// pieceHead is the JSON before the bytes of a piece.
type pieceHead struct {
	Offset int64  `json:"bOffset"`
	Size   int    `json:"bSize"`
	Length int64  `json:"fileLength"`
	Token  string `json:"fileToken"`
}

// piece is the answer to a request for a part of a file
// (docs/protocols/aliyun.md, over MQTT).
func piece(id loose, offset, length int64, data []byte) ([]byte, error) {
	head, err := json.Marshal(map[string]any{
		"code": 200, "data": pieceHead{offset, len(data), length, "default"}, "id": string(id), "message": "success",
	})
	if err != nil {
		return nil, err
	}
	b := binary.BigEndian.AppendUint16(make([]byte, 0, 2+len(head)+len(data)+2), uint16(len(head)))
	b = append(append(b, head...), data...)
	return binary.LittleEndian.AppendUint16(b, crc16(data)), nil
}

// crcTable is CRC-16/ARC: 0x8005 reflected.
var crcTable = func() (table [256]uint16) {
	for i := range table {
		c := uint16(i)
		for range 8 {
			if c&1 != 0 {
				c = c>>1 ^ 0xA001
			} else {
				c >>= 1
			}
		}
		table[i] = c
	}
	return table
}()

func crc16(b []byte) uint16 {
	var c uint16
	for _, x := range b {
		c = c>>8 ^ crcTable[byte(c)^x]
	}
	return c
}

// number reads a step; devices write 5, "5" and " 5".
func (l loose) number() (int, bool) {
	n, err := strconv.Atoi(string(l))
	return n, err == nil
}
