package atmodem

import (
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParse(t *testing.T) {
	t.Parallel()
	for line, want := range map[string][]command{
		"":                      nil,
		"E0V1":                  {{name: "E"}, {name: "V", number: 1}},
		"&f&W0":                 {{name: "&F"}, {name: "&W"}},
		"S3?S5=8":               {{name: "S3", form: Read}, {name: "S5", form: Set, number: 8}},
		"I+csub":                {{name: "I"}, {name: "+CSUB"}},
		"+CREG=?":               {{name: "+CREG", form: Test}},
		"+A=1;+B?":              {{name: "+A", form: Set, args: []Arg{{Text: "1"}}}, {name: "+B", form: Read}},
		`+A="x,;y",`:            {{name: "+A", form: Set, args: []Arg{{Text: "x,;y", Quoted: true}, {}}}},
		"$QCSQ":                 {{name: "$QCSQ"}},
		" + A":                  nil,
		"+A= 1 , 2 ":            {{name: "+A", form: Set, args: []Arg{{Text: "1"}, {Text: "2"}}}},
		"E99999999999999999999": {{name: "E", number: 1<<31 - 1}},
	} {
		got, err := parse(line)
		if want == nil && line != "" {
			require.Error(t, err, line)
			continue
		}
		require.NoError(t, err, line)
		require.Equal(t, want, got, line)
	}
	for _, wrong := range []string{";", "1", "+", `+A="`, "+A!?x", "&", "&1", "\x00", "é", "+A ?x"} {
		_, err := parse(wrong)
		require.Error(t, err, wrong)
	}
}

// FuzzParse: what is read can be written again and then reads the same; nothing
// is read that was not there.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{"E0V1+CMEE=2", `+QFUPL="a",10,5,1`, "S3=13S5?", "+A;;+B=?", `+QCFG="fota/path","UFS:"`, "&F&W", `="`, "+QFOTADL=1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, line string) {
		first, err := parse(line)
		if err != nil {
			return
		}
		var again strings.Builder
		for i, c := range first {
			if i > 0 {
				again.WriteByte(';')
			}
			again.WriteString(c.write())
		}
		second, err := parse(again.String())
		if err != nil || !reflect.DeepEqual(first, second) {
			t.Fatalf("%q is %+v, but %q is %+v, %v", line, first, again.String(), second, err)
		}
		if again.Len() > 2*len(line)+16*len(first) {
			t.Fatalf("%q became %q", line, again.String())
		}
	})
}

// write is the command as a host would write it.
func (c command) write() string {
	if c.name[0] == '+' || strings.IndexByte("$^#*%", c.name[0]) >= 0 {
		if c.form != Set {
			return c.name + string(c.form)
		}
		values := make([]string, len(c.args))
		for i, a := range c.args {
			values[i] = a.Text
			if a.Quoted {
				values[i] = `"` + a.Text + `"`
			}
		}
		return c.name + "=" + strings.Join(values, ",")
	}
	number := strconv.Itoa(c.number)
	switch c.form {
	case Read:
		return c.name + "?"
	case Set:
		return c.name + "=" + number
	}
	if c.name[0] == 'S' {
		return c.name
	}
	return c.name + number
}
