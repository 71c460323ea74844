package at

import (
	"strconv"
	"strings"
)

// FinalKind is how a command ended.
type FinalKind string

// The final results of V.250 and TS 27.007.
const (
	OK        FinalKind = "OK"
	Failed    FinalKind = "ERROR"
	CME       FinalKind = "+CME ERROR"
	CMS       FinalKind = "+CMS ERROR"
	Connect   FinalKind = "CONNECT"
	NoCarrier FinalKind = "NO CARRIER"
	LineBusy  FinalKind = "BUSY"
)

// Final is the final result of a command.
type Final struct {
	Kind FinalKind
	// Code is the number of CME and CMS, -1 where the device gave a text that is
	// not known.
	Code int
	// Text is what came behind the kind, printable and bounded.
	Text string
}

// ParseFinal reads a final result; numeric also takes the digits of ATV0. A line
// that is none gives false.
func ParseFinal(line string, numeric bool) (Final, bool) {
	switch kind := FinalKind(line); kind {
	case OK, Failed, NoCarrier, LineBusy:
		return Final{Kind: kind, Code: -1}, true
	case Connect:
		return Final{Kind: Connect, Code: -1}, true
	}
	if rest, ok := strings.CutPrefix(line, string(Connect)+" "); ok {
		return Final{Kind: Connect, Code: -1, Text: printable(rest)}, true
	}
	for _, kind := range []FinalKind{CME, CMS} {
		if rest, ok := strings.CutPrefix(line, string(kind)+":"); ok {
			return coded(kind, strings.TrimSpace(rest)), true
		}
	}
	if kind, ok := digits[line]; ok && numeric {
		return Final{Kind: kind, Code: -1}, true
	}
	return Final{}, false
}

// digits are the numeric results of V.250 table 1.
var digits = map[string]FinalKind{"0": OK, "1": Connect, "3": NoCarrier, "4": Failed, "7": LineBusy}

func coded(kind FinalKind, text string) Final {
	f := Final{Kind: kind, Code: -1, Text: printable(text)}
	if n, err := strconv.ParseUint(text, 10, 16); err == nil {
		f.Code = int(n)
		return f
	}
	if n, ok := cmeTexts[strings.ToLower(text)]; ok && kind == CME {
		f.Code = n
	}
	return f
}

// cmeTexts are the words of AT+CMEE=2 (TS 27.007, 9.2) that are told apart.
var cmeTexts = map[string]int{
	"operation not allowed": 3, "operation not supported": 4, "sim not inserted": 10,
	"sim pin required": 11, "sim failure": 13, "sim busy": 14, "sim wrong": 15,
	"incorrect password": 16, "memory full": 20, "not found": 22, "no network service": 30,
	"network timeout": 31, "unknown": 100,
}
