package strictjson

import (
	"encoding/json"
	"errors"
	"testing"
)

func TestRead(t *testing.T) {
	type page struct {
		Name  string
		Lines int
	}
	p := page{Lines: 7}
	if _, err := Read([]byte(" {\"name\": \"x\"}\n\t"), &p); err != nil || p != (page{"x", 7}) {
		t.Errorf("%+v, %v: what is not said stays, and blanks may follow", p, err)
	}
	for text, at := range map[string]int64{
		`{} {}`: 4, `{}}`: 3, `{}]`: 3, `{},`: 3, "{}\n# done": 3, `{} x`: 3,
	} {
		if got, err := Read([]byte(text), &p); !errors.Is(err, ErrMore) || got < 2 || got > at {
			t.Errorf("%q: %v at byte %d, want %v from byte 2 to %d", text, err, got, ErrMore, at)
		}
	}
	for _, text := range []string{``, `{`, `{"name": "x"`, `{"colour": 1}`, `{"lines": "x"}`, `[]`, "\xef\xbb\xbf{}"} {
		if _, err := Read([]byte(text), &page{}); err == nil || errors.Is(err, ErrMore) {
			t.Errorf("%q: %v", text, err)
		}
	}
	var kind *json.UnmarshalTypeError
	if at, err := Read([]byte(`{"name": "x", "lines": "y"}`), &p); !errors.As(err, &kind) || at == 0 {
		t.Errorf("%v at byte %d: the decoder's own word", err, at)
	}
}

func FuzzRead(f *testing.F) {
	for _, text := range []string{`{}`, `{"a": [1, {"b": null}]}`, `{} {}`, `{}}`, ``} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var v any
		at, err := Read(text, &v)
		if at < 0 || at > int64(len(text)) {
			t.Errorf("%q: byte %d", text, at)
		}
		if (err == nil) != json.Valid(text) {
			t.Errorf("%q: %v, but valid: %v", text, err, json.Valid(text))
		}
	})
}
