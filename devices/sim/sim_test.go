package sim

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fotabench/devices"
)

var kinds = []Kind{
	{Name: "off"},
	{Name: "at", Measure: Bytes},
	{Name: "often", Measure: Count, Default: "2"},
	{Name: "after", Measure: Duration, Default: "1s"},
	{Name: "part", Measure: Share},
	{Name: "as", Measure: Text},
}

func TestParseFaults(t *testing.T) {
	fs, err := ParseFaults([]string{"off, at=0x10", "often", "after=250ms", "part=0.5", "as=x=y", "often=7"}, kinds)
	require.NoError(t, err)
	require.Equal(t, "off,at=0x10,often=2,after=250ms,part=0.5,as=x=y,often=7", fs.String())
	again, err := ParseFaults([]string{fs.String()}, kinds)
	require.NoError(t, err)
	require.Equal(t, fs, again)
	require.True(t, fs.Has("off"))
	require.False(t, fs.Has("on"))
	require.EqualValues(t, 16, fs.Int("at", 0))
	require.EqualValues(t, 7, fs.Int("often", 0), "the last order counts")
	require.EqualValues(t, 3, fs.Int("on", 3))
	require.Equal(t, 250*time.Millisecond, fs.Duration("after", 0))
	require.Equal(t, time.Hour, fs.Duration("on", time.Hour))
	require.InDelta(t, 0.5, fs.Rate("part"), 0)
	require.Zero(t, fs.Rate("on"))
	require.Equal(t, "x=y", fs.Text("as", ""))
}

func TestParseFaultRefuses(t *testing.T) {
	for _, text := range []string{"", "on", "off=1", "at", "at=-1", "at=many", "after=5", "part=2", "part", "as"} {
		_, err := ParseFault(text, kinds)
		var known *devices.Error
		require.ErrorAs(t, err, &known, text)
		require.NotEmpty(t, known.Note, text)
	}
}

func FuzzParseFaults(f *testing.F) {
	f.Add("off,at=16,after=1s")
	f.Add("part=NaN,as==,=")
	f.Fuzz(func(t *testing.T, text string) {
		fs, err := ParseFaults([]string{text}, kinds)
		if err != nil {
			return
		}
		again, err := ParseFaults([]string{fs.String()}, kinds)
		require.NoError(t, err)
		require.Equal(t, fs, again)
		for _, one := range fs {
			if r := fs.Rate(one.Name); one.Name == "part" && !(r >= 0 && r <= 1) {
				t.Errorf("%q has rate %v", text, r)
			}
		}
	})
}
