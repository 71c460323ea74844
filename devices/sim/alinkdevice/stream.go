package alinkdevice

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
)

// What a device asks for at once, and how often it repeats a request
// (docs/protocols/aliyun.md, MQTT file download).
const (
	streamBlock   = 5120
	streamRetries = 3
)

// streamer is one file on its way over MQTT.
type streamer struct {
	*intake
	store *storage
}

// fetch asks for one block after another.
func (s *streamer) fetch(ctx context.Context) error {
	for tries := 0; s.store.held < s.store.size; {
		block, err := s.ask(ctx)
		if err == nil {
			tries = 0
			if err := s.took(ctx, s.store, block); err != nil && !errors.Is(err, errCut) {
				return err
			}
			continue
		}
		if lasting(err) || ctx.Err() != nil {
			return err
		}
		s.wrong(err)
		if tries++; tries > streamRetries {
			return failed(stepDownload, "block at %d: %w", s.store.held, err)
		}
	}
	return nil
}

// ask requests the next block and waits for it.
func (s *streamer) ask(ctx context.Context) ([]byte, error) {
	size := min(streamBlock, s.store.size-s.store.held)
	if err := s.link.publish(ctx, s.link.topics.download, s.request(size)); err != nil {
		return nil, fmt.Errorf("request: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, s.timeout(blockTimeout))
	defer cancel()
	for {
		select {
		case payload := <-s.link.blocks:
			block, ours, err := s.read(payload, size)
			if ours {
				return block, err
			}
		case <-ctx.Done():
			return nil, fmt.Errorf("no reply: %w", context.Cause(ctx))
		}
	}
}

// request is the payload that asks for a block. The C SDK writes a comma too
// many.
func (s *streamer) request(size int64) []byte {
	comma := ""
	if s.t.trailingComma {
		comma = ","
	}
	return fmt.Appendf(nil, `{"id":%q,"version":"1.0","params":{"fileToken":"default",`+
		`"fileInfo":{"streamId":%d,"fileId":%d%s},"fileBlock":{"size":%d,"offset":%d}}}`,
		s.link.nextID(), s.stream, s.fileID, comma, size, s.store.held)
}

// reply is the JSON before a block.
type reply struct {
	Code number `json:"code"`
	Data struct {
		Offset number `json:"bOffset"`
		Size   number `json:"bSize"`
		Length number `json:"fileLength"`
	} `json:"data"`
	Message string `json:"message"`
}

// read takes a reply apart. ours is false for a block that was not asked for,
// such as the answer to a request that was given up.
func (s *streamer) read(payload []byte, asked int64) (block []byte, ours bool, err error) {
	if len(payload) < 2 {
		return nil, true, errors.New("the reply has no length")
	}
	rest := payload[2:]
	n := int(binary.BigEndian.Uint16(payload))
	if n > len(rest) {
		return nil, true, errors.New("the reply ends in its JSON")
	}
	var r reply
	if err := json.Unmarshal(rest[:n], &r); err != nil {
		return nil, true, fmt.Errorf("reply: %w", err)
	}
	if r.Code.value != 200 {
		return nil, true, failed(stepDownload, "code %d %q", r.Code.value, r.Message)
	}
	if r.Data.Offset.value != s.store.held {
		return nil, false, nil
	}
	block, err = s.check(r, rest[n:], asked)
	return block, true, err
}

// check compares the data behind the JSON with what the JSON says.
func (s *streamer) check(r reply, data []byte, asked int64) ([]byte, error) {
	size := r.Data.Size.value
	switch {
	case r.Data.Length.set && r.Data.Length.value != s.store.size:
		return nil, failed(stepDownload, "the file has %d bytes, not %d", r.Data.Length.value, s.store.size)
	case size <= 0 || size > asked:
		return nil, fmt.Errorf("a block of %d bytes for %d", size, asked)
	case int64(len(data)) != size+2:
		return nil, fmt.Errorf("%d bytes behind the JSON, not %d", len(data), size+2)
	}
	block := data[:size]
	if s.Device.once(faultWrongCRCOnce) {
		block[0] ^= 1
	}
	if crc16(block) != binary.LittleEndian.Uint16(data[size:]) {
		return nil, errors.New("the CRC of a block does not match")
	}
	return block, nil
}

// crc16 is CRC-16/ARC: polynomial 0x8005 reflected, beginning with 0.
func crc16(data []byte) uint16 {
	var crc uint16
	for _, b := range data {
		crc ^= uint16(b)
		for range 8 {
			low := crc & 1
			crc >>= 1
			if low == 1 {
				crc ^= 0xA001
			}
		}
	}
	return crc
}
