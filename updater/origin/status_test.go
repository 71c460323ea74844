package origin

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestParseContentRange(t *testing.T) {
	for _, row := range []struct {
		value              string
		first, last, total int64
		ok                 bool
	}{
		{"bytes 0-0/1", 0, 0, 1, true},
		{"bytes 5-9/*", 5, 9, -1, true},
		{" bytes 5-9/10 ", 5, 9, 10, true},
		{"bytes 9-5/10", 0, 0, 0, false},
		{"bytes 5-10/10", 0, 0, 0, false},
		{"bytes */10", 0, 0, 0, false},
		{"bytes -5-9/10", 0, 0, 0, false},
		{"bytes 5-9/99999999999999999999", 0, 0, 0, false},
		{"items 5-9/10", 0, 0, 0, false},
		{"", 0, 0, 0, false},
	} {
		first, last, total, err := parseContentRange(row.value)
		require.Equal(t, row.ok, err == nil, row.value)
		if row.ok {
			require.Equal(t, [3]int64{row.first, row.last, row.total}, [3]int64{first, last, total}, row.value)
		}
	}
}

func FuzzParseContentRange(f *testing.F) {
	f.Add("bytes 0-0/1")
	f.Add("bytes */5")
	f.Fuzz(func(t *testing.T, value string) {
		first, last, total, err := parseContentRange(value)
		if err == nil && (first < 0 || last < first || total >= 0 && total <= last) {
			t.Fatalf("%q gave %d-%d/%d", value, first, last, total)
		}
	})
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	for value, want := range map[string]time.Duration{
		"": 0, "0": 0, "90": 90 * time.Second, "-5": 0, "soon": 0, "999999999999": 0,
		now.Add(time.Minute).Format(http.TimeFormat):  time.Minute,
		now.Add(-time.Minute).Format(http.TimeFormat): 0,
	} {
		require.Equal(t, want, retryAfter(value, now), value)
	}
}
