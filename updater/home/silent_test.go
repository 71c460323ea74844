package home

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"fotabench/devices"
)

// TestSoon: who asks a drive that does not answer waits as long as it was said, or as the
// context lives.
func TestSoon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		drive := make(chan int)
		defer close(drive)
		ask := func() int { return <-drive }
		if _, in := Soon(t.Context(), time.Minute, ask); in || time.Since(began) != time.Minute {
			t.Errorf("%v after %v", in, time.Since(began))
		}
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Hour, cancel)
		if _, in := Soon(ctx, 0, ask); in || time.Since(began) != time.Minute+time.Hour {
			t.Errorf("%v after %v", in, time.Since(began))
		}
		if got, in := Soon(t.Context(), time.Minute, func() int { time.Sleep(time.Second); return 7 }); !in || got != 7 {
			t.Error(got, in)
		}
	})
	if err := Silent("/x", "/y"); !errors.Is(err, ErrSilent) || !errors.Is(err, devices.Absent) {
		t.Error(err)
	}
}
