package alinkdevice

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestCRC16(t *testing.T) {
	require.EqualValues(t, 0xbb3d, crc16([]byte("123456789")))
	require.Zero(t, crc16(nil))
}

// block is a request for one, as the platform reads it: with patterns, because
// the C SDK's is not JSON.
type block struct {
	raw          string
	size, offset int
}

var blockFields = regexp.MustCompile(`"fileBlock":\{"size":(\d+),"offset":(\d+)\}`)

func (b *bench) blockIn(m message) block {
	b.Helper()
	raw := string(m.raw)
	found := blockFields.FindStringSubmatch(raw)
	require.NotNil(b, found, raw)
	size, err := strconv.Atoi(found[1])
	require.NoError(b, err)
	offset, err := strconv.Atoi(found[2])
	require.NoError(b, err)
	return block{raw: raw, size: size, offset: offset}
}

// blockReply is what the platform sends for a block.
func blockReply(img []byte, offset, size int) []byte {
	head := fmt.Sprintf(`{"code":200,"data":{"bOffset":%d,"bSize":%d,"fileLength":%d,"fileToken":"default"},"id":"1","message":"success"}`,
		offset, size, len(img))
	reply := binary.BigEndian.AppendUint16(nil, uint16(len(head)))
	reply = append(reply, head...)
	part := img[offset : offset+size]
	return binary.LittleEndian.AppendUint16(append(reply, part...), crc16(part))
}

func (b *bench) answerBlock(payload []byte) {
	b.Helper()
	b.publish("/sys/pk/device/thing/file/download_reply", payload)
}

// streamed is the data of a push that is downloaded over MQTT.
func streamed(version string, img []byte) map[string]any {
	return map[string]any{
		"version": version, "size": len(img), "dProtocol": "mqtt", "streamId": 1397345, "streamFileId": 1,
		"md5": md5Of(img), "sign": sha256Of(img), "signMethod": "SHA256",
	}
}

// serve answers requests for blocks until the device tells version 2, and counts
// them by offset. It answers with what spoil makes of the good reply for the nth
// request of an offset, nil being no answer.
func (b *bench) serve(img []byte, spoil func(r block, nth int) []byte) map[int]int {
	b.Helper()
	asked := map[int]int{}
	for {
		select {
		case m := <-b.queue("file/download"):
			r := b.blockIn(m)
			asked[r.offset]++
			reply := blockReply(img, r.offset, r.size)
			if spoil != nil {
				reply = spoil(r, asked[r.offset])
			}
			if reply != nil {
				b.answerBlock(reply)
			}
		case m := <-b.queue("inform"):
			if m.params("version") == "2" {
				return asked
			}
		case <-time.After(patience):
			b.Fatal("it does not go on")
		}
	}
}

// TestStream: a download over MQTT with the C SDK's request, which is no JSON,
// while the platform spoils, loses and repeats blocks.
func TestStream(t *testing.T) {
	b := newBench(t, passwordOf(t, LinkSDK))
	img := Image("2", 5120*3+100, 5)
	b.start(Options{Flavour: LinkSDK})
	b.next("inform")
	b.push(streamed("2", img))
	asked := b.serve(img, func(r block, nth int) []byte {
		good := blockReply(img, r.offset, r.size)
		switch {
		case r.offset == 0 && nth == 1:
			require.Equal(t, `{"id":"2","version":"1.0","params":{"fileToken":"default","fileInfo":{"streamId":1397345,"fileId":1,},`+
				`"fileBlock":{"size":5120,"offset":0}}}`, r.raw)
			require.False(t, json.Valid([]byte(r.raw)))
			good[len(good)-1] ^= 1 // the CRC
		case r.offset == 0 && nth == 2:
			return good[:5000]
		case r.offset == 5120 && nth == 1:
			return nil
		case r.offset == 5120:
			b.answerBlock(blockReply(img, 0, 5120)) // late, and not what is waited for
			return blockReply(img, 5120, 2000)
		}
		return good
	})
	require.Len(t, asked, 4)
	require.GreaterOrEqual(t, asked[0], 3)
	require.GreaterOrEqual(t, asked[5120], 2)
	require.Equal(t, 1, min(asked[7120], asked[12240]))
	require.Contains(t, b.steps("100"), "45")
}

// TestStreamEnds: the ends of a download over MQTT that is not worth repeating.
func TestStreamEnds(t *testing.T) {
	img := Image("2", 6000, 5)
	for name, spoil := range map[string]func([]byte) []byte{
		"code":         func(p []byte) []byte { return bytes.Replace(p, []byte(`"code":200`), []byte(`"code":500`), 1) },
		"other length": func(p []byte) []byte { return bytes.Replace(p, []byte(`h":6000`), []byte(`h":6001`), 1) },
		"always wrong": func(p []byte) []byte { return append(p, 0) },
		"no JSON":      func(p []byte) []byte { return p[:1] },
		"JSON cut":     func(p []byte) []byte { return p[:20] },
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, passwordOf(t, Lenient))
			b.start(Options{})
			b.next("inform")
			b.push(streamed("2", img))
			requests := 0
			for step := ""; step == ""; {
				select {
				case m := <-b.queue("file/download"):
					require.True(t, json.Valid(m.raw))
					requests++
					b.answerBlock(spoil(blockReply(img, 0, 5120)))
				case m := <-b.queue("progress"):
					step = m.params("step")
					require.Equal(t, "-2", step)
				}
			}
			require.Contains(t, []int{1, 1 + streamRetries}, requests)
		})
	}
}
