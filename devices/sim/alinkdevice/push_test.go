package alinkdevice

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestReadPush(t *testing.T) {
	for _, nothing := range []string{`{"code":200,"data":{}}`, `{"code":200,"data":null}`, `{"code":200}`, `{"data":{}}` + "\x00"} {
		_, something, err := readPush([]byte(nothing))
		require.NoError(t, err, nothing)
		require.False(t, something, nothing)
	}
	for _, wrong := range []string{``, `{`, `[]`, `{"data":[]}`, `{"data":{"size":"1x"}}`, `{"data":{"size":1.5}}`, `{"data":{"version":5}}`} {
		_, something, err := readPush([]byte(wrong))
		require.Error(t, err, wrong)
		require.False(t, something, wrong)
	}
	p, something, err := readPush([]byte(`{"data":{"size":" 7 ","streamId":3,"new":{"x":1},"module":""}}`))
	require.NoError(t, err)
	require.True(t, something)
	require.Equal(t, parcel{Module: "default", Size: number{value: 7, set: true, text: true}, StreamID: number{value: 3, set: true}}, p.Data)
}

func TestOlderThan(t *testing.T) {
	for _, c := range []struct {
		now, next string
		older     bool
	}{
		{"1.0.0", "1.0.1", true},
		{"1.0.1", "1.0.0", false},
		{"1.9.0", "1.10.0", false},
		{"1.10.0", "1.9.0", true},
		{"1.10", "1.1", false},
		{"1.1", "1.10", true},
		{"1.0.0", "1.0.0", false},
		{"", "1", true},
	} {
		require.Equal(t, c.older, olderThan(c.now, c.next), "%s to %s", c.now, c.next)
	}
}

func TestImage(t *testing.T) {
	require.Equal(t, Image("1", 5000, 1), Image("1", 5000, 1))
	require.NotEqual(t, Image("1", 5000, 1), Image("1", 5000, 2))
	require.Len(t, Image("1.0.0", 5000, 1), 5000)
	require.Len(t, SystemImage("1.0.0", 5000, 1), 5000)
	for _, size := range []int{0, 45, 46, 47, 63, 4096} {
		img := Image("1.0.0", size, 1)
		for _, blocks := range []int{1, 7, 31, 32, 33, 100000} {
			s := newStorage("", int64(len(img)), nil, false, true)
			for part := img; len(part) > 0; part = part[min(blocks, len(part)):] {
				_, err := s.Write(part[:min(blocks, len(part))])
				require.NoError(t, err)
			}
			version, whole, ok := s.version()
			require.True(t, ok && whole, "%d bytes in blocks of %d", size, blocks)
			require.Equal(t, "1.0.0", version)
			require.Equal(t, img, s.bytes)
		}
	}
	version, ok := versionIn(Image("", 0, 1))
	require.True(t, ok)
	require.Empty(t, version)
}

// FuzzPush: whatever comes, a device does not fall over, and what it accepts can
// be worked on.
func FuzzPush(f *testing.F) {
	f.Add([]byte(`{"code":"1000","message":"success","data":{"version":"2","size":5,"url":"http://h/x","md5":"00000000000000000000000000000000"}}`))
	f.Add([]byte(`{"data":{"version":"2","size":5,"dProtocol":"mqtt","streamId":1,"streamFileId":1}}`))
	f.Add([]byte(`{"data":{"version":"2","files":[{"fileName":"a","fileUrl":"u","fileSize":"9"}]}}`))
	f.Add([]byte("\x00\x10{\"code\":200,\"data\":{\"bOffset\":0,\"bSize\":1}}xyz"))
	f.Fuzz(func(t *testing.T, payload []byte) {
		s := &streamer{intake: &intake{worker: &worker{Device: New(Options{})}}, store: newStorage("", 5, nil, false, false)}
		if block, ours, err := s.read(payload, 5); ours && err == nil {
			require.NotEmpty(t, block)
		}
		p, something, err := readPush(payload)
		if err != nil || !something {
			return
		}
		for _, flavour := range []string{LinkSDK, AliOS, Quectel, Lenient} {
			traits, err := traitsOf(flavour)
			require.NoError(t, err)
			o, err := traits.accept(p)
			if err != nil {
				continue
			}
			require.NotEmpty(t, o.files)
			require.NotEmpty(t, o.version)
			require.NotEmpty(t, o.module)
			for _, file := range o.files {
				require.Positive(t, file.size)
				require.True(t, file.algorithm == digestNone || len(file.digest) == file.algorithm.chars())
			}
		}
	})
}
