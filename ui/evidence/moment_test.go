package evidence

import (
	"encoding/json"
	"testing"
	"time"
)

// TestImpossibleMoment: whoever signs may state any time; the answer can still be written.
func TestImpossibleMoment(t *testing.T) {
	data := []byte(`{"version":1,"job":"j","outcome":"verified"}`)
	for _, at := range []int64{1 << 50, -1 << 50} {
		signature, err := sign(key(9), data, statement{time.Unix(at, 0), "j", JSON, nil}.String())
		if err != nil {
			t.Fatal(err)
		}
		v := Check(data, signature, nil, today)
		if v.Grade != Unproved || !v.Signed.IsZero() {
			t.Errorf("%d: %+v", at, v)
		}
		if _, err := json.Marshal(v); err != nil {
			t.Error(err)
		}
	}
}
