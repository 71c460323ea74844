package script

import (
	"fmt"
	"hash/adler32"
	"strings"
	"testing"
	"testing/fstest"
)

// framed is an answer as answer.py prints it.
func framed(body string) string {
	sum := adler32.Checksum([]byte(body))
	return fmt.Sprintf("<<fb %d %d.%d %s>>", len(body), sum&0xffff, sum>>16, body)
}

func TestDecode(t *testing.T) {
	t.Parallel()
	good := framed("a=1;b=x%3By")
	for name, c := range map[string]struct {
		out  string
		want string // of b
		ok   bool
	}{
		"alone":             {good, "x;y", true},
		"among other lines": {"boot\r\n" + good + "\r\n>>> ", "x;y", true},
		"the last":          {framed("b=old") + good, "x;y", true},
		"cut in two":        {good[:20] + "noise" + good[20:], "", false},
		"behind half a one": {good[:20] + good, "x;y", true},
		"a bit flipped":     {strings.Replace(good, "a=1", "a=2", 1), "", false},
		"nothing":           {"", "", false},
		"a huge length":     {"<<fb 999999999 1.1 x>>", "", false},
	} {
		a, ok := Decode([]byte(c.out))
		if ok != c.ok || a["b"] != c.want {
			t.Errorf("%s: %v, %v", name, a, ok)
		}
	}
	if n, ok := (Answer{"n": " 7 "}).Number("n"); !ok || n != 7 {
		t.Errorf("%d, %v", n, ok)
	}
	if got := (Answer{"t": "a\x1b[1m\r\n" + strings.Repeat("字", 300)}).Text("t"); len([]rune(got)) != MaxText || strings.ContainsAny(got, "\x1b\r\n") {
		t.Errorf("%q", got)
	}
}

// TestCompose: no argument can end its literal, and what Python has no literal for is
// refused.
func TestCompose(t *testing.T) {
	t.Parallel()
	files := fstest.MapFS{"scripts/x.py": {Data: []byte("answer(**_fb_a)\n")}}
	text, err := Compose(files, "x.py", Arguments{"b": []string{"'", "\\"}, "a": "x'\n\"", "n": int64(7), "no": nil, "yes": true, "in": Arguments{"k": 1}})
	if err != nil {
		t.Fatal(err)
	}
	first, rest, _ := strings.Cut(text, "\n")
	if !strings.HasPrefix(first, "_fb_a = {") || !strings.HasSuffix(first, "}") || strings.Index(first, `"a"`) > strings.Index(first, `"b"`) && strings.Contains(first, `"a"`) {
		t.Errorf("%s", first)
	}
	if !strings.HasSuffix(rest, "answer(**_fb_a)\n") || !strings.Contains(rest, string(answering)) {
		t.Errorf("%.200s", rest)
	}
	for _, bad := range []Arguments{{"x": 1.5}, {"x": struct{}{}}, {"x": Arguments{"y": make(chan int)}}} {
		if _, err := Compose(files, "x.py", bad); err == nil {
			t.Errorf("took %v", bad)
		}
	}
	if _, err := Compose(files, "y.py", nil); err == nil {
		t.Error("there is no y.py")
	}
}
