package quecpython

import "fotabench/devices/repl/script"

// answer is what a script printed.
type answer = script.Answer

func tail(out []byte) string { return script.Tail(out) }

func printable(s string) string { return script.Printable(s) }

// known is a printable, bounded value; "" where the device said nothing, or -1,
// which is how QuecPython says that it does not know.
func known(a answer, name string) string {
	t := a.Text(name)
	if t == "-1" || t == "None" {
		return ""
	}
	return t
}
