package micropython

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fotabench/devices/devicetest/vacant"
)

// Programs that ask for too much end in an exception, and the REPL goes on.
func TestLimits(t *testing.T) {
	t.Parallel()
	_, u := start(t, Options{})
	u.enterRaw()
	for code, want := range map[string]string{
		"def f(): return f()\nf()":                      "RuntimeError",
		"def f(n): return [f(n+1)]\nf(0)":               "RuntimeError",
		"l=[]\nwhile True: l.append(bytearray(1<<20))":  "MemoryError",
		"bytearray(1<<28)":                              "MemoryError",
		"import js; js.console":                         "AttributeError",
		"open('/.frozen/fota.py','w')":                  "OSError",
		"open('/.frozen/host','r+b').write('nonsense')": "OSError",
	} {
		_, trace := u.run(code)
		require.Contains(t, trace, want, code)
		u.value("l=None")
		require.Equal(t, "2", u.value("print(1+1)"), code)
	}
}

// What breaks the interpreter itself is a crash, and the watchdog restarts the
// module: this pattern makes MicroPython's re recurse without end.
func TestWatchdog(t *testing.T) {
	t.Parallel()
	needInterpreter(t)
	m, err := New(t.Context(), Options{Restart: time.Millisecond})
	require.NoError(t, err)
	vacant.Listen(t, m.ListenTCP)
	u := dial(t, m)
	u.enterRaw()
	u.send("import re; re.match('(a*)*b', 'a'*200)\x04")
	u.gone()
	u = dial(t, m)
	u.enterRaw()
	require.Equal(t, "2", u.value("print(1+1)"))
	require.Len(t, m.State().Crashes, 1)
	require.NoError(t, m.Close())
}
