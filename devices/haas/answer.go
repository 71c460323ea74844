package haas

import "fotabench/devices/repl/script"

// answer is what a script printed.
type answer = script.Answer

func tail(out []byte) string { return script.Tail(out) }

func printable(s string) string { return script.Printable(s) }
