package updater

import (
	"context"
	"errors"
	"reflect"
	"testing"
	"testing/synctest"
	"time"

	"fotabench/devices"
)

// dullFields are those a mere step of progress may have. Whoever adds a field to
// Event decides here, and in dull, whether it may be lost on its way to a slow
// view; until then it makes an event notable.
var dullFields = map[string]bool{
	"Job": true, "Seq": true, "At": true, "Stage": true, "Cancel": true,
	"Progress": true, "Done": true, "Total": true,
}

// TestNotable walks Event, so that no future field can be forgotten.
func TestNotable(t *testing.T) {
	kind := reflect.TypeFor[Event]()
	for i := range kind.NumField() {
		field := kind.Field(i)
		e := Event{Progress: true, Done: 1}
		fill(t, reflect.ValueOf(&e).Elem().Field(i))
		if e.dull() != dullFields[field.Name] {
			t.Errorf("an event with %s: dull is %v", field.Name, e.dull())
		}
	}
	if (Event{}).dull() {
		t.Error("an event that is no progress is dull")
	}
}

// fill sets v to something that is not zero.
func fill(t *testing.T, v reflect.Value) {
	t.Helper()
	switch v.Kind() {
	case reflect.String:
		v.SetString("x")
	case reflect.Int64:
		v.SetInt(7)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
	case reflect.Struct:
		v.Set(reflect.ValueOf(time.Unix(1, 0)))
	default:
		t.Fatalf("no value for a field of type %s: teach this test", v.Type())
	}
}

// TestSlowView: it misses progress only, and delays nobody.
func TestSlowView(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHub()
		seq := int64(0)
		publish := func(e Event) {
			seq++
			e.Seq = seq
			h.publish(e)
		}
		var slow, late []Event
		done := make(chan error)
		go func() {
			done <- h.Watch(t.Context(), func(e Event) {
				slow = append(slow, e)
				time.Sleep(time.Second)
			})
		}()
		start := time.Now()
		for _, s := range Stages() {
			publish(Event{Stage: s, Begins: true})
			for i := range int64(10000) {
				publish(Event{Stage: s, Progress: true, Done: i, Total: 9999})
			}
			publish(Event{Stage: s, Note: &Note{Code: NoteStall}})
		}
		publish(Event{Stage: Confirm, Outcome: Verified})
		if time.Since(start) > 0 {
			t.Error("publishing waited for a view")
		}
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if err := h.Watch(t.Context(), func(e Event) { late = append(late, e) }); err != nil {
			t.Fatal(err)
		}
		for name, seen := range map[string][]Event{"slow": slow, "late": late} {
			notes, begins, full := 0, 0, 0
			for i, e := range seen {
				if i > 0 && e.Seq <= seen[i-1].Seq {
					t.Errorf("%s: out of order", name)
				}
				notes += count(e.Note != nil)
				begins += count(e.Begins)
				full += count(e.Progress && e.Done == 9999)
			}
			if notes != 7 || begins != 7 || full != 7 || seen[len(seen)-1].Outcome != Verified {
				t.Errorf("%s view: %d notes, %d begins, %d full bars of 7", name, notes, begins, full)
			}
		}
	})
}

func count(b bool) int {
	if b {
		return 1
	}
	return 0
}

func TestWatchEnds(t *testing.T) {
	h := newHub()
	h.publish(Event{Seq: 1})
	why := errors.New("the view is closed")
	ctx, stop := context.WithCancelCause(t.Context())
	err := h.Watch(ctx, func(Event) { stop(why) })
	if !errors.Is(err, why) {
		t.Errorf("watch ended with %v", err)
	}
}

func TestOverall(t *testing.T) {
	w := Weights(devices.Capabilities{Weights: map[string]float64{"deliver": 20, "restart": 60}})
	if got := Overall(w, Identify, 0, 0); got != 0 {
		t.Errorf("at the start %v", got)
	}
	if got := Overall(w, Deliver, 10, 20); got < 0.14 || got > 0.15 { // 3+2+10 of 105
		t.Errorf("in the middle %v", got)
	}
	if a, b := Overall(w, Restart, 0, 0), Overall(w, Confirm, 0, 0); a >= b || b >= 1 {
		t.Errorf("restart %v, confirm %v", a, b)
	}
	if got := Overall(w, Confirm, 1, 1); got != 1 {
		t.Errorf("at the end %v", got)
	}
}
